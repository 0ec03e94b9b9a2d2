"""Compares the stock of a shop with max(0, A − U), read in the same order as for publishing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from clients.afosto.client import AfostoClient
from clients.epages import EpagesClient
from clients.scopes import boxes
from jobs.blocking_calls import BLOCKING_LANE, BlockingGate, ReportPause, retry_blocking
from jobs.runtime import Runtime
from jobs.vendor_clients import epages_client, reading_epages
from ledger.orders.comparison import StockNote
from ledger.records import Store
from reconcile.diagnosis import parked_for
from reconcile.differences import STOCK, Diagnosis, Finding, collect_findings, for_a_person, on_its_way, repairable
from schemas.epages import Availability
from schemas.errors import MalformedDocument, NeedsPerson
from schemas.mapping.differences import Difference
from schemas.mapping.inventory_levels import Levels
from schemas.mapping.stock import wanted_stock
from schemas.reasons import Reason
from schemas.states import CursorKind, JobState
from schemas.wording.phrases import phrase
from sync.discovery.time_slices import Reader
from sync.stock.afosto_levels import read_levels
from sync.stock.outcomes import no_location
from sync.stock.publish import BATCH
from sync.stock.shop_places import is_at

FLOW = "inventory.publish"
READS = ("prod:r", "prda:r")


@dataclass(slots=True)
class StockReading:
    """Per SKU: available in Afosto (A), sold and not booked there (U), and the SKUs that are about to change.

    `available` lacks SKUs that Afosto does not know or has contradictory levels of. `coming` are SKUs with changes not
    read yet: a sale, or a change of Afosto's inventory.
    """

    available: dict[str, int]
    promised: dict[str, int]
    coming: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class StockPart:
    """What differs among the next `skus` SKUs, up to this one."""

    findings: Sequence[Finding]
    sku: str
    skus: int


class StockComparison:
    """One comparison of a store's published SKUs. `skipped` says why nothing was compared; None if it was."""

    def __init__(
        self,
        runtime: Runtime,
        store: Store,
        shop: EpagesClient,
        afosto: AfostoClient,
        off: str | None,
        tell: ReportPause,
    ) -> None:
        self._runtime = runtime
        self._store = store
        self._shop = shop
        self._afosto = afosto
        self._tell = tell
        self._locations = runtime.ledger.stock.locations(store.name)
        self.skipped = self._why_not(off)
        self.compared = 0

    def _why_not(self, off: str | None) -> str | None:
        if off:
            return f"{FLOW}: {off}"
        lacking = [scope for scope in READS if scope not in self._store.scopes]
        if lacking:
            return f"the shop has not granted {boxes(lacking)}"
        if not self._locations:
            return no_location(self._store.name)
        unread = [
            s.store for s in self._runtime.ledger.stock.sharing_stores(self._store.name, ()) if s.imports and not s.read
        ]
        return f"the past orders of {', '.join(unread)} are still being read" if unread else None

    def run(self) -> list[Finding]:
        """Compare every published SKU; a difference counts only if it is still there when read again."""
        return [finding for part in self.parts("") for finding in part.findings]

    def parts(self, after: str) -> Iterator[StockPart]:
        """Compare the published SKUs behind `after`, in batches."""
        notes = [] if self.skipped else self._runtime.ledger.comparing.stock(self._store.name)
        left = [note for note in notes if note.sku > after]
        for start in range(0, len(left), BATCH):
            batch = left[start : start + BATCH]
            found = collect_findings(STOCK, None, self._confirmed(batch))
            self.compared += len(batch)
            yield StockPart(found, batch[-1].sku, len(batch))

    def _confirmed(self, notes: Sequence[StockNote]) -> Iterator[Finding]:
        suspect = [note for note, _ in self._batch(notes)]
        if suspect:
            again = {note.sku: note for note in self._runtime.ledger.comparing.stock(self._store.name)}
            for _, finding in self._batch([again.get(each.sku, each) for each in suspect]):
                yield finding

    def _batch(self, notes: Sequence[StockNote]) -> Iterator[tuple[StockNote, Finding]]:
        reading = self._read([note.sku for note in notes], notes)
        for note in notes:
            if note.sku not in reading.available:
                # Afosto does not know the SKU: any stock of the shop is right.
                continue
            available, promised = reading.available[note.sku], reading.promised[note.sku]
            shop = self._stock_of(note)
            stock = shop.available_stock if shop else None
            if shop is not None and stock in (None, wanted_stock(available, promised)):
                continue
            theirs = f"{wanted_stock(available, promised)} ({available} − {promised})"
            difference = Difference("stock", "gone" if shop is None else str(stock), theirs, note.sku)
            yield note, Finding(note.sku, note.sku, difference, self._diagnose(note, reading, shop))

    def _diagnose(self, note: StockNote, reading: StockReading, shop: Availability | None) -> Diagnosis:
        job = self._runtime.ledger.jobs.search(store=self._store.name, flow=FLOW, state=JobState.PARKED, limit=1)
        if job:
            return for_a_person(parked_for(FLOW, job[0]["id"], job[0]["reason"]), job[0]["resolution"])
        if note.open:
            return on_its_way(phrase("it is to be published"))
        if note.sku in reading.coming:
            return on_its_way(phrase("a sale or a move of Afosto's stock is read soon, and then published"))
        cause = phrase("the shop's stock was edited there, or a move of Afosto's stock was not noticed")
        if shop is None:
            cause = phrase("the shop no longer has the product where it was")
        return repairable(cause, ("export", STOCK))

    def _read(self, skus: list[str], notes: Sequence[StockNote]) -> StockReading:
        """Read what Afosto has booked, then what is available, then the shops' latest orders."""
        ledger = self._runtime.ledger
        sellers = [s.store for s in ledger.stock.sharing_stores(self._store.name, skus) if s.imports]
        snapshot = ledger.stock.clock()
        available = retry_blocking(lambda: self._levels(skus), self._tell).known
        coming = self._moved(notes, available)
        for name in sellers:
            coming |= self._sold(name)
        return StockReading(available, ledger.sold_units.unbooked_stock(sellers, skus, snapshot), coming)

    def _levels(self, skus: list[str]) -> Levels:
        return read_levels(self._runtime.ledger.stock, self._afosto, self._store.name, skus, self._locations)

    def _moved(self, notes: Sequence[StockNote], available: dict[str, int]) -> set[str]:
        """SKUs with inventory changes in Afosto that the next `inventory.watch` reads."""
        cursor = self._runtime.ledger.stock.cursor(self._store.name)
        if cursor is None or cursor["position"] is None:
            return {note.sku for note in notes}
        if not cursor["lists_changes"]:
            return {note.sku for note in notes if note.available != available.get(note.sku)}
        try:
            changes = retry_blocking(
                lambda: self._afosto.inventory_changes(cursor["position"], self._locations), self._tell
            )
        except NeedsPerson as error:
            if error.reason != Reason.SCHEMA_MISMATCH:
                raise
            return {note.sku for note in notes if note.available != available.get(note.sku)}
        said = {change.sku for change in changes if not isinstance(change, MalformedDocument)}
        spelled = self._runtime.ledger.stock.spelled(self._store.name, said)
        return said.union(*spelled.values())

    def _sold(self, name: str) -> set[str]:
        """SKUs in a store's orders whose current version no poll has read."""
        ledger = self._runtime.ledger
        store, cursor = ledger.stores.get(name), ledger.cursors.get(name, CursorKind.LIVE)
        if cursor is None:
            return set()
        shop = self._shop
        if name != self._store.name:
            gate = BlockingGate(reading_epages(self._runtime, name, BLOCKING_LANE), self._tell)
            shop = epages_client(self._runtime, store, gate)
        settings = self._runtime.settings
        overlap = timedelta(seconds=settings.poll_overlap)
        reader = Reader(shop, cursor, store.import_since, settings.poll_page_size, overlap)
        touched: set[str] = set()
        while True:
            reading = retry_blocking(reader.next, self._tell)
            orders = [row.order for row in reading.rows if row.order and not row.order.test_order]
            read_to = ledger.comparing.read_to(name, [order.id for order in orders])
            for order in orders:
                seen = read_to.get(order.id)
                if seen is None or seen < order.updated_at:
                    touched |= {line.sku for line in order.lines}
            if reading.end is None:
                return touched

    def _stock_of(self, note: StockNote) -> Availability | None:
        """The shop's stock of a SKU at its last known place; None if it is no longer there."""
        place = (note.product_id, note.variation_id)
        return retry_blocking(lambda: is_at(self._shop, note.sku, place), self._tell)
