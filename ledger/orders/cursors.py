"""Cursors: how far each store is read, and what the slices of orders lead to."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ledger.jobs.jobs import upsert_requests
from ledger.orders.order_documents import OrderDocuments
from ledger.orders.unreadable_orders import Malformed, park, unkept, warn_about
from ledger.postgres.batches import Batch, keep, naming
from ledger.postgres.database import Database, Row, fetch, fetch_one
from ledger.postgres.session import Session
from ledger.records import Cursor, JobRequest, SeenOrder
from ledger.stock.sold_units import note_sold_lines
from ledger.stores.freshness import KEPT_DAYS
from schemas.mapping.stock import SoldLine
from schemas.states import CursorKind, Lane
from schemas.wording.phrases import phrase

# Seconds after which the nightly sweep leaves an order alone: half a year, beyond any usual time for a return.
SWEEP_AGE = 180 * 86_400.0
# Seconds before a document that did not load is read again. The pause grows, to a day at most.
_READ_AFTER_ALL = phrase("the order was read after all")
READ_AGAIN = 60.0
READ_AGAIN_LONGEST = 86_400.0
# Seconds in which a slice is read and kept, also from a slow shop. A run that is silent for longer has died.
SLOWEST_SLICE = 60.0


@dataclass(frozen=True, slots=True)
class Slice:
    """What one slice of a poll brought, and where the cursor stands after it. Times are aware UTC, widths are seconds.

    `over`: nothing is left to read now. `finished`: nothing will ever be left to read. `contents` are the shop's own
    documents by order id, which the shop was asked for at `asked_at` (of the monotonic clock). `promise` is after how
    many seconds news is older than promised.
    """

    orders: Sequence[SeenOrder]
    job_requests: Sequence[JobRequest]
    malformed: Sequence[Malformed]
    position: datetime
    width: float
    requests: int
    documents: int
    finished: bool
    over: bool
    pause: float
    promise: float
    sold_lines: Sequence[SoldLine] = ()
    contents: Mapping[str, Any] = field(default_factory=dict)
    asked_at: float = field(default_factory=time.monotonic)

    @property
    def order_ids(self) -> list[str]:
        """The ids of the orders of which the slice brought anything that can be kept."""
        seen, sold = (order.id for order in self.orders), (line.order_id for line in self.sold_lines)
        return list(dict.fromkeys([*seen, *(request.subject for request in self.job_requests), *sold]))

    def number(self, order_id: str) -> str | None:
        """Return the number of one of its orders."""
        return next((order.number for order in self.orders if order.id == order_id), None)

    def only(self, ids: Collection[str]) -> "Slice":
        """Return the part of the slice that belongs to these orders."""
        return replace(
            self,
            orders=[order for order in self.orders if order.id in ids],
            job_requests=[request for request in self.job_requests if request.subject in ids],
            sold_lines=[line for line in self.sold_lines if line.order_id in ids],
        )


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was news in a part of a slice: orders that changed, requests that are due."""

    changed: list[Row]
    news: list[Row]


@dataclass(frozen=True, slots=True)
class _Advanced:
    """What came of a slice: requests that are due, orders that were parked, and orders that cannot even be parked."""

    news: list[Row]
    parked: list[Malformed]
    left_out: list[Malformed]


class Cursors:
    """The cursor's fence guards every move, which commits together with the jobs that follow from it."""

    def __init__(self, database: Database, order_documents: OrderDocuments, order_wait: float) -> None:
        self._database = database
        self._order_documents = order_documents
        self._order_wait = order_wait

    def take_due(self, patience: float, limit: int) -> list[Row]:
        """Return (store, kind, fence) of the due cursors; due again after `patience` s, or when a run says so."""
        return self._database.rows("cursors.due", {"patience": patience, "slowest": SLOWEST_SLICE, "limit": limit})

    def give_back(self, taken: Sequence[Row]) -> None:
        """Make cursors of `take_due` due again: nobody was asked to read them."""
        columns = {f"{name}s": [row[name] for row in taken] for name in ("store", "kind", "fence")}
        self._database.rows("cursors.give_back", columns)

    def get(self, store: str, kind: str) -> Cursor | None:
        """Return a cursor, or None when the store has none of this kind."""
        row = self._database.row("cursors.get", {"store": store, "kind": kind})
        if row is None:
            return None
        row.pop("polled_at")
        return Cursor(**row)

    def take(self, store: str, kind: str, patience: float) -> int | None:
        """Begin a run that was not scheduled, due again after `patience` s if it dies; return its fence.

        None when there is no such cursor, or when another run reads it; then the next run follows that one.
        """
        row = self._database.row(
            "cursors.take",
            {"store": store, "kind": kind, "patience": patience, "slowest": SLOWEST_SLICE},
        )
        return row["fence"] if row else None

    def stop(self, cursor: Cursor) -> None:
        """Note that a run ended without reading; the next one comes at its time, or when somebody asks."""
        self._database.rows("cursors.stop", {"store": cursor.store, "kind": cursor.kind, "fence": cursor.fence})

    def make_due(self, store: str, kind: str) -> bool:
        """Make the cursor due for the next dispatch; returns False when there is no such cursor."""
        return self._database.row("cursors.now_due", {"store": store, "kind": kind}) is not None

    def spend(self, cursor: Cursor) -> None:
        """Note that this run spends the call that was reserved for a prepaid cursor."""
        self._database.rows("cursors.spend", {"store": cursor.store, "kind": cursor.kind, "fence": cursor.fence})

    def postpone(self, cursor: Cursor, pause: float, width: float, *, prepaid: bool = False) -> None:
        """Note that the run ended early: the next one begins after `pause` seconds with a slice of `width` seconds.

        `prepaid`: a call is reserved for it.
        """
        key = {"store": cursor.store, "kind": cursor.kind, "fence": cursor.fence}
        self._database.rows("cursors.postpone", {**key, "pause": pause, "width": width, "prepaid": prepaid})

    def start_sweep(self, store: str, now: datetime, width: float) -> bool:
        """Begin to read the orders that are not final, by creation date; False when there is none.

        Orders older than SWEEP_AGE are left out: what happens to them still shows in their update time. A sweep that
        has begun already goes on.
        """
        row = self._database.row("cursors.sweep_start", {"store": store, "age": SWEEP_AGE})
        if row is None or row["oldest"] is None:
            return False
        values = {"store": store, "kind": CursorKind.SWEEP, "position": row["oldest"], "upper_end": now, "width": width}
        self._database.rows("cursors.open", {**values, "next_poll_at": now})
        return True

    def advance(self, cursor: Cursor, found: Slice) -> list[Row] | None:
        """Keep what a slice brought and move the cursor behind it, in one transaction.

        An order that the database refuses is parked by its id, and does not delay the others.
        Returns the job requests that were news, or None when a newer run has taken over the cursor.
        """
        advanced = keep(self._database, lambda batch: self._advance(batch, cursor, found))
        if advanced is None:
            return None
        warn_about(cursor.store, advanced.parked, advanced.left_out)
        return advanced.news

    def _advance(self, batch: Batch, cursor: Cursor, found: Slice) -> _Advanced | None:
        session, store = batch.session, cursor.store
        key = {"store": store, "kind": cursor.kind, "fence": cursor.fence}
        if fetch_one(session, "cursors.lock", key) is None:
            return None
        lane = Lane.BACKGROUND if cursor.kind == CursorKind.HISTORY else Lane.LIVE
        kept, refused = batch.write(found.order_ids, lambda ids: [self._keep(session, store, lane, found, set(ids))])
        fetch(session, "cursors.move", {**key, **_moved(cursor, found, [row for each in kept for row in each.changed])})
        self._read_again(session, store, found.orders)
        broken = [unkept(each, found.number(each.row)) for each in refused]
        parked, left_out = park(batch, store, lane, [*found.malformed, *broken])
        news = [row for each in kept for row in each.news]
        if cursor.kind == CursorKind.SWEEP:
            counts = {"documents": found.documents, "jobs": len(news), "finished": found.finished}
            fetch(session, "cursors.note_sweep", {"store": store, "began_at": cursor.upper_end, **counts})
        if news:
            fetch(session, "scans.stir", {"store": store})
        return _Advanced(news, parked, left_out)

    def _keep(self, session: Session, store: str, lane: int, found: Slice, ids: Collection[str]) -> _Kept:
        part = found.only(ids)
        changed = self._upsert_orders(session, store, part.orders)
        note_sold_lines(session, store, part.sold_lines)
        news = upsert_requests(session, store, "import", lane, part.job_requests, self._order_wait)
        wanted = {row["subject"] for row in news}
        orders = [order for order in part.orders if order.id in wanted]
        # Here and not before: the transaction may be repeated, and what is said meanwhile is newer than the documents.
        self._order_documents.keep(session, store, orders, found.contents, time.monotonic() - found.asked_at)
        return _Kept(changed, news)

    def note_read(self, store: str, lane: int, order: SeenOrder, job_requests: Sequence[JobRequest]) -> None:
        """Keep an order that a poll could not read and a run has read, in the same way as a poll does."""

        def work(session: Session) -> None:
            self._upsert_orders(session, store, [order])
            upsert_requests(session, store, "import", lane, job_requests, self._order_wait)

        with naming(phrase("order %(order)s of %(store)s", order=order.number, store=store)):
            self._database.transaction(work)

    @staticmethod
    def _read_again(session: Session, store: str, orders: Sequence[SeenOrder]) -> None:
        pauses = {"pause": READ_AGAIN, "longest": READ_AGAIN_LONGEST}
        fetch(session, "jobs.read_again", {"store": store, **pauses})
        if numbers := [order.number for order in orders]:
            fetch(session, "jobs.found_after_all", {"store": store, "numbers": numbers, "message": _READ_AFTER_ALL})

    @staticmethod
    def _upsert_orders(session: Session, store: str, orders: Sequence[SeenOrder]) -> list[Row]:
        if not orders:
            return []
        columns = {
            "ids": [order.id for order in orders],
            "numbers": [order.number for order in orders],
            "created": [order.created_at for order in orders],
            "updated": [order.updated_at for order in orders],
            "tests": [order.is_test for order in orders],
            "finals": [order.is_final for order in orders],
        }
        return fetch(session, "cursors.upsert_orders", {"store": store, **columns})


def _moved(cursor: Cursor, found: Slice, changed: Sequence[Row]) -> dict[str, Any]:
    names = ("position", "width", "requests", "documents", "finished", "pause", "promise", "over")
    values = {name: getattr(found, name) for name in names}
    return {**values, "lateness": _lateness(cursor, changed), "slowest": SLOWEST_SLICE, "days": KEPT_DAYS}


def _lateness(cursor: Cursor, changed: Sequence[Row]) -> float:
    """Return by how many seconds the latest order became visible after its own time stamp; the overlap follows it.

    Changes from before the store was connected do not count: nobody read the shop then.
    """
    if cursor.kind != CursorKind.LIVE:
        return 0.0
    passed = [row["updated_at"] for row in changed if cursor.origin <= row["updated_at"] < cursor.position]
    return max(((cursor.position - moment).total_seconds() for moment in passed), default=0.0)
