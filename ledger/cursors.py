"""Cursors: how far each store is read, and what a slice of orders leads to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ledger.database import Database, Row, fetch, fetch_one
from ledger.held import note_held
from ledger.jobs import upsert_wishes
from ledger.records import Cursor, SeenOrder, Wish
from ledger.session import Session
from schemas.errors import MalformedDocument
from schemas.mapping.stock import HeldLine

# Seconds after which the nightly sweep leaves an order alone: half a year, beyond any usual time for a return.
SWEEP_AGE = 180 * 86_400.0
# Seconds before a document that did not load is read again, and the longest such pause: a day, as it grows.
READ_AGAIN = 60.0
READ_AGAIN_LONGEST = 86_400.0
# Seconds within which a slice is read and kept, also from a slow shop; a run silent for longer has died.
SLOWEST_SLICE = 60.0


@dataclass(frozen=True, slots=True)
class Malformed:
    """A document that did not load, with the order's id and number when these could be read."""

    subject: str
    number: str | None
    content_hash: str
    error: MalformedDocument


@dataclass(frozen=True, slots=True)
class Slice:
    """What one slice of a poll brought, and where the cursor stands after it. Times are aware UTC, widths seconds.

    `over` when nothing is left to read now, `finished` when nothing ever will be.
    """

    orders: Sequence[SeenOrder]
    wishes: Sequence[Wish]
    malformed: Sequence[Malformed]
    position: datetime
    width: float
    requests: int
    documents: int
    finished: bool
    over: bool
    pause: float
    held: Sequence[HeldLine] = ()


class Cursors:
    """Every move is guarded by the cursor's fence and commits together with the jobs it implies."""

    def __init__(self, database: Database, order_wait: float) -> None:
        self._database = database
        self._order_wait = order_wait

    def take_due(self, patience: float, limit: int) -> list[Row]:
        """Return (store, kind, fence) of the due cursors; due again after `patience` s, or when a run says so."""
        return self._database.rows("cursors.due", {"patience": patience, "slowest": SLOWEST_SLICE, "limit": limit})

    def get(self, store: str, kind: str) -> Cursor | None:
        """Return a cursor, or None when the store has none of this kind."""
        row = self._database.row("cursors.get", {"store": store, "kind": kind})
        if row is None:
            return None
        row.pop("polled_at")
        return Cursor(**row)

    def take(self, store: str, kind: str, patience: float) -> int | None:
        """Begin a run that nobody scheduled: a new fence, due again after `patience` s if it dies.

        None when there is no such cursor, or another run reads it: the next one comes when that has ended.
        """
        row = self._database.row(
            "cursors.take", {"store": store, "kind": kind, "patience": patience, "slowest": SLOWEST_SLICE}
        )
        return row["fence"] if row else None

    def stop(self, cursor: Cursor) -> None:
        """A run ended without having read; the next one comes at its time, or when somebody asks."""
        self._database.rows("cursors.stop", {"store": cursor.store, "kind": cursor.kind, "fence": cursor.fence})

    def make_due(self, store: str, kind: str) -> bool:
        """Let the next dispatch poll; False when there is no such cursor."""
        return self._database.row("cursors.now_due", {"store": store, "kind": kind}) is not None

    def spend(self, cursor: Cursor) -> None:
        """Take the call that was reserved for a prepaid cursor: it is this run's."""
        self._database.rows("cursors.spend", {"store": cursor.store, "kind": cursor.kind, "fence": cursor.fence})

    def postpone(self, cursor: Cursor, pause: float, width: float, *, prepaid: bool = False) -> None:
        """The run ended early: the next one begins after `pause` seconds with a slice of `width` seconds.

        `prepaid` when a call is reserved for it.
        """
        key = {"store": cursor.store, "kind": cursor.kind, "fence": cursor.fence}
        self._database.rows("cursors.postpone", {**key, "pause": pause, "width": width, "prepaid": prepaid})

    def start_sweep(self, store: str, now: datetime, width: float) -> bool:
        """Begin a reading of the orders that are not final, by creation date; False when there is none.

        Orders older than SWEEP_AGE are left out: what happens to them still shows in their update time. A sweep that is
        under way goes on.
        """
        row = self._database.row("cursors.sweep_start", {"store": store, "age": SWEEP_AGE})
        if row is None or row["oldest"] is None:
            return False
        values = {"store": store, "kind": "sweep", "position": row["oldest"], "upper_end": now, "width": width}
        self._database.rows("cursors.open", {**values, "next_poll_at": now})
        return True

    def advance(self, cursor: Cursor, found: Slice) -> list[Row] | None:
        """Keep what a slice brought and move the cursor behind it, in one transaction.

        Returns the wishes that were news, or None when a newer run has taken the cursor over.
        """
        return self._database.transaction(lambda session: self._advance(session, cursor, found))

    def _advance(self, session: Session, cursor: Cursor, found: Slice) -> list[Row] | None:
        key = {"store": cursor.store, "kind": cursor.kind, "fence": cursor.fence}
        if fetch_one(session, "cursors.hold", key) is None:
            return None
        changed = self._upsert_orders(session, cursor.store, found.orders)
        values: dict[str, Any] = {
            **key,
            "lateness": _lateness(cursor, changed),
            **{
                name: getattr(found, name)
                for name in ("position", "width", "requests", "documents", "finished", "pause", "over")
            },
            "slowest": SLOWEST_SLICE,
        }
        fetch(session, "cursors.move", values)
        note_held(session, cursor.store, found.held)
        lane = 2 if cursor.kind == "history" else 1
        self._read_again(session, cursor.store, found.orders)
        for broken in found.malformed:
            self._park(session, cursor.store, lane, broken)
        news = upsert_wishes(session, cursor.store, "import", lane, found.wishes, self._order_wait)
        if news:
            fetch(session, "walks.stir", {"store": cursor.store})
        return news

    def note_read(self, store: str, lane: int, order: SeenOrder, wishes: Sequence[Wish]) -> None:
        """Keep what a run has read of an order that a poll could not read, as a poll keeps it."""

        def work(session: Session) -> None:
            self._upsert_orders(session, store, [order])
            upsert_wishes(session, store, "import", lane, wishes, self._order_wait)

        self._database.transaction(work)

    @staticmethod
    def _read_again(session: Session, store: str, orders: Sequence[SeenOrder]) -> None:
        pauses = {"pause": READ_AGAIN, "longest": READ_AGAIN_LONGEST}
        fetch(session, "jobs.read_again", {"store": store, **pauses})
        if numbers := [order.number for order in orders]:
            fetch(session, "jobs.found_after_all", {"store": store, "numbers": numbers})

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

    @staticmethod
    def _park(session: Session, store: str, lane: int, broken: Malformed) -> None:
        error = broken.error
        values = {"store": store, "lane": lane, "subject": broken.subject, "content_hash": broken.content_hash}
        told = {"reason": error.reason, "message": str(error), "resolution": error.resolution}
        fetch(session, "jobs.park_malformed", {**values, **told})
        if broken.number:
            fetch(session, "cursors.note_unreadable", {"store": store, "id": broken.subject, "number": broken.number})


def _lateness(cursor: Cursor, changed: Sequence[Row]) -> float:
    """How long after its own time stamp the latest surprise became visible, in seconds: the measure of the overlap.

    What changed before the store was connected is no surprise: nobody looked then.
    """
    if cursor.kind != "live":
        return 0.0
    passed = [row["updated_at"] for row in changed if cursor.origin <= row["updated_at"] < cursor.position]
    return max(((cursor.position - moment).total_seconds() for moment in passed), default=0.0)
