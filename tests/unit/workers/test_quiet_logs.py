"""A run of a job is one log line, and a tick that finds nothing to do is none."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery
from celery.beat import ScheduleEntry, Scheduler

from workers.quiet_logs import NoTicks, OneLinePerRun

IDLE = "'0 polls, 0 scans, 0 inventories, 0 jobs sent, 0 sent again, 0 leases ended'"
BUSY = "'0 polls, 0 scans, 0 inventories, 2 jobs sent, 0 sent again, 0 leases ended'"


def passes(data: Any, level: int = logging.INFO) -> bool:
    record = logging.LogRecord("celery.app.trace", level, "", 0, "Task %(name)s succeeded", (), None)
    record.data = data
    return OneLinePerRun().filter(record)


@pytest.mark.parametrize(
    ("name", "told", "is_logged"),
    [
        ("orders.import", "'imported as Afosto order 1: opened'", False),
        ("shipments.export", "'nothing to do'", False),
        ("inventory.publish", "'stock: 6 published'", False),
        ("dispatch.tick", IDLE, False),
        ("dispatch.tick", "'skipped: another dispatch ran just now'", False),
        ("dispatch.tick", BUSY, True),
        ("poll.store", "'0 orders seen, 0 jobs with news, 1 request'", True),
        ("reconcile.sweep", "'3 stores are swept'", True),
    ],
)
def test_what_our_own_line_says_and_idle_ticks_are_left_out(name: str, told: str, is_logged: bool) -> None:
    assert passes({"name": name, "return_value": told}) is is_logged


def test_a_run_that_waits_is_one_line_too() -> None:
    assert not passes({"name": "orders.import", "exc": "Retry in 5 s: the budget is used up"})


@pytest.mark.parametrize("name", ["orders.import", "dispatch.tick"])
def test_an_unexpected_error_is_always_logged(name: str) -> None:
    assert passes({"name": name, "exc": "KeyError('color')"}, logging.ERROR)


def test_lines_without_data_are_logged() -> None:
    assert passes(None)


def test_a_line_that_stays_says_each_thing_once() -> None:
    text = "'0 orders seen, 0 jobs with news, 1 request'"
    data = {"name": "poll.store", "id": "7", "return_value": text, "runtime": 0.12345, "kwargs": "{}", "args": "()"}
    record = logging.LogRecord(
        "celery.app.trace", logging.INFO, "", 0, "Task %(name)s: %(return_value)s", (data,), None
    )
    record.data = data
    assert OneLinePerRun().filter(record)
    assert record.getMessage() == "task ended"
    assert (
        vars(record).items() >= {"task": "poll.store", "task_id": "7", "outcome": text[1:-1], "seconds": 0.123}.items()
    )
    assert "data" not in vars(record)


@pytest.mark.parametrize(
    ("entry", "task", "is_logged"), [("dispatch", "dispatch.tick", False), ("sweep", "reconcile.sweep", True)]
)
def test_beat_does_not_log_each_tick(
    entry: str, task: str, is_logged: bool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduler = Scheduler(Celery(), lazy=True)
    monkeypatch.setattr(scheduler, "apply_async", lambda *_, **__: None)
    with caplog.at_level(logging.INFO, "celery.beat"), caplog.filtering(NoTicks()):
        scheduler.apply_entry(ScheduleEntry(name=entry, task=task, schedule=timedelta(seconds=1), app=scheduler.app))
    assert [record.getMessage() for record in caplog.records] == (
        [f"Scheduler: Sending due task {entry} ({task})"] if is_logged else []
    )
