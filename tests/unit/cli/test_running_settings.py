"""What is said of settings that are not the same in a shell and in the workers."""

from typing import Any

from tasks.checks.running_settings import MOST_TOLD, differences

Row = dict[str, Any]


def worker(settings: dict[str, object]) -> Row:
    return {"id": "orders-1@host", "settings": settings}


def test_a_few_settings_of_a_shell_are_told_one_by_one() -> None:
    (told,) = differences([worker({"CONNECTOR_LEASE": 60.0})], {"CONNECTOR_LEASE": 30.0})
    assert told.harmless
    assert told.text == "CONNECTOR_LEASE is 30.0 in this shell and 60.0 in the workers; theirs counts"


def test_a_shell_without_the_settings_of_the_workers_is_one_line() -> None:
    names = [f"CONNECTOR_S{number}" for number in range(MOST_TOLD + 1)]
    (told,) = differences([worker(dict.fromkeys(names, 1))], dict.fromkeys(names, 2))
    assert told.harmless
    assert told.text.startswith("6 are not the same in this shell as in the workers; theirs count: S0, S1")
