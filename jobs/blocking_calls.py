"""Calls that wait where a job would give up: for a budget that is used up, and for a vendor that fails for a moment.

Commands make them: a person waits for the answer, and no other run can take over.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from clients.http import ResponseFacts
from jobs.backoff import backoff
from jobs.vendor_gate import Gate
from schemas.errors import RetryLater, VendorSilent, Wait

T = TypeVar("T")
# A read that fails is tried this many times in all: with these pauses, for about 15 seconds.
MAX_TRIES = 6
# The pause after the first try doubles with each further one, up to the longest.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 10.0
# The lane of blocking calls is the last one: they delay nobody else.
BLOCKING_LANE = 2

# Gets the reason of a pause and its length in seconds, to show both to the person who waits.
ReportPause = Callable[[str, float], None]


class OnlyReads(AssertionError):
    """A fault of ours: a command that only reads was about to change something at a vendor."""


@dataclass(slots=True)
class BlockingGate:
    """A gate that sleeps until the budget allows the request, and lets only requests pass that read.

    Raises Wait if Redis stays away, and VendorSilent while a breaker is open.
    """

    gate: Gate
    report_pause: ReportPause

    def before(self, effect: bool) -> None:
        """Return when the reserved moment of a request has come. Raises OnlyReads for one that changes something."""
        if effect:
            raise OnlyReads
        tries_left = MAX_TRIES
        while True:
            try:
                self.gate.before(effect)
            except Wait as wait:
                # A budget always comes back. A Redis that is away comes back within some tries, or not at all.
                tries_left -= not wait.prepaid
                if isinstance(wait, VendorSilent) or wait.after is None or not tries_left:
                    raise
                if wait.prepaid:
                    self.gate.budget.later_has_come()
                self._pause(wait)
            else:
                return

    def after(self, facts: ResponseFacts) -> None:
        """Report an answer to the limiter and the breaker."""
        self.gate.after(facts)

    def _pause(self, wait: Wait) -> None:
        self.report_pause(str(wait), wait.after or 0.0)
        time.sleep(wait.after or 0.0)


def retry_blocking(read: Callable[[], T], report_pause: ReportPause) -> T:
    """Make a read, and again after a pause if it fails for a reason that passes; raises the error of the last try."""
    for attempt in range(1, MAX_TRIES):
        try:
            return read()
        except VendorSilent:
            raise
        except RetryLater as error:
            pause = error.after or backoff(attempt, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
            report_pause(str(error), pause)
            time.sleep(pause)
    return read()
