"""What Flower is told of a task: a wait is no success, what failed can be searched for, and no event has a secret."""

import pytest

from workers.shown_events import shown


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        ("'waits: its order comes first; goes on in 30 s'", "task-waiting"),
        ("'order 10001: waits: the budget is used up; goes on in 7 s'", "task-waiting"),
        ('"order 10001: waits: the shop\'s budget is used up"', "task-waiting"),
        ("'order 10001: imported as Afosto order 1: opened'", "task-succeeded"),
        ("'2 waits: none'", "task-succeeded"),
        ("None", "task-succeeded"),
    ],
)
def test_a_run_that_waits_is_waiting(result: str, kind: str) -> None:
    assert shown("task-succeeded", {"result": result}) == (kind, {"result": result})


def test_what_failed_is_a_result_as_well_and_an_expected_error_has_no_traceback() -> None:
    fields = {"exception": "Parked('order 10001: no country')", "traceback": "Traceback …"}
    _, sent = shown("task-failed", fields)
    assert sent == {"exception": fields["exception"], "result": fields["exception"]}


def test_an_unexpected_error_keeps_its_traceback() -> None:
    _, sent = shown("task-failed", {"exception": "KeyError('color')", "traceback": "Traceback …"})
    assert sent["traceback"] == "Traceback …"


def test_no_event_has_a_secret() -> None:
    _, sent = shown("task-failed", {"exception": "E('redis://:hush@host')", "kwargs": "{'token': 'hush'}"})
    assert "hush" not in str(sent)
