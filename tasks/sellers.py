"""The stores that sell from the same locations, and what their latest orders hold."""

from collections.abc import Sequence
from datetime import timedelta

from clients.epages import EpagesClient
from ledger.held import countable
from ledger.records import Cursor, Store
from ledger.wishes import Publishing
from schemas.epages import Order
from schemas.errors import ConnectorError, NeedsPerson, RetryLater, Wait
from schemas.states import CursorKind
from tasks.health import words_of
from tasks.run import Run
from tasks.slices import Reader
from tasks.vendor_clients import epages_client, reading_epages

# Seconds until it is asked again whether a store's past has been read.
PAST_WAIT = 5.0

# The lane of calls to the other shops: what they are left with for their own exports is not touched.
LIVE = 1

# (store, order, line) → SKU and pieces held.
Reading = dict[tuple[str, str, str], tuple[str, int]]


class Sellers:
    """Knows whose orders count for some SKUs, and reads those that changed since each store was polled last.

    `behind` are stores of whose orders not all is known, and for how many seconds not: their shop is silent, its budget
    is used up, or we fail at one of its orders. What is known counts, and other shops are not asked again. Raises Wait
    while the past orders of a store are still being read.
    """

    def __init__(self, run: Run, skus: frozenset[str], behind: dict[str, float]) -> None:
        self._run = run
        self._skus = skus
        self.behind = behind
        found = run.runtime.ledger.stock.sharing_stores(run.store.name, skus)
        unread = [seller.store for seller in found if seller.imports and not seller.read]
        for seller in found:
            if seller.silent and seller.store in unread and seller.store != run.store.name:
                behind.setdefault(seller.store, run.settings.poll_interval)
                unread.remove(seller.store)
        if unread:
            # What was reserved for this run is kept for the next, so that waiting takes nothing from those who read.
            untouched = run.requests == 0
            who = ", ".join(unread)
            raise Wait(f"the past orders of {who} are still being read", after=PAST_WAIT, prepaid=untouched)
        self.names = [seller.store for seller in found if seller.imports]
        self._shops = [self._shop(name) for name in self.names]

    def read(self, cursors: Sequence[Cursor], moving: frozenset[str]) -> Reading:
        """Read the orders changed since the cursors, keep what they hold, and return it for the SKUs.

        News of the SKUs that are `moving` are no news to the run that is about to publish them.
        """
        reading: Reading = {}
        for (store, client), cursor in zip(self._shops, cursors, strict=True):
            reading |= self._read_one(store, client, cursor, moving)
        return reading

    def _read_one(self, store: Store, client: EpagesClient, cursor: Cursor, moving: frozenset[str]) -> Reading:
        """Read one store. Our own mistake with another one holds up nobody else: what its orders held last counts."""
        try:
            orders = self._orders(store, client, cursor)
            self._run.runtime.ledger.sold_units.note_shop(store, orders, Publishing(self._run.store.name, moving))
            lines = (line for line in countable(store, orders) if line.sku in self._skus)
            return {(store.name, line.order_id, line.line_id): (line.sku, line.sold_units) for line in lines}
        except ConnectorError:
            raise
        except Exception as error:
            if store.name == self._run.store.name:
                raise
            self.behind[store.name] = self._run.settings.poll_interval
            self._run.note(f"the orders of {store.name} cannot be read: {words_of(error)}")
            return {}

    def behind_for(self, sku: str) -> dict[str, float]:
        """Return which of those that are behind may sell a SKU."""
        if not self.behind:
            return {}
        found = self._run.runtime.ledger.stock.sharing_stores(self._run.store.name, [sku])
        return {each.store: self.behind[each.store] for each in found if each.imports and each.store in self.behind}

    def cursors(self) -> list[Cursor]:
        """Return where each store's live reading stands: both readings of a round begin there."""
        found = [self._run.runtime.ledger.cursors.get(name, CursorKind.LIVE) for name in self.names]
        return [cursor for cursor in found if cursor is not None]

    def _shop(self, name: str) -> tuple[Store, EpagesClient]:
        run = self._run
        if name == run.store.name:
            return run.store, run.epages
        store = run.runtime.ledger.stores.get(name)
        gate = reading_epages(run.runtime, name, LIVE, keeps=False)
        return store, epages_client(run.runtime, store, gate)

    def _counts(self, store: Store, order: Order) -> bool:
        """Whether we can tell what an order holds; while we fail at one, nothing is raised that its store may sell."""
        try:
            countable(store, [order])
        except Exception as error:  # noqa: BLE001 - whatever our own mistake with one order leads to
            self.behind[store.name] = self._run.settings.poll_interval
            self._run.note(f"order {order.number} of {store.name} is left out: {words_of(error)}")
            return False
        return True

    def _orders(self, store: Store, client: EpagesClient, cursor: Cursor) -> list[Order]:
        settings = self._run.settings
        overlap = timedelta(seconds=settings.poll_overlap)
        reader = Reader(client, cursor, store.import_since, settings.poll_page_size, overlap)
        orders: dict[str, Order] = {}
        if store.name in self.behind and store.name != self._run.store.name:
            return []
        try:
            while True:
                reading = reader.next()
                orders |= {row.id: row.order for row in reading.rows if row.order and self._counts(store, row.order)}
                if reading.end is None:
                    return list(orders.values())
        except RetryLater as error:
            if store.name == self._run.store.name:
                raise
            self.behind[store.name] = error.after or settings.poll_interval
            self._run.note(f"the orders of {store.name} cannot be read now: {error}")
            return list(orders.values())
        except NeedsPerson as error:
            if store.name == self._run.store.name:
                raise
            # A shop that shut us out must not hold up the others; what its orders held last still counts.
            self._run.note(f"the orders of {store.name} cannot be read: {error}")
            return []
