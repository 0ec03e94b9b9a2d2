"""The shop's stock becomes A − U: what Afosto has available less what the shops have sold and Afosto has not booked.

What is read in which order decides whether more is published than there is: first what Afosto had booked, then what
is available, then the shops' latest orders and what is sold by all that is known, then the shop's stock, then the same
orders again. Then the stock is moved by the difference: a sale after the reading lowers it by itself.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import structlog

from clients.errors_table import Forbidden, NotFound
from ledger.stock import Stock, StockOutcome, WantedSku
from ledger.wishes import Publishing
from schemas.epages import Availability
from schemas.errors import AnswerLost, ConnectorError, NeedsPerson, RetryLater, Wait
from schemas.mapping.levels import Levels
from schemas.mapping.stock import wanted_stock
from tasks.call_budget import epages_bucket
from tasks.emptying import Emptying
from tasks.levels import read_levels
from tasks.order_guards import require_scopes
from tasks.refreshing import refresh
from tasks.run import Run
from tasks.sellers import Sellers
from tasks.stock_outcomes import (
    LOOKED_FOR,
    NOT_IN_AFOSTO,
    NOT_KEPT,
    UNCLEAR,
    failed,
    in_step,
    no_location,
    not_raised,
    refused,
)
from tasks.stock_places import Found, Place, find_place

log = structlog.get_logger()

# SKUs published from one reading: the fewer, the younger is what was read when the last of them is moved.
BATCH = 25
# Calls of a batch to the shop: two readings of its orders, then for each SKU one to read its stock and one to move it.
READINGS, CALLS_PER_SKU = 2, 2
# Seconds within which a call must come free to be counted on.
AHEAD = 0.5
# Readings of a SKU whose orders change meanwhile, before it is left to the next run.
ROUNDS = 4
# Seconds between two runs of a store.
GAP = 1.0
# The share of a job's longest time after which nothing more is begun.
SHARE = 0.5
# SKUs of a run that may fail for a reason that passes, before the shop is left alone: each is tried again later.
PATIENCE = 5

NOWHERE = (None, None)


def publish_stock(run: Run) -> str:
    """Publish every SKU that is wanted at the store and return what came of it, in words.

    A SKU that the shop fails to answer for stays wanted, and holds up no other one.
    """
    require_scopes(run, "inventory.publish")
    stock = run.runtime.ledger.stock
    locations = stock.locations(run.store.name)
    if not locations:
        return f"no stock is published: {no_location(run.store.name)}"
    publisher = _Publisher(run, locations)
    taken: set[str] = set()
    while publisher.has_time and (wanted := stock.due(run.store.name, publisher.room, taken)):
        taken |= {each.sku for each in wanted}
        publisher.publish(wanted)
    if publisher.failed and not publisher.has_outcomes:
        raise publisher.failed[-1]
    said = publisher.said()
    left = stock.next_due(run.store.name)
    if left is not None:
        raise Wait(f"{said}; more is wanted", after=max(GAP, left))
    return said


class _Publisher:
    """Publishes batches of SKUs within one run."""

    def __init__(self, run: Run, locations: Sequence[str]) -> None:
        self._run = run
        self._store = run.store.name
        self._stock: Stock = run.runtime.ledger.stock
        self._locations = locations
        self._imports = True
        self._behind: dict[str, float] = {}
        self._emptying = Emptying(run)
        self._outcomes: Counter[str] = Counter()
        self.failed: list[RetryLater] = []

    @property
    def has_time(self) -> bool:
        """Whether something more may be begun."""
        return time.monotonic() - self._run.started < SHARE * self._run.settings.longest_job

    @property
    def room(self) -> int:
        """How many SKUs the calls suffice for that are left now: a batch that ends half way would begin anew."""
        run = self._run
        free = run.runtime.epages_limiter.allowance(epages_bucket(self._store), run.job.lane, AHEAD)
        free += run.epages_gate.budget.left
        return max(0, min(BATCH, (free - READINGS) // CALLS_PER_SKU))

    @property
    def has_outcomes(self) -> bool:
        """Whether anything came of the run."""
        return bool(self._outcomes)

    def said(self) -> str:
        """What came of it, in words."""
        outcomes = self._outcomes + Counter({"failed for now": len(self.failed)})
        counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
        alone = "" if self._imports else "; its orders are not imported, so none of them count"
        return f"stock: {counts or 'nothing was wanted'}{alone}"

    def publish(self, wanted: Sequence[WantedSku]) -> None:
        """Publish a batch; a SKU whose orders change while it is read begins anew."""
        skus = frozenset(each.sku for each in wanted)
        sellers = Sellers(self._run, skus, self._behind)
        self._imports = self._store in sellers.names
        self._refresh(sellers, skus)
        for left in reversed(range(ROUNDS)):
            wanted = self._round(sellers, wanted, last=not left)
            if not wanted:
                return
        self._outcomes["moving"] += len(wanted)

    def _refresh(self, sellers: Sellers, skus: frozenset[str]) -> None:
        """Read anew the orders of which Afosto had not deducted everything."""
        run = self._run
        for left_out in refresh(run.runtime.ledger, run.afosto, sellers.names, skus, Publishing(self._store, skus)):
            run.note(left_out)

    def _round(self, sellers: Sellers, wanted: Sequence[WantedSku], *, last: bool) -> list[WantedSku]:
        """Read in the one right order and move what held still; returns what did not, of which the last is lowered."""
        skus = sorted(each.sku for each in wanted)
        snapshot = self._stock.clock()
        levels = read_levels(self._stock, self._run.afosto, self._store, skus, self._locations)
        wanted, available = self._known(wanted, levels), levels.known
        if not wanted:
            return []
        cursors = sellers.cursors()
        moving = frozenset(skus)
        before = sellers.read(cursors, moving)
        # Ahead of the shop's stock: a cancellation that is heard of later raises that by itself.
        promised = self._run.runtime.ledger.sold_units.unbooked_stock(sellers.names, skus, snapshot)
        found = {each.sku: where for each in wanted if self.has_time and (where := self._try_to_find(each))}
        after = sellers.read(cursors, moving)
        self._emptying.check(wanted, found, available, promised)
        again = []
        for each in wanted:
            if each.sku not in found:
                continue
            if _of(before, each.sku) == _of(after, each.sku):
                behind = sellers.behind_for(each.sku)
                self._move(each, found[each.sku], available[each.sku], promised[each.sku], behind)
                continue
            again.append(each)
            if last:
                sold = sum(held for key, held in _of(after, each.sku) if key not in before)
                self._lower(each, found[each.sku], wanted_stock(available[each.sku], promised[each.sku] + sold))
        return again

    def _known(self, wanted: Sequence[WantedSku], levels: Levels) -> list[WantedSku]:
        """Give the SKUs that Afosto knows; what it does not know stays as it is in the shop."""
        for each in wanted:
            if each.sku not in levels.known:
                end = UNCLEAR if each.sku in levels.unclear else NOT_IN_AFOSTO
                self._settle(each, (each.product_id, each.variation_id) if each.product_id else NOWHERE, end)
        return [each for each in wanted if each.sku in levels.known]

    def _lower(self, wanted: WantedSku, found: Found | StockOutcome, most: int) -> None:
        """A SKU that sells faster than it is read: it has no more than this, counting every new order whole."""
        if isinstance(found, StockOutcome):
            return
        place, shop = found
        if shop.available_stock is None or most >= shop.available_stock:
            return
        if self._adjust(wanted, place, most - shop.available_stock):
            self._stock.withdraw(self._run.job, wanted)

    def _try_to_find(self, wanted: WantedSku) -> Found | StockOutcome | None:
        """As `find_place`; None when the shop fails for now to answer, an outcome when a person must look."""
        try:
            return find_place(self._run, wanted)
        except RetryLater as error:
            self._endure(wanted.sku, error)
            return None
        except NeedsPerson as error:
            if error.store_wide or isinstance(error, Forbidden):
                raise
            return refused(error)
        except ConnectorError:
            raise
        except Exception as error:
            log.warning("a SKU cannot be published", store=self._store, sku=wanted.sku, exc_info=error)
            return failed(error)

    def _endure(self, sku: str, error: RetryLater) -> None:
        """Go on without a SKU; raises the error when none would fare better, or too many have failed."""
        self.failed.append(error)
        if isinstance(error, Wait) or len(self.failed) >= PATIENCE:
            raise error
        self._run.note(f"{sku} failed for now: {error}")

    def _move(
        self,
        wanted: WantedSku,
        found: Found | StockOutcome,
        available: int,
        promised: int,
        behind: Mapping[str, float],
    ) -> None:
        if isinstance(found, StockOutcome):
            self._settle(wanted, NOWHERE, found)
            return
        place, shop = found
        if shop.available_stock is None:
            self._settle(wanted, place, NOT_KEPT)
            return
        target = wanted_stock(available, promised)
        if behind and target > shop.available_stock:
            self._settle(wanted, place, not_raised(shop, target, behind), again=max(GAP, *behind.values()))
            return
        if target != shop.available_stock:
            moved = self._adjust(wanted, place, target - shop.available_stock)
            if moved is None:
                return
            shop = moved
        self._settle(wanted, place, in_step(shop, target, available, promised))
        if (shop.available_stock or 0) > target:
            # Somebody raised it while it was moved.
            self._stock.request_publishing(self._store, [wanted.sku])

    def _adjust(self, wanted: WantedSku, place: Place, amount: int) -> Availability | None:
        """Move the shop's stock; None when the answer was lost, or when it was refused and that is settled."""
        product_id, variation_id = place
        run = self._run
        try:
            with self._announced_move(wanted):
                moved = run.epages.adjust_stock(product_id, variation_id, amount)
        except AnswerLost as error:
            run.note(f"{wanted.sku}: moved by {amount:+d}, the answer was lost: {error}")
            self._outcomes["lost"] += 1
            return None
        except RetryLater as error:
            self._endure(wanted.sku, error)
            return None
        except NeedsPerson as error:
            if error.store_wide or isinstance(error, Forbidden):
                raise
            if isinstance(error, NotFound):
                self._settle(wanted, NOWHERE, LOOKED_FOR)
            else:
                self._settle(wanted, place, refused(error))
            return None
        run.note(f"{wanted.sku}: moved by {amount:+d}")
        return moved

    @contextmanager
    def _announced_move(self, wanted: WantedSku) -> Iterator[None]:
        """Announce the one call of the block, as `Run.announced` does: one that was not sent leaves no doubt."""
        run = self._run
        run.runtime.leases.require(run.job.id, run.settings.call_deadline)
        self._stock.record_move(run.job, wanted.sku, run.settings.ambiguity_wait)
        try:
            yield
        except AnswerLost:
            raise
        except ConnectorError:
            self._stock.withdraw(run.job, wanted)
            raise

    def _settle(
        self, wanted: WantedSku, place: Place | tuple[None, None], end: StockOutcome, again: float | None = None
    ) -> None:
        """Write down what came of a SKU; it is published once more after `again` seconds."""
        self._outcomes[end.outcome] += 1
        wait = self._run.settings.ambiguity_wait if again is None else again
        self._stock.note_outcome(self._run.job, wanted, place, end, wait, again=again is not None)


def _of(reading: dict[tuple[str, str, str], tuple[str, int]], sku: str) -> set[tuple[tuple[str, str, str], int]]:
    return {(key, held) for key, (its, held) in reading.items() if its == sku}
