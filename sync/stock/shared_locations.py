"""The stores that share locations (they sell the same stock), and the lines of their latest orders."""

from collections.abc import Sequence
from datetime import timedelta

from clients.epages import EpagesClient
from jobs.run import Run
from jobs.store_health import words_of
from jobs.vendor_clients import epages_client, reading_epages
from ledger.records import Cursor, Store
from ledger.stock.publish_requests import Publishing
from ledger.stock.sold_units import countable
from schemas.epages import Order
from schemas.errors import ConnectorError, NeedsPerson, RetryLater, Wait
from schemas.states import CursorKind
from schemas.wording.phrases import phrase
from sync.discovery.time_slices import Reader

# Seconds until we check again whether a store's past orders have been read.
PAST_WAIT_SECONDS = 5.0

# The lane of calls to the other shops; it leaves them the part of their budget that is reserved for exports.
LIVE = 1

# (store, order id, line id) → (SKU, sold pieces).
Reading = dict[tuple[str, str, str], tuple[str, int]]


class SharingStores:
    """The stores whose orders count for some SKUs; reads their orders that changed since each store's last poll.

    `behind`: stores whose newest orders are not all known → seconds until they may be. Their shop does not answer, its
    call budget is used up, or we fail to read one of its orders. Their known orders count, and these shops are not
    asked again. Raises Wait while the past orders of a store are still being read.
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
            # The calls reserved for this run are kept for the next one, so that waiting takes none from the readers.
            untouched = run.requests == 0
            who = ", ".join(unread)
            raise Wait(
                phrase("the past orders of %(stores)s are still being read", stores=who),
                after=PAST_WAIT_SECONDS,
                prepaid=untouched,
            )
        self.names = [seller.store for seller in found if seller.imports]
        self._shops = [self._shop(name) for name in self.names]

    def read(self, cursors: Sequence[Cursor], moving: frozenset[str]) -> Reading:
        """Read the orders changed since the cursors, store their sold pieces, and return those of the SKUs.

        The SKUs in `moving` are not requested again: this run is about to publish them.
        """
        reading: Reading = {}
        for (store, client), cursor in zip(self._shops, cursors, strict=True):
            reading |= self._read_one(store, client, cursor, moving)
        return reading

    def _read_one(self, store: Store, client: EpagesClient, cursor: Cursor, moving: frozenset[str]) -> Reading:
        """Read one store. A bug of ours with another store does not stop this one: its last known orders count."""
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
            self._run.note(
                phrase("the orders of %(store)s cannot be read: %(error)s", store=store.name, error=words_of(error))
            )
            return {}

    def behind_for(self, sku: str) -> dict[str, float]:
        """Return the stores in `behind` that may sell a SKU."""
        if not self.behind:
            return {}
        found = self._run.runtime.ledger.stock.sharing_stores(self._run.store.name, [sku])
        return {each.store: self.behind[each.store] for each in found if each.imports and each.store in self.behind}

    def cursors(self) -> list[Cursor]:
        """Return each store's live cursor: both readings of a round start there."""
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
        """Whether we can read an order's sold pieces; if not, no SKU that its store may sell is raised."""
        try:
            countable(store, [order])
        except Exception as error:  # noqa: BLE001 - any bug of ours with one order
            self.behind[store.name] = self._run.settings.poll_interval
            self._run.note(
                phrase(
                    "order %(order)s of %(store)s is left out: %(error)s",
                    order=order.number,
                    store=store.name,
                    error=words_of(error),
                )
            )
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
            self._run.note(
                phrase("the orders of %(store)s cannot be read now: %(error)s", store=store.name, error=error)
            )
            return list(orders.values())
        except NeedsPerson as error:
            if store.name == self._run.store.name:
                raise
            # A shop that refuses our access must not delay the others; its last known orders still count.
            self._run.note(phrase("the orders of %(store)s cannot be read: %(error)s", store=store.name, error=error))
            return []
