"""Compares all orders of a store: every shop order since the start of its import, and its Afosto order.

The ledger is read first, then the shop, then Afosto, so a change meanwhile shows as open work or as unread news. A
difference counts only if both sides still differ when they are read again. The orders are compared in parts, one after
another by the time at which they were placed, so a comparison can go on where another one ended.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from clients.status_errors import NotFound
from jobs.blocking_calls import BLOCKING_LANE, BlockingGate, ReportPause, retry_blocking
from jobs.runtime import Runtime
from jobs.vendor_clients import afosto_client, epages_client, reading_afosto, reading_epages
from ledger.orders.comparison import OrderNotes
from ledger.records import Cursor, Store
from reconcile.diagnosis import FlowStatus, diagnose, flow_status_of
from reconcile.diagnosis_of_imports import deleted_in_afosto, deleted_in_shop, diagnose_missing, unlinked, unreadable
from reconcile.differences import Diagnosis, Finding, collect_findings, for_a_person
from schemas import afosto, epages
from schemas.epages import OrderRow
from schemas.errors import MalformedDocument, NeedsPerson
from schemas.mapping.differences import Difference, Terms, differences, nothing_left
from schemas.mapping.orders.drafts import reference
from schemas.mapping.orders.payments import Opening
from schemas.reasons import Reason
from schemas.states import LinkStage
from schemas.wording.phrases import phrase
from sync.discovery.time_slices import Reader
from sync.imports.orders import opening_of

T = TypeVar("T")
A = TypeVar("A")
# Width of the first slice, in seconds of creation time; later widths are learned.
FIRST_WIDTH = 86_400.0
MISSING = phrase("none")

# Called with the number of orders compared so far, and the part of the store's time range that is done (0 to 1).
Progress = Callable[[int, float], None]


@dataclass(frozen=True, slots=True)
class Part:
    """What differs among the orders placed up to `end`; `share` of the whole time range is done (0 to 1)."""

    findings: Sequence[Finding]
    end: datetime
    share: float


class Comparison:
    """One comparison of a store's orders. `counts`: orders compared; `lists`: whether Afosto can list its orders."""

    def __init__(self, runtime: Runtime, store: Store, tell: ReportPause) -> None:
        self._runtime = runtime
        self._store = store
        self._tell = tell
        self._notes = runtime.ledger.comparing
        gates = (
            reading_epages(runtime, store.name, BLOCKING_LANE),
            reading_afosto(runtime, store.afosto_bucket, BLOCKING_LANE),
        )
        self.shop = epages_client(runtime, store, BlockingGate(gates[0], tell))
        self.afosto = afosto_client(runtime, store, BlockingGate(gates[1], tell))
        self.flow_status = _flow_status(runtime, store)
        self.counts: Counter[str] = Counter()
        self.lists = True
        self._terms = Terms(broken="broken.export" not in self.flow_status.off, totals=store.totals)
        self._listed: dict[str, afosto.Order] = {}
        self._bound = self._notes.bound(store.name)
        self._placed = sorted((each.placed_at, key) for key, each in self._bound.items() if each.placed_at)
        self._seen: set[str] = set()

    def run(self, progress: Progress) -> list[Finding]:
        """Compare everything and return what differs, in the order the shop's orders were placed."""
        now = datetime.now(UTC)
        found: list[Finding] = []
        for part in self.parts(self._store.import_since, now):
            found += part.findings
            progress(self.counts["orders"], part.share)
        return [*found, *self.outside(now), *self.unlinked()]

    def parts(self, begin: datetime, end: datetime) -> Iterator[Part]:
        """Compare the orders placed from `begin` to `end`, the oldest first."""
        self._listed = self._list(begin)
        whole = max(end - self._store.import_since, timedelta(seconds=1))
        for start, stop, rows in self._slices(begin, end):
            fresh = [row for row in rows if row.id not in self._seen and _is_between(row, start, stop)]
            self._seen |= {row.id for row in fresh}
            found = list(self._slice(fresh))
            for order_id in self._bound_between(start, stop):
                found += collect_findings(order_id, None, self._afresh(order_id))
            yield Part(found, stop, min(1.0, (stop - self._store.import_since) / whole))

    def outside(self, end: datetime) -> Iterator[Finding]:
        """Compare the linked orders that no part up to `end` contains: their time is not known, or not in the range."""
        since = self._store.import_since
        for order_id, bound in sorted(self._bound.items()):
            is_inside = bound.placed_at is not None and since <= bound.placed_at < end
            if not is_inside and order_id not in self._seen:
                yield from collect_findings(order_id, None, self._afresh(order_id))

    def _bound_between(self, start: datetime, stop: datetime) -> list[str]:
        """Return the linked orders that were placed then, and that the shop does not list."""
        first, last = (bisect_left(self._placed, (moment, "")) for moment in (start, stop))
        return [order_id for _, order_id in self._placed[first:last] if order_id not in self._seen]

    def _list(self, since: datetime) -> dict[str, afosto.Order]:
        """Afosto's orders that changed since then, by id, read in pages; empty if Afosto has no such list."""
        found: dict[str, afosto.Order] = {}
        after: str | None = None
        try:
            while True:
                orders, after = self._ask(lambda at: self._page(since, at), after)
                found |= {order.id: order for order in orders}
                if after is None:
                    return found
        except NeedsPerson as error:
            if error.reason != Reason.SCHEMA_MISMATCH:
                raise
            self.lists = False
            return {}

    def _page(self, since: datetime, after: str | None) -> tuple[tuple[afosto.Order, ...], str | None]:
        return self.afosto.channel_orders(self._store.channel_id, since, after)

    def _slices(self, begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, tuple[OrderRow, ...]]]:
        cursor = Cursor(self._store.name, "sweep", begin, begin, end, FIRST_WIDTH, 0, 0.0)
        reader = Reader(
            self.shop, cursor, self._store.import_since, self._runtime.settings.poll_page_size, timedelta(0)
        )
        start = begin
        while True:
            reading = self._ask(lambda _: reader.next(), None)
            assert reading.end is not None
            yield start, reading.end, reading.rows
            start = reading.end
            if reading.end >= end:
                return

    def _slice(self, rows: list[OrderRow]) -> Iterator[Finding]:
        notes = self._notes.orders(self._store.name, [row.id for row in rows])
        for row in rows:
            yield from collect_findings(row.id, row.number, self._row(row, notes[row.id]))

    def _row(self, row: OrderRow, notes: OrderNotes) -> Iterator[Finding]:
        if row.unforeseen:
            raise row.unforeseen
        if row.order is None:
            self.counts["orders"] += 1
            yield unreadable(row.id, row.number, row.message, notes)
        elif row.order.created_at >= self._store.import_since and not row.order.test_order:
            self.counts["orders"] += 1
            # A list may be outdated, so a difference here is only a reason to read the order again.
            if any(True for _ in self.compare(row.order, notes, self._listed)):
                yield from self._afresh(row.id)

    def _afresh(self, order_id: str) -> Iterator[Finding]:
        """Compare one order, read again from both sides."""
        notes = self._notes.orders(self._store.name, [order_id])[order_id]
        try:
            shop = self._ask(self.shop.order, order_id)
        except NotFound:
            link = notes.link
            yield from self.without_shop(notes, self._ask(self.afosto.order, link.afosto_id) if link else None)
            return
        except MalformedDocument as error:
            yield unreadable(order_id, notes.number, str(error), notes)
            return
        yield from self.compare(shop, notes, {})

    def compare(self, shop: epages.Order, notes: OrderNotes, listed: dict[str, afosto.Order]) -> Iterator[Finding]:
        """Compare one order; its Afosto order is read unless it is among `listed`, by its id."""
        link = notes.link
        try:
            order = (listed.get(link.afosto_id) or self._ask(self.afosto.order, link.afosto_id)) if link else None
        except MalformedDocument as error:
            diagnosis = for_a_person(
                phrase("Afosto's document does not load: %(error)s", error=error), error.resolution
            )
            yield _finding(shop, Difference("unreadable", "-", phrase("does not load")), diagnosis)
            return
        if link is None or link.stage != LinkStage.OPENED:
            yield from self._not_open(shop, notes, order)
        elif order is None:
            if not shop.canceled:
                yield _finding(
                    shop,
                    Difference("deleted", phrase("placed"), phrase("gone")),
                    deleted_in_afosto(self._store.name, shop),
                )
        else:
            back = frozenset(link.afosto_id for link in notes.linked("return"))
            for difference in differences(shop, order, link.facts.get("fingerprint"), back, self._terms):
                if difference.kind != "address" or not _resolved_by_hand(notes):
                    yield _finding(shop, difference, diagnose(self.flow_status, difference, shop, order, notes))

    def _not_open(self, shop: epages.Order, notes: OrderNotes, draft: afosto.Order | None) -> Iterator[Finding]:
        if draft is not None and draft.status != "CONCEPT":
            figure = phrase("open, and not known to be")
        elif shop.canceled:
            return
        elif draft is not None and opening_of(shop, self._store) in (Opening.WAITS, Opening.NEVER):
            self.counts["waiting for payment"] += 1
            return
        else:
            figure = phrase("draft") if draft else phrase("draft is gone") if notes.link else MISSING
        diagnosis = diagnose_missing(self.flow_status, shop, notes, self._other_copy(shop, notes))
        yield _finding(shop, Difference("missing", shop.payment_status.lower(), figure), diagnosis)

    def _other_copy(self, shop: epages.Order, notes: OrderNotes) -> afosto.Order | None:
        """An opened Afosto order with the reference of this order, but without a link."""
        known, name = notes.link.afosto_id if notes.link else None, reference(self._store.name, shop.id)
        copies = (o for o in self._listed.values() if o.reference == name and o.id != known)
        return next((order for order in copies if _sells(order)), None)

    def without_shop(self, notes: OrderNotes, order: afosto.Order | None) -> Iterator[Finding]:
        """Compare an order that the shop does not have any more with its Afosto order."""
        if order is not None and _sells(order):
            figure = phrase("order %(number)s is %(status)s", number=order.number, status=order.status)
            difference = Difference("deleted", phrase("gone"), figure)
            yield Finding(notes.order_id, notes.number or notes.order_id, difference, deleted_in_shop(order))

    def unlinked(self) -> Iterator[Finding]:
        """Opened Afosto orders with a reference of this store, but without a link: doubles and orphans.

        They are among those that the first part has listed.
        """
        bound = {each.afosto_id for each in self._bound.values()}
        for listed in self._listed.values():
            store, _, order_id = (listed.reference or "").partition("/")
            if store != self._store.name or listed.id in bound or not _sells(listed):
                continue
            yield from collect_findings(order_id, None, self._without_link(listed, order_id))

    def _without_link(self, listed: afosto.Order, order_id: str) -> Iterator[Finding]:
        notes = self._notes.orders(self._store.name, [order_id])[order_id]
        if notes.link and notes.link.afosto_id == listed.id:
            return
        order = self._ask(self.afosto.order, listed.id)
        if order is not None and _sells(order):
            difference, diagnosis = unlinked(order, notes)
            yield Finding(order_id, notes.number or order_id, difference, diagnosis)

    def _ask(self, call: Callable[[A], T], argument: A) -> T:
        return retry_blocking(lambda: call(argument), self._tell)


def _is_between(row: OrderRow, start: datetime, stop: datetime) -> bool:
    """Whether an order was placed then. The shop's answer is a little wider; what does not load has no time."""
    return row.order is None or start <= row.order.created_at < stop


def _sells(order: afosto.Order) -> bool:
    return order.status != "CONCEPT" and not nothing_left(order)


def _finding(shop: epages.Order, difference: Difference, diagnosis: Diagnosis) -> Finding:
    return Finding(shop.id, shop.number, difference, diagnosis)


def _resolved_by_hand(notes: OrderNotes) -> bool:
    """Whether a person has dropped the import: addresses cannot be compared, so we assume it is corrected in Afosto."""
    job = notes.job("import", "orders")
    return job is not None and job.was_dropped


def _flow_status(runtime: Runtime, store: Store) -> FlowStatus:
    ledger = runtime.ledger
    rows = {row["kind"]: row for row in ledger.stores.overview(store.name)["cursors"]}
    history = rows.get("history")
    unread = history["position"] if history and history["next_poll_at"] else None
    overlap = timedelta(seconds=runtime.settings.poll_overlap)
    cursors = (rows["live"]["position"], unread, store.connected_at)
    return flow_status_of(store.name, ledger.stores.flows(store.name), cursors, overlap)
