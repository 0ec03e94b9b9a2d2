"""Kills a run between any two of its steps, like a SIGKILL at a moment that the test chooses."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import pytest

from jobs.vendor_gate import Gate
from ledger.jobs.jobs import Jobs
from ledger.orders.cursors import Cursors
from ledger.orders.links import Links
from schemas.errors import Wait
from schemas.wording.phrases import phrase

# Every step that commits or calls: a run may be killed before and after each.
STEPS: tuple[tuple[type, str], ...] = (
    (Jobs, "claim"),
    (Jobs, "settle"),
    (Jobs, "request_jobs"),
    (Jobs, "request_runs"),
    (Links, "bind_order"),
    (Links, "replace_draft"),
    (Links, "stage_order"),
    (Links, "record_intent"),
    (Links, "renew_intent"),
    (Links, "resolve_intent"),
    (Links, "bind"),
    (Links, "resolve_items"),
    (Links, "note_parcels"),
    (Cursors, "advance"),
    (Gate, "before"),
    (Gate, "after"),
)


class Killed(BaseException):
    """The worker was killed here. No handler may catch this, because none survives a SIGKILL."""


class StepKiller:
    """Once armed, it kills the run at the n-th step from then on."""

    def __init__(self) -> None:
        self._left: int | None = None
        self.kills = 0

    def arm(self, steps: int) -> None:
        """Kill after this many more steps."""
        self._left = steps

    def disarm(self) -> None:
        """Stop killing."""
        self._left = None

    def step(self) -> None:
        """Count a step that is about to start or has just ended; kill if it is the armed one."""
        if self._left is None:
            return
        self._left -= 1
        if self._left <= 0:
            self.disarm()
            self.kills += 1
            raise Killed


@contextmanager
def out_of_budget(calls: int) -> Iterator[None]:
    """Allow runs in this block this many calls to both vendors together, then none."""
    left, before = calls, Gate.before

    def refusing(gate: Gate, effect: bool) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Wait(phrase("the test has no more calls"), after=5)
        before(gate, effect)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Gate, "before", refusing)
        yield


@contextmanager
def killable_steps() -> Iterator[StepKiller]:
    """Make the connector's steps killable in this block."""
    with pytest.MonkeyPatch.context() as patch:
        made = StepKiller()
        for owner, name in STEPS:
            patch.setattr(owner, name, _killable(getattr(owner, name), made))
        yield made


def _killable(method: Callable[..., Any], by: StepKiller) -> Callable[..., Any]:
    @wraps(method)
    def step(*arguments: Any, **named: Any) -> Any:
        by.step()
        result = method(*arguments, **named)
        by.step()
        return result

    return step
