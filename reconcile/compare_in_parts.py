"""A comparison that a person asked for in the console: in parts of some seconds, each a task that sends the next one.

What a part found is kept with how far the comparison has come, so a worker that dies costs one part.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import structlog

from jobs.runtime import BrokerRefused, Runtime
from jobs.store_health import words_of
from ledger.orders.kept_comparisons import ComparisonRun, OpenComparison
from ledger.records import Store
from reconcile.compare_orders import Comparison
from reconcile.differences import Finding
from reconcile.store import comparable, left_out, stock_comparison
from schemas.errors import ConnectorError, NeedsPerson, RetryLater
from schemas.wording.lists import counted
from schemas.wording.phrases import joined, phrase

log = structlog.get_logger()

# After this time another task goes on: no message stays unacknowledged for long, and no comparison keeps a slot.
PART_SECONDS = 30.0
# Differences that are kept. So many have one cause; the comparison ends there.
MOST_KEPT = 5_000


class _Superseded(Exception):
    """A newer run was sent, or the comparison was deleted: this one ends."""


def compare_in_parts(runtime: Runtime, run: ComparisonRun) -> str:
    """Go on with a comparison for some seconds; returns what was done, in words. `runtime` sends the next run."""
    comparison = runtime.ledger.comparisons.sent(run)
    if comparison is None:
        return "nothing to do: a newer run goes on, or the comparison has ended"
    try:
        store = comparable(runtime, run.store)
        done = _Part(runtime, run, store).go_on(comparison)
    except _Superseded:
        return "a newer run has taken over"
    except (NeedsPerson, RetryLater) as error:
        runtime.ledger.comparisons.end(run, error=_why(error))
        raise
    except Exception as error:
        runtime.ledger.comparisons.end(run, error=phrase("the connector failed: %(error)s", error=words_of(error)))
        raise
    return done


def _why(error: ConnectorError) -> str:
    if isinstance(error, NeedsPerson):
        return joined([str(error).rstrip("."), error.resolution])
    return phrase("%(error)s. Compare again in some minutes", error=str(error).rstrip("."))


class _Part:
    """One run: compares until its time is over."""

    def __init__(self, runtime: Runtime, run: ComparisonRun, store: Store) -> None:
        self._runtime = runtime
        self._run = run
        self._kept = runtime.ledger.comparisons
        self._store = store
        self._orders = Comparison(runtime, store, self._tell)
        self._stock = stock_comparison(runtime, store, self._orders, self._tell)
        self._ends_at = time.monotonic() + PART_SECONDS

    def go_on(self, at: OpenComparison) -> str:
        begun = at
        if not at.orders_done:
            at = self._compare_orders(at)
        if at.orders_done:
            at = self._compare_stock(at)
        compared = f"{counted(at.orders, 'order')} and {counted(at.skus, 'SKU')} compared"
        return compared if at != begun else "nothing was left to compare"

    def _compare_orders(self, at: OpenComparison) -> OpenComparison:
        since = at.orders_to or self._store.import_since
        counted_before = waiting_before = 0
        for part in self._orders.parts(since, at.asked_at):
            # What is unlinked shows in the list of the first part only: that one begins with the oldest order.
            found = [*part.findings, *(self._orders.unlinked() if at.orders_to is None else ())]
            done = part.end >= at.asked_at
            if done:
                found += self._orders.outside(at.asked_at)
            counts = self._orders.counts
            moved = replace(at, orders_to=part.end, orders_done=done, orders=counts["orders"] - counted_before)
            waiting = counts["waiting for payment"] - waiting_before
            counted_before, waiting_before = counts["orders"], counts["waiting for payment"]
            goes_on = self._keep(found, replace(moved, skus=0), waiting)
            at = replace(moved, orders=at.orders + moved.orders)
            if not goes_on:
                return replace(at, orders_done=False)
        return at

    def _compare_stock(self, at: OpenComparison) -> OpenComparison:
        for part in self._stock.parts(at.sku_to):
            moved = replace(at, sku_to=part.sku, skus=part.skus)
            goes_on = self._keep(part.findings, replace(moved, orders=0), 0)
            at = replace(moved, skus=at.skus + part.skus)
            if not goes_on:
                return at
        self._kept.end(self._run, left_out(self._orders, self._stock))
        return at

    def _keep(self, found: Sequence[Finding], moved: OpenComparison, waiting: int) -> bool:
        """Keep what was found, and return whether this run goes on; if not, it has had another one sent, or ended."""
        differences = self._kept.keep(self._run, [_row(each) for each in found], moved, waiting=waiting)
        if differences is None:
            raise _Superseded
        if differences > MOST_KEPT:
            said = phrase("more than %(count)s differ, so the comparison ended there", count=MOST_KEPT)
            self._kept.end(self._run, [said])
            return False
        if time.monotonic() < self._ends_at:
            return True
        self._send_next()
        return False

    def _send_next(self) -> None:
        message = {"store": self._run.store, "comparison": self._run.comparison, "fence": self._run.fence}
        try:
            self._runtime.send("reconcile.compare", message, "reconcile")
        except BrokerRefused:
            self._kept.give_back([self._run])

    def _tell(self, why: str, seconds: float) -> None:
        """Before each pause, say that the run lives."""
        if self._kept.sent(self._run) is None:
            raise _Superseded
        log.debug("a comparison waits", why=why, seconds=seconds)


def _row(finding: Finding) -> dict[str, Any]:
    difference, diagnosis = finding.difference, finding.diagnosis
    return {
        "key": finding.key,
        "subject": finding.subject,
        **{name: getattr(difference, name) for name in ("kind", "sku", "shop", "afosto")},
        "state": finding.state,
        "cause": diagnosis.cause,
        "advice": diagnosis.advice,
        "repair": [list(job) for job in diagnosis.repair],
    }
