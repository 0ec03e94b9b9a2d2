"""Calls of somebody who can wait: for a budget that is used up, and for a vendor that fails for a moment."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from clients.http import ResponseFacts
from schemas.errors import RetryLater, VendorSilent, Wait
from tasks.backoff import backoff
from tasks.vendors import Gate

T = TypeVar("T")
# Tries of a read that fails, and the first and the longest pause between two of them, in seconds.
TRIES, FIRST_PAUSE, LONGEST_PAUSE = 6, 0.5, 10.0
# The lane of its calls: nobody else is held up by them.
PATIENT = 2

# Hears why there is a pause, and for how many seconds.
Tell = Callable[[str, float], None]


@dataclass(slots=True)
class PatientGate:
    """A gate that waits where another would give up: for its budget.

    Raises Wait when Redis stays away, VendorSilent while a breaker is open.
    """

    gate: Gate
    tell: Tell

    def before(self, effect: bool) -> None:
        """Let a request pass once its reserved moment has come."""
        left = TRIES
        while True:
            try:
                self.gate.before(effect)
            except Wait as wait:
                # A budget comes back by itself; a Redis that is away does so within some tries, or not at all.
                left -= not wait.prepaid
                if isinstance(wait, VendorSilent) or wait.after is None or not left:
                    raise
                if wait.prepaid:
                    self.gate.prepaid = self.gate.calls + 1
                self._pause(wait)
            else:
                return

    def after(self, facts: ResponseFacts) -> None:
        """Let limiter and breaker learn from an answer."""
        self.gate.after(facts)

    def _pause(self, wait: Wait) -> None:
        self.tell(str(wait), wait.after or 0.0)
        time.sleep(wait.after or 0.0)


def patiently(call: Callable[[], T], tell: Tell) -> T:
    """Make a read, again after a pause when it fails for a reason that passes; raises the last error in the end."""
    for attempt in range(1, TRIES):
        try:
            return call()
        except VendorSilent:
            raise
        except RetryLater as error:
            pause = error.after or backoff(attempt, FIRST_PAUSE, LONGEST_PAUSE)
            tell(str(error), pause)
            time.sleep(pause)
    return call()
