"""Stock: which SKUs are to be published at a store, what came of it, and how far its inventory changes are read."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from ledger.database import Database, Row, fetch, fetch_one
from ledger.session import Session
from ledger.sqlstates import words
from ledger.wishes import hint

log = logging.getLogger(__name__)

SUBJECT = "stock"  # of the one job that publishes all of a store's wishes


@dataclass(frozen=True, slots=True)
class WantedSku:
    """A SKU to be published: `version` is what was wanted when it was taken, the ids are None while nobody knows them.

    `ambiguous_until` stands when the answer to its last move was lost.
    """

    sku: str
    version: int
    product_id: str | None
    variation_id: str | None
    ambiguous_until: datetime | None


@dataclass(frozen=True, slots=True)
class StockOutcome:
    """What came of publishing a SKU. `outcome` is one word, `resolution` says what to do where something is."""

    outcome: str
    message: str
    resolution: str | None = None
    published: int | None = None
    available: int | None = None
    promised: int | None = None


_NOT_WRITTEN = StockOutcome(
    "not-written-down",
    "what came of it could not be written down: the database refuses it",
    "Look in the log of the worker of `inventory`; mend the cause, then publish it again.",
)


@dataclass(frozen=True, slots=True)
class Seller:
    """A store that sells from the same locations: whether its orders are imported, and whether its past is read."""

    store: str
    imports: bool
    read: bool


class Stock:
    """The newest wish per SKU wins: a wish raises `wanted`, publishing writes the version that was taken as done."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def wish(self, store: str, skus: Collection[str]) -> int | None:
        """Let these SKUs be published; return the id of the store's job, or None when the store is not connected."""
        return self._wish("stock.wish", {"store": store, "skus": sorted(set(skus))})

    def wish_all(self, store: str) -> int | None:
        """Let every SKU of the store that is known be published; return as `wish` does."""
        return self._wish("stock.wish_all", {"store": store})

    def _wish(self, query: str, values: Mapping[str, Any]) -> int | None:
        def work(session: Session) -> list[Row]:
            fetch(session, query, values)
            return hint(session, [values["store"]], wished=True)

        rows = self._database.transaction(work)
        return int(rows[0]["id"]) if rows else None

    def knows(self, store: str, sku: str) -> bool:
        """Whether the shop may have a SKU: it was found there, was not looked for, or the catalogue is not read yet.

        True for a store that is not connected.
        """
        row = self._database.row("stock.knows", {"store": store, "sku": sku})
        return bool(row is None or row["knows"])

    def wish_changed(self, store: str, changed: Mapping[str, datetime], foreign: StockOutcome) -> int:
        """Let SKUs be published whose inventory moved (aware UTC) since it was last seen; return how many.

        `foreign` is what is noted of a SKU that is not the shop's.
        """
        values = {"store": store, "skus": list(changed), "changed": list(changed.values())}
        noted = {"outcome": foreign.outcome, "message": foreign.message, "resolution": foreign.resolution}

        def work(session: Session) -> int:
            news = len([row for row in fetch(session, "stock.wish_changed", {**values, **noted}) if row["open"]])
            if news:
                hint(session, [store])
            return news

        return self._database.transaction(work)

    def hint_if_due(self, store: str) -> None:
        """Ask for a run when something is to be published and nobody was asked, because the flow was off."""
        if self.next_due(store) is not None:
            self._database.transaction(lambda session: hint(session, [store]))

    def remember(self, store: str, places: Mapping[str, tuple[str, str | None]]) -> None:
        """Keep where the shop has the stock of each SKU: (product id, variation id)."""
        products, variations = [p for p, _ in places.values()], [v for _, v in places.values()]
        values = {"store": store, "skus": list(places), "products": products, "variations": variations}
        self._database.rows("stock.remember", values)

    def locations(self, store: str) -> list[str]:
        """Return the Afosto locations whose stock the store sells."""
        return [row["afosto_id"] for row in self._database.rows("stock.locations", {"store": store})]

    def sellers(self, store: str, skus: Collection[str]) -> list[Seller]:
        """Return the stores that may sell some of these SKUs from a location of this store, itself included."""
        rows = self._database.rows("stock.sellers", {"store": store, "skus": list(skus)})
        return [Seller(**row) for row in rows]

    def clock(self) -> datetime:
        """Return the database's time: what is noted later was not known now."""
        row = self._database.row("stock.clock")
        assert row is not None
        at: datetime = row["at"]
        return at

    def due(self, store: str, limit: int, besides: Collection[str]) -> list[WantedSku]:
        """Return up to `limit` SKUs to be published: what the shop is known to sell first, then by the last look."""
        rows = self._database.rows("stock.due", {"store": store, "limit": limit, "besides": list(besides)})
        return [WantedSku(version=row.pop("wanted"), **row) for row in rows]

    def next_due(self, store: str) -> float | None:
        """Return the seconds until something is to be published, 0 for now, None when nothing is."""
        row = self._database.row("stock.next_due", {"store": store})
        return row["seconds"] if row else None

    def announce(self, store: str, sku: str, wait: float) -> None:
        """Write down that the stock is about to be moved: until `wait` seconds have passed it is not touched again."""
        self._database.rows("stock.announce", {"store": store, "sku": sku, "wait": wait})

    def withdraw(self, store: str, wanted: WantedSku) -> None:
        """The announced move was refused, or never sent."""
        self._database.rows("stock.withdraw", {"store": store, "sku": wanted.sku, "before": wanted.ambiguous_until})

    def settle(
        self, store: str, wanted: WantedSku, place: tuple[str | None, str | None], end: StockOutcome, wait: float
    ) -> None:
        """Keep what came of a SKU; one whose answer had been lost is published once more after `wait` seconds.

        What the database refuses to write down is left out: refused for ever, it would hold up every other SKU.
        """
        try:
            self._settle(store, wanted, place, end, wait)
        except psycopg.Error as error:
            refusal = "the database refuses what came of the SKU %s (%s): %s; it is settled with less"
            log.warning(refusal, wanted.sku, words(error), end)
            self._settle(store, wanted, (None, None), _NOT_WRITTEN, wait)

    def _settle(
        self, store: str, wanted: WantedSku, place: tuple[str | None, str | None], end: StockOutcome, wait: float
    ) -> None:
        values: dict[str, Any] = {
            **{name: getattr(end, name) for name in StockOutcome.__slots__},
            "store": store,
            "sku": wanted.sku,
            "version": wanted.version,
            "product_id": place[0],
            "variation_id": place[1],
            "was_ambiguous": wanted.ambiguous_until is not None,
            "wait": wait,
        }
        self._database.rows("stock.settle", values)

    def levels(self, store: str) -> dict[str, int | None]:
        """Return what was available of each SKU when it was last published."""
        return {row["sku"]: row["available"] for row in self._database.rows("stock.levels", {"store": store})}

    def list(self, store: str, sku: str | None = None) -> list[Row]:
        """Return a store's SKUs, or one of them, with what is published and what came of it."""
        return self._database.rows("stock.list", {"store": store, "sku": sku})

    def anew(self, store: str | None = None) -> None:
        """Let all stock of a store, or of every store, be found and published anew."""
        self._database.rows("stock.anew", {"store": store})

    def take_due(self, patience: float, limit: int) -> Sequence[str]:
        """Return the stores whose inventory changes are to be read now; again after `patience` seconds."""
        rows = self._database.rows("stock.take_due", {"patience": patience, "limit": limit})
        return [row["store"] for row in rows]

    def cursor(self, store: str) -> Row | None:
        """Return `position` (None: all is found anew), `walked`, `prepaid`, `lists_changes` and `polled_at`."""
        return self._database.transaction(lambda session: fetch_one(session, "stock.cursor", {"store": store}))

    def found(self, store: str, places: Mapping[str, tuple[str, str | None]], walked: int) -> None:
        """A walk over the catalogue passed `walked` products: it knows where these SKUs are, and they are wanted."""
        self.remember(store, places)
        if places:
            self.wish(store, list(places))
        self._database.rows("stock.walked", {"store": store, "walked": walked})

    def move_cursor(
        self, store: str, position: datetime, *, lists_changes: bool, pause: float, news: bool, longest: float
    ) -> None:
        """Changes are read up to `position`; the next reading begins after `pause` seconds.

        The longer a store is without news, the later it begins, up to `longest` seconds.
        """
        values = {"store": store, "position": position, "lists_changes": lists_changes, "pause": pause}
        self._database.rows("stock.move_cursor", {**values, "news": news, "longest": longest})

    def postpone(self, store: str, pause: float, *, prepaid: bool = False) -> None:
        """The next try begins after `pause` seconds; `prepaid` when its calls are reserved."""
        self._database.rows("stock.postpone", {"store": store, "pause": pause, "prepaid": prepaid})
