"""Sets the shop's stock to A − U: available in Afosto (A), minus sold by the shops and not booked in Afosto (U).

The order of reading decides whether too much is published: first what Afosto has booked, then what is available, then
the shops' latest orders and U from everything known, then the shop's stock, then the same orders again. Then the stock
is changed by the difference: a sale after the reading lowers it on its own.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import structlog

from clients.status_errors import Forbidden, NotFound
from jobs.call_budget import epages_bucket
from jobs.run import Run
from ledger.stock.publish_requests import Publishing
from ledger.stock.records import StockOutcome, WantedSku
from ledger.stock.stock import Stock
from schemas.epages import Availability
from schemas.errors import AnswerLost, ConnectorError, NeedsPerson, RetryLater, Wait
from schemas.mapping.inventory_levels import Levels
from schemas.mapping.stock import wanted_stock
from schemas.wording.phrases import Phrase, joined, phrase
from sync.order_guards import require_scopes
from sync.stock.afosto_levels import read_levels
from sync.stock.emptying_guard import EmptyingGuard
from sync.stock.outcomes import (
    LOOKED_FOR,
    NOT_IN_AFOSTO,
    NOT_KEPT,
    UNCLEAR,
    UNSETTLED,
    failed,
    in_step,
    no_location,
    not_raised,
    refused,
)
from sync.stock.refresh_undeducted import refresh
from sync.stock.shared_locations import SharingStores
from sync.stock.shop_places import Found, Place, Search

log = structlog.get_logger()

# SKUs published from one reading: with fewer SKUs, the reading is newer when the last of them is changed.
BATCH = 25
# Calls of a batch to the shop: two to read its orders, then per SKU one to read its stock and one to change it.
READINGS, CALLS_PER_SKU = 2, 2
# A call counts as available if it becomes free within this many seconds.
AHEAD_SECONDS = 0.5
# Readings of a SKU whose orders keep changing, before it is left to the next run.
ROUNDS = 4
# Seconds between two runs of a store.
GAP_SECONDS = 1.0
# The part of a job's longest time after which nothing new is started.
SHARE = 0.5
# After this many SKUs have failed for temporary reasons, the run ends; each of them is tried again later.
MOST_FAILURES = 5

NOWHERE = (None, None)


class _Unsettled(Exception):
    """For these seconds a move may still land at the place, sent when another SKU was there."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def publish_stock(run: Run) -> Phrase:
    """Publish every SKU that is due at the store; returns the result in words.

    A SKU for which the shop does not answer stays due, and does not delay other SKUs.
    """
    require_scopes(run, "inventory.publish")
    stock = run.runtime.ledger.stock
    locations = stock.locations(run.store.name)
    if not locations:
        return phrase("no stock is published: %(why)s", why=no_location(run.store.name))
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
        raise Wait(phrase("%(what)s; more is due", what=said), after=max(GAP_SECONDS, left))
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
        self._emptying_guard = EmptyingGuard(run)
        self._outcomes: Counter[str] = Counter()
        self.failed: list[RetryLater] = []

    @property
    def has_time(self) -> bool:
        """Whether there is time to start something new."""
        return time.monotonic() - self._run.started < SHARE * self._run.settings.longest_job

    @property
    def room(self) -> int:
        """How many SKUs the available calls are enough for: a batch interrupted half way would start again."""
        run = self._run
        free = run.runtime.epages_limiter.allowance(epages_bucket(self._store), run.job.lane, AHEAD_SECONDS)
        free += run.epages_gate.budget.left
        return max(0, min(BATCH, (free - READINGS) // CALLS_PER_SKU))

    @property
    def has_outcomes(self) -> bool:
        """Whether the run has any result."""
        return bool(self._outcomes)

    def said(self) -> Phrase:
        """The result in words."""
        outcomes = self._outcomes + Counter({"failed for now": len(self.failed)})
        counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
        said = phrase("stock: %(counts)s", counts=counts) if counts else phrase("stock: nothing was due")
        if self._imports:
            return said
        return joined([said, phrase("its orders are not imported, so none of them count")])

    def publish(self, wanted: Sequence[WantedSku]) -> None:
        """Publish a batch; a SKU whose orders change while it is read starts again."""
        skus = frozenset(each.sku for each in wanted)
        self._stock.request_where_moved(self._store, [each.sku for each in wanted if each.ambiguous_until])
        stores = SharingStores(self._run, skus, self._behind)
        self._imports = self._store in stores.names
        self._refresh(stores, skus)
        for left in reversed(range(ROUNDS)):
            wanted = self._round(stores, wanted, last=not left)
            if not wanted:
                return
        self._outcomes["moving"] += len(wanted)

    def _refresh(self, stores: SharingStores, skus: frozenset[str]) -> None:
        """Read the orders with undeducted units again."""
        run = self._run
        for left_out in refresh(run.runtime.ledger, run.afosto, stores.names, skus, Publishing(self._store, skus)):
            run.note(left_out)

    def _round(self, stores: SharingStores, wanted: Sequence[WantedSku], *, last: bool) -> list[WantedSku]:
        """Read in the required order and publish each SKU whose orders did not change. Returns the other SKUs.

        In the `last` round, the stock of those other SKUs is lowered if needed. Products that swapped SKUs while they
        were read are read again too.
        """
        skus = sorted(each.sku for each in wanted)
        snapshot = self._stock.clock()
        levels = read_levels(self._stock, self._run.afosto, self._store, skus, self._locations)
        wanted, available = self._known(wanted, levels), levels.known
        if not wanted:
            return []
        cursors = stores.cursors()
        moving = frozenset(skus)
        before = stores.read(cursors, moving)
        # Read before the shop's stock: a cancellation that comes later raises that stock on its own.
        promised = self._run.runtime.ledger.sold_units.unbooked_stock(stores.names, skus, snapshot)
        search = Search(self._run)
        found = {each.sku: where for each in wanted if self.has_time and (where := self._try_to_find(search, each))}
        after = stores.read(cursors, moving)
        self._emptying_guard.check(wanted, found, available, promised)
        again = []
        for each in wanted:
            if each.sku not in found:
                continue
            where = found[each.sku]
            if not isinstance(where, StockOutcome) and not search.still_at(each.sku, where[0]):
                again.append(each)
                continue
            if _of(before, each.sku) == _of(after, each.sku):
                behind = stores.behind_for(each.sku)
                self._move(each, where, available[each.sku], promised[each.sku], behind)
                continue
            again.append(each)
            if last:
                sold = sum(units for key, units in _of(after, each.sku) if key not in before)
                self._lower(each, where, wanted_stock(available[each.sku], promised[each.sku] + sold))
        return again

    def _known(self, wanted: Sequence[WantedSku], levels: Levels) -> list[WantedSku]:
        """Return the SKUs that Afosto knows; the shop's stock of the others stays as it is."""
        for each in wanted:
            if each.sku not in levels.known:
                end = UNCLEAR if each.sku in levels.unclear else NOT_IN_AFOSTO
                self._record_result(each, (each.product_id, each.variation_id) if each.product_id else NOWHERE, end)
        return [each for each in wanted if each.sku in levels.known]

    def _lower(self, wanted: WantedSku, found: Found | StockOutcome, most: int) -> None:
        """Lower a SKU that sells faster than it is read to at most `most`, which counts every new order fully."""
        if isinstance(found, StockOutcome):
            return
        place, shop = found
        if shop.available_stock is None or most >= shop.available_stock:
            return
        if self._adjust(wanted, place, most - shop.available_stock):
            self._stock.withdraw(self._run.job, wanted)

    def _try_to_find(self, search: Search, wanted: WantedSku) -> Found | StockOutcome | None:
        """Like `Search.find`; None if the shop does not answer now, an outcome if a person must look."""
        try:
            return search.find(wanted)
        except RetryLater as error:
            self._skip_failed(wanted.sku, error)
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

    def _skip_failed(self, sku: str, error: RetryLater) -> None:
        """Continue without a SKU; raises the error if all other SKUs would fail too, or too many have failed."""
        self.failed.append(error)
        if isinstance(error, Wait) or len(self.failed) >= MOST_FAILURES:
            raise error
        self._run.note(phrase("%(sku)s failed for now: %(error)s", sku=sku, error=error))

    def _move(
        self,
        wanted: WantedSku,
        found: Found | StockOutcome,
        available: int,
        promised: int,
        behind: Mapping[str, float],
    ) -> None:
        if isinstance(found, StockOutcome):
            self._record_result(wanted, NOWHERE, found)
            return
        place, shop = found
        if shop.available_stock is None:
            self._record_result(wanted, place, NOT_KEPT)
            return
        target = wanted_stock(available, promised)
        if behind and target > shop.available_stock:
            self._record_result(
                wanted, place, not_raised(shop, target, behind), again=max(GAP_SECONDS, *behind.values())
            )
            return
        if target != shop.available_stock:
            moved = self._adjust(wanted, place, target - shop.available_stock)
            if moved is None:
                return
            shop = moved
        self._record_result(wanted, place, in_step(shop, target, available, promised))
        if (shop.available_stock or 0) > target:
            # The stock was raised by somebody else while we changed it.
            self._stock.request_publishing(self._store, [wanted.sku])

    def _adjust(self, wanted: WantedSku, place: Place, amount: int) -> Availability | None:
        """Change the shop's stock.

        Returns None if the answer was lost, or if the change was refused or cannot be made now and that is recorded.
        """
        product_id, variation_id = place
        run = self._run
        try:
            with self._recorded_intent(wanted, place):
                moved = run.epages.adjust_stock(product_id, variation_id, amount)
        except _Unsettled as earlier:
            self._record_result(wanted, place, UNSETTLED, again=max(GAP_SECONDS, earlier.seconds))
            return None
        except AnswerLost as error:
            run.note(
                phrase(
                    "moved the stock of %(sku)s by %(amount)s, the answer was lost: %(error)s",
                    sku=wanted.sku,
                    amount=format(amount, "+d"),
                    error=error,
                )
            )
            self._outcomes["lost"] += 1
            return None
        except RetryLater as error:
            self._skip_failed(wanted.sku, error)
            return None
        except NeedsPerson as error:
            if error.store_wide or isinstance(error, Forbidden):
                raise
            if isinstance(error, NotFound):
                self._record_result(wanted, NOWHERE, LOOKED_FOR)
            else:
                self._record_result(wanted, place, refused(error))
            return None
        run.note(phrase("moved the stock of %(sku)s by %(amount)s", sku=wanted.sku, amount=format(amount, "+d")))
        return moved

    @contextmanager
    def _recorded_intent(self, wanted: WantedSku, place: Place) -> Iterator[None]:
        """Record the intent of the one call in the block; it is withdrawn if the call certainly had no effect.

        Raises _Unsettled instead of calling.
        """
        run = self._run
        run.runtime.leases.require(run.job.id, run.settings.call_deadline)
        unsettled = self._stock.record_move(run.job, wanted.sku, place, run.settings.ambiguity_wait)
        if unsettled is not None:
            raise _Unsettled(unsettled)
        try:
            yield
        except AnswerLost:
            raise
        except ConnectorError:
            self._stock.withdraw(run.job, wanted)
            raise

    def _record_result(
        self, wanted: WantedSku, place: Place | tuple[None, None], end: StockOutcome, again: float | None = None
    ) -> None:
        """Record the result for a SKU; with `again`, it is published again after that many seconds."""
        self._outcomes[end.outcome] += 1
        wait = self._run.settings.ambiguity_wait if again is None else again
        self._stock.note_outcome(self._run.job, wanted, place, end, wait, again=again is not None)


def _of(reading: dict[tuple[str, str, str], tuple[str, int]], sku: str) -> set[tuple[tuple[str, str, str], int]]:
    return {(key, units) for key, (its, units) in reading.items() if its == sku}
