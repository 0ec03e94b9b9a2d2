"""Stock: which SKUs are to be published at a store, what came of it, and how far its inventory changes are read."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from ledger.batches import NOT_WRITTEN
from ledger.database import Database, Row, fetch, fetch_one
from ledger.records import Job
from ledger.session import Session
from ledger.sku_batches import SEE_LOG, SkuBatch, keep_skus, sku_of
from ledger.sqlstates import words
from ledger.wishes import hint
from schemas.errors import LeaseLost
from schemas.flows import STOCK_STOPS

log = logging.getLogger(__name__)

SUBJECT = "stock"  # of the one job that publishes all of a store's wishes


@dataclass(frozen=True, slots=True)
class WantedSku:
    """A SKU to be published: `version` is what was wanted when it was taken, the ids are None while nobody knows them.

    `ambiguous_until` stands when the answer to its last move was lost. `may_empty`: a person has seen that it goes to
    zero.
    """

    sku: str
    version: int
    product_id: str | None
    variation_id: str | None
    ambiguous_until: datetime | None
    may_empty: bool = False


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
    NOT_WRITTEN,
    "what came of it could not be written down: the database refuses it",
    SEE_LOG,
)


@dataclass(frozen=True, slots=True)
class Seller:
    """A store that sells from the same locations: are its orders imported, is its past read, is its shop silent."""

    store: str
    imports: bool
    read: bool
    silent: bool


@dataclass(frozen=True, slots=True)
class Emptied:
    """SKUs of a store: that the shop has in stock, that are to be published, that publishing took to zero lately."""

    stocked: int
    due: int
    emptied: int


class Stock:
    """The newest wish per SKU wins: a wish raises `wanted`, publishing writes the version that was taken as done."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def wish(self, store: str, skus: Collection[str]) -> int | None:
        """Let these SKUs be published; return the id of the store's job, or None when the store is not connected."""

        def work(batch: SkuBatch) -> list[Row]:
            batch.write("stock.wish", sorted(set(skus)), str, lambda part: {"skus": list(part)})
            return hint(batch.session, [store], wished=True)

        rows = keep_skus(self._database, store, work)
        return int(rows[0]["id"]) if rows else None

    def wish_all(self, store: str) -> int | None:
        """Let every SKU of the store that is known be published; return as `wish` does."""

        def work(session: Session) -> list[Row]:
            fetch(session, "stock.wish_all", {"store": store})
            return hint(session, [store], wished=True)

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
        noted = {"outcome": foreign.outcome, "message": foreign.message, "resolution": foreign.resolution}

        def columns(part: Sequence[tuple[str, datetime]]) -> Mapping[str, Any]:
            return {**noted, "skus": [sku for sku, _ in part], "changed": [at for _, at in part]}

        def work(batch: SkuBatch) -> int:
            rows = batch.write("stock.wish_changed", list(changed.items()), sku_of, columns)
            news: int = sum(row["open"] for row in rows)
            if news:
                hint(batch.session, [store])
            return news

        return keep_skus(self._database, store, work)

    def hint_if_due(self, store: str) -> None:
        """Ask for a run when something is to be published and nobody was asked, because the flow was off."""
        if self.next_due(store) is not None:
            self._database.transaction(lambda session: hint(session, [store]))

    def remember(self, store: str, places: Mapping[str, tuple[str, str | None]]) -> list[str]:
        """Keep where the shop was seen to have the stock of each SKU: (product id, variation id).

        Returns those that were thought to be elsewhere, or nowhere.
        """

        def columns(part: Sequence[tuple[str, tuple[str, str | None]]]) -> Mapping[str, Any]:
            found = [place for _, place in part]
            products, variations = [product for product, _ in found], [variation for _, variation in found]
            return {"skus": [sku for sku, _ in part], "products": products, "variations": variations}

        rows = list(places.items())
        kept = keep_skus(self._database, store, lambda batch: batch.write("stock.remember", rows, sku_of, columns))
        return [row["sku"] for row in kept]

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

    def announce(self, job: Job, sku: str, wait: float) -> None:
        """Write down that the stock is about to be moved: until `wait` seconds have passed it is not touched again.

        Raises LeaseLost, as `withdraw` and `settle` do, when the job is no longer this run's.
        """
        self._hold("stock.announce", job, {"sku": sku, "wait": wait})

    def withdraw(self, job: Job, wanted: WantedSku) -> None:
        """The announced move was refused, or never sent."""
        self._hold("stock.withdraw", job, {"sku": wanted.sku, "before": wanted.ambiguous_until})

    def settle(
        self,
        job: Job,
        wanted: WantedSku,
        place: tuple[str | None, str | None],
        end: StockOutcome,
        wait: float,
        *,
        again: bool = False,
    ) -> None:
        """Keep what came of a SKU.

        One whose answer had been lost, or that shall be published `again`, is so once more after `wait` seconds.
        What the database refuses to write down is left out: refused for ever, it would hold up every other SKU.
        """
        try:
            self._settle(job, wanted, place, end, wait, again)
        except psycopg.Error as error:
            refusal = "the database refuses what came of the SKU %s (%s): %s; it is settled with less"
            log.warning(refusal, wanted.sku, words(error), end)
            self._settle(job, wanted, (None, None), _NOT_WRITTEN, wait, again)

    def _settle(
        self,
        job: Job,
        wanted: WantedSku,
        place: tuple[str | None, str | None],
        end: StockOutcome,
        wait: float,
        again: bool,
    ) -> None:
        values: dict[str, Any] = {
            **{name: getattr(end, name) for name in StockOutcome.__slots__},
            "sku": wanted.sku,
            "version": wanted.version,
            "product_id": place[0],
            "variation_id": place[1],
            "again": again or wanted.ambiguous_until is not None,
            "wait": wait,
        }
        self._hold("stock.settle", job, values)

    def _hold(self, query: str, job: Job, values: Mapping[str, Any]) -> None:
        """Write what only the holder of the store's job may."""
        held = {"store": job.store, "job_id": job.id, "fence": job.fence}
        if not self._database.rows(query, {**values, **held}):
            raise LeaseLost(f"the job is somebody else's by now; nothing is written down of {values['sku']}")

    def emptying(self, store: str, besides: Collection[str]) -> Emptied:
        """Return how much of a store's stock went to zero within the last hour, these SKUs left out."""
        row = self._database.row("stock.emptying", {"store": store, "besides": list(besides)})
        assert row is not None
        return Emptied(**row)

    def empty(self, store: str, skus: Collection[str]) -> None:
        """Write down that these SKUs are about to be taken to zero."""
        self._database.rows("stock.empty", {"store": store, "skus": list(skus)})

    def confirm(self, store: str, emptied: Collection[str]) -> bool:
        """Let a store's stock be published that waited for a person, who has seen that these SKUs go to zero.

        Returns False, and changes nothing, when it did not wait for one.
        """

        def work(session: Session) -> bool:
            if fetch_one(session, "stores.confirm_stock", {"store": store, "reasons": list(STOCK_STOPS)}) is None:
                return False
            fetch(session, "stock.permit", {"store": store, "skus": sorted(emptied)})
            fetch(session, "stock.anew", {"store": store})
            return True

        return self._database.transaction(work)

    def spelled(self, store: str, skus: Collection[str]) -> dict[str, list[str]]:
        """Return how the store spells SKUs that are known in another case alone; the others are left out."""
        found: dict[str, list[str]] = {}
        for row in self._database.rows("stock.spelled", {"store": store, "skus": sorted(skus)}) if skus else ():
            found.setdefault(row["said"], []).append(row["sku"])
        return found

    def spelled_elsewhere(self, store: str, skus: Collection[str]) -> list[str]:
        """Return those of a store's SKUs that another store with a location in common spells in another case."""
        rows = self._database.rows("stock.spelled_elsewhere", {"store": store, "skus": sorted(skus)})
        return [row["sku"] for row in rows]

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
        """Return `position` (None: all is found anew), `walked`, `searched` (None: nothing), `prepaid` and so on."""
        return self._database.transaction(lambda session: fetch_one(session, "stock.cursor", {"store": store}))

    def found(self, store: str, places: Mapping[str, tuple[str, str | None]], walked: int) -> None:
        """A walk over the catalogue passed `walked` products: it knows where these SKUs are, and they are wanted."""
        self.remember(store, places)
        if places:
            self.wish(store, list(places))
        self._database.rows("stock.walked", {"store": store, "walked": walked})

    def found_again(self, store: str, places: Mapping[str, tuple[str, str | None]], walked: int) -> None:
        """A search over the catalogue passed `walked` products: those SKUs are wanted that were not there before."""
        self.moved(store, places)
        self._database.rows("stock.searched", {"store": store, "walked": walked})

    def moved(self, store: str, places: Mapping[str, tuple[str, str | None]]) -> None:
        """Keep where SKUs were just seen; they are wanted where that is news."""
        if news := self.remember(store, places):
            self.wish(store, news)

    def start_search(self, store: str, rest: float) -> None:
        """Begin a search when SKUs are looked for, at most one in `rest` seconds."""
        self._database.rows("stock.start_search", {"store": store, "rest": rest})

    def end_search(self, store: str, missed: StockOutcome) -> None:
        """The search has passed the whole catalogue; `missed` is noted of what it did not find."""
        noted = {"outcome": missed.outcome, "message": missed.message, "resolution": missed.resolution}
        self._database.rows("stock.end_search", {"store": store, **noted})

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
