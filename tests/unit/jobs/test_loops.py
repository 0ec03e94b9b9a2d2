"""A loop outlives whatever goes wrong in a turn, says so once, and is known when it is stuck."""

import threading
import time
from collections.abc import Iterator

import pytest
import structlog
from structlog.testing import capture_logs

from jobs.loops import Loop, Loops
from schemas.errors import RetryLater
from schemas.wording.phrases import phrase

PATIENCE = 10


class Turns:
    """Turns that fail for a while, and can be waited for."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.done = threading.Semaphore(0)

    def __call__(self) -> None:
        self.done.release()
        if self._errors:
            raise self._errors.pop(0)

    def wait(self, count: int) -> None:
        for _ in range(count):
            assert self.done.acquire(timeout=PATIENCE)


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[structlog.typing.EventDict]]:
    with capture_logs() as found:
        monkeypatch.setattr("jobs.loops.log", structlog.get_logger())
        yield found


@pytest.mark.parametrize(
    "error", [RetryLater(phrase("away")), ValueError("unforeseen"), KeyError("x"), ArithmeticError("y")]
)
def test_an_exception_ends_no_loop_and_is_told_once(error: Exception, logged: list[structlog.typing.EventDict]) -> None:
    turns = Turns(error, error, error)
    loop = Loop("tested", 0.01, turns)
    loop.start()
    turns.wait(6)
    loop.stop()
    events = [event["event"] for event in logged]
    assert events == ["a loop fails and goes on", "a loop works again"]


def test_a_loop_that_is_stuck_or_has_ended_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.loops.STUCK_SECONDS", 0.05)
    go_on, begun = threading.Event(), threading.Event()

    def turn() -> None:
        begun.set()
        go_on.wait(PATIENCE)

    loops = Loops()
    loop = loops.start("stuck", 0.001, turn)
    assert begun.wait(PATIENCE)
    time.sleep(0.2)
    assert loops.stuck() == ["stuck"]
    go_on.set()
    loop.stop()
    assert loops.stuck() == []


def test_a_stopped_loop_makes_no_more_turns() -> None:
    turns = Turns()
    loop = Loop("stopped", 0.01, turns)
    loop.start()
    turns.wait(2)
    loop.stop()
    loop._thread.join(PATIENCE)
    assert not loop._thread.is_alive()
