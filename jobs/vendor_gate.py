"""What every request to a vendor passes: the time of the run, the breaker, the budget and the lease."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from clients.breaker import Breaker
from clients.http import ResponseFacts
from clients.limiter import Limiter, has_budget_facts
from jobs.call_budget import CallBudget
from metrics.measures import note_vendor_call, note_withheld_call
from schemas.errors import VendorSilent, Wait
from schemas.wording.phrases import phrase


class Hooks(Protocol):
    """What runs before and after every request; a Gate is one."""

    def before(self, effect: bool) -> None:
        """Return if the request may be made; raise otherwise."""

    def after(self, facts: ResponseFacts) -> None:
        """Learn from an answer."""


@dataclass(slots=True)
class Gate:
    """Lets the requests of one run to one vendor pass, or raises.

    When the budget is used up, the run itself waits for calls that come within `max_wait_seconds`, all its waits
    together. Other calls are reserved for the next run; not where no next run keeps them (`keeps` is false).
    """

    limiter: Limiter
    breaker: Breaker
    bucket: str
    lane: int
    budget: CallBudget
    require_lease: Callable[[], None]
    max_wait_seconds: float = 0.0
    keeps: bool = True
    require_time: Callable[[], None] = lambda: None
    _troubled: bool = field(init=False, default=True)

    def before(self, effect: bool) -> None:
        """Return if the request may be made. Raises Wait, OutOfTime or LeaseLost."""
        self.require_time()
        try:
            wait = self._pass_with_reserved() if self.budget.left > 0 else self._pass_with_one_more()
        except VendorSilent:
            note_withheld_call(self._vendor, "breaker")
            raise
        if wait > 0:
            note_withheld_call(self._vendor, "budget")
            raise Wait(
                phrase("the budget of %(bucket)s is used up", bucket=self.bucket), after=wait, prepaid=self.keeps
            )
        if effect:
            self.require_lease()
        self.budget.spend(effect=effect)

    def after(self, facts: ResponseFacts) -> None:
        """Report an answer to the limiter and the breaker.

        A good answer is not reported if they knew of no trouble when the request began.
        """
        result = "throttled" if facts.throttled else "ok" if facts.healthy else "failed"
        note_vendor_call(self._vendor, facts.status, result, facts.seconds)
        if facts.throttled or not facts.healthy:
            self.breaker.end_calm(self.bucket)
        if self._troubled or not facts.healthy or has_budget_facts(facts):
            self.breaker.record(self.bucket, facts.healthy, self.limiter.lesson(self.bucket, facts))

    @property
    def _vendor(self) -> str:
        return self.bucket.partition(":")[0]

    def _pass_with_reserved(self) -> float:
        """Seconds until a reserved call may be made: 0, unless the vendor has blocked all calls."""
        self._troubled = False
        if self.breaker.is_calm(self.bucket):
            return 0.0
        failures, (blocked, strikes) = self.breaker.check(self.bucket, self.limiter.blocked(self.bucket))
        self._troubled = failures + strikes > 0
        if blocked <= 0:
            if not self._troubled:
                self.breaker.note_calm(self.bucket)
            return 0.0
        # All reserved calls would be made at once when the block ends: reserve them again, to take turns after it.
        return self.limiter.reserve(self.bucket, self.budget.left, self.lane)

    def _pass_with_one_more(self) -> float:
        """Reserve one more call; seconds until it may be made."""
        self.breaker.check(self.bucket)
        self._troubled = True
        patience = None if self.keeps else self.max_wait_seconds
        wait = self._wait_here(self.limiter.reserve(self.bucket, 1, self.lane, longest_wait=patience))
        if wait <= 0:
            self.budget.reserve_one()
        elif self.keeps:
            self.budget.reserve_one_later()
        return wait

    def _wait_here(self, wait: float) -> float:
        """Sleep if the run may wait so long itself; the seconds that are left to wait."""
        if not 0 < wait <= self.max_wait_seconds:
            return wait
        self.max_wait_seconds -= wait
        time.sleep(wait)
        return 0.0
