"""Stock: which SKUs are to be published at a store, what came of it, and how far its inventory changes are read."""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg

from ledger.postgres.database import Database, Row, fetch, fetch_one
from ledger.postgres.session import Session
from ledger.postgres.sqlstates import words
from ledger.records import Job
from ledger.stock.publish_requests import request_run
from ledger.stock.records import Emptied, SharingStore, StockOutcome, WantedSku
from ledger.stock.sku_batches import SEE_LOG, SkuBatch, keep_skus, sku_of
from schemas.errors import LeaseLost
from schemas.flows import STOCK_STOPS
from schemas.reasons import Reason
from schemas.values.texts import clean
from schemas.wording.phrases import phrase

log = logging.getLogger(__name__)

SUBJECT = "stock"  # of the one job that publishes all SKUs of a store


_NOT_WRITTEN = StockOutcome(
    Reason.NOT_WRITTEN_DOWN,
    phrase("what came of it could not be written down: the database refuses it"),
    SEE_LOG,
)


class Stock:
    """The newest request per SKU wins: a request raises `wanted`; publishing notes the version that it took as done."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def request_publishing(self, store: str, skus: Collection[str]) -> int | None:
        """Request that these SKUs be published; return the id of the store's job, None when it is not connected."""

        def work(batch: SkuBatch) -> list[Row]:
            batch.write("stock.request", sorted(set(skus)), str, lambda part: {"skus": list(part)})
            return request_run(batch.session, [store], on_demand=True)

        rows = keep_skus(self._database, store, work)
        return int(rows[0]["id"]) if rows else None

    def request_all(self, store: str) -> int | None:
        """Request that every known SKU of the store be published; return as `request_publishing` does."""

        def work(session: Session) -> list[Row]:
            fetch(session, "stock.request_all", {"store": store})
            return request_run(session, [store], on_demand=True)

        rows = self._database.transaction(work)
        return int(rows[0]["id"]) if rows else None

    def unknown(self, store: str, skus: Collection[str]) -> frozenset[str]:
        """Return which of these SKUs the shop does not have; none before its catalog was read."""
        rows = self._database.rows("stock.unknown", {"store": store, "skus": list(skus)})
        return frozenset(row["sku"] for row in rows)

    def request_changed(self, store: str, changed: Mapping[str, datetime], foreign: StockOutcome) -> int:
        """Request the SKUs whose inventory moved (aware UTC) since it was last seen; return how many.

        `foreign` is what is noted of a SKU that is not the shop's.
        """
        noted = {"outcome": foreign.outcome, "message": foreign.message, "resolution": foreign.resolution}

        def columns(part: Sequence[tuple[str, datetime]]) -> Mapping[str, Any]:
            return {**noted, "skus": [sku for sku, _ in part], "changed": [at for _, at in part]}

        def work(batch: SkuBatch) -> int:
            rows = batch.write("stock.request_changed", list(changed.items()), sku_of, columns)
            news: int = sum(row["open"] for row in rows)
            if news:
                request_run(batch.session, [store])
            return news

        return keep_skus(self._database, store, work)

    def request_run_if_due(self, store: str) -> None:
        """Request a run when something is to be published and no run was requested, because the flow was off."""
        if self.next_due(store) is not None:
            self._database.transaction(lambda session: request_run(session, [store]))

    def remember(self, store: str, places: Mapping[str, tuple[str, str | None]]) -> list[str]:
        """Keep where the shop has the stock of each SKU: (product id, variation id).

        Returns the SKUs for which that is news.
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

    def sharing_stores(self, store: str, skus: Collection[str]) -> list[SharingStore]:
        """Return the stores that may sell some of these SKUs from a location of this store, itself included."""
        rows = self._database.rows("stock.sharing_stores", {"store": store, "skus": list(skus)})
        return [SharingStore(**row) for row in rows]

    def sellers_at(self, tenant: str, locations: Collection[str]) -> list[str]:
        """Return the stores of a tenant that sell from some of these locations and import their orders."""
        rows = self._database.rows("stock.sellers_at", {"tenant": tenant, "locations": sorted(locations)})
        return [row["store"] for row in rows]

    def clock(self) -> datetime:
        """Return the database's time; what is noted after it was not known at that moment."""
        row = self._database.row("stock.clock")
        assert row is not None
        at: datetime = row["at"]
        return at

    def due(self, store: str, limit: int, besides: Collection[str]) -> list[WantedSku]:
        """Return up to `limit` SKUs to be published: first those the shop is known to sell, then by last check."""
        rows = self._database.rows("stock.due", {"store": store, "limit": limit, "besides": list(besides)})
        return [WantedSku(version=row.pop("wanted"), **row) for row in rows]

    def next_due(self, store: str) -> float | None:
        """Return the seconds until something is to be published, 0 for now, None when nothing is."""
        row = self._database.row("stock.next_due", {"store": store})
        return row["seconds"] if row else None

    def request_where_moved(self, store: str, skus: Collection[str]) -> None:
        """Request the SKUs that are by now where these were moved, after the answers to those moves were lost."""
        if skus:
            self._database.rows("stock.request_where_moved", {"store": store, "skus": sorted(skus)})

    def record_move(self, job: Job, sku: str, place: tuple[str, str | None], wait: float) -> float | None:
        """Record that the stock is about to be moved at a place; for `wait` seconds the SKU is not touched again.

        A move that was sent when another SKU was there may still land at the place: then returns for how many
        seconds, and records nothing. Raises LeaseLost, as `withdraw` and `note_outcome` do, when the job is no longer
        this run's.
        """
        values = {"sku": sku, "product_id": place[0], "variation_id": place[1], "wait": wait}
        unsettled: float | None = self._write_as_holder("stock.record_move", job, values)["unsettled"]
        return unsettled

    def withdraw(self, job: Job, wanted: WantedSku) -> None:
        """Note that the recorded move was refused, or never sent."""
        self._write_as_holder("stock.withdraw", job, {"sku": wanted.sku, "before": wanted.ambiguous_until})

    def note_outcome(
        self,
        job: Job,
        wanted: WantedSku,
        place: tuple[str | None, str | None],
        end: StockOutcome,
        wait: float,
        *,
        again: bool = False,
    ) -> None:
        """Keep what came of publishing a SKU.

        A SKU whose answer was lost, or that shall be published `again`, is published once more after `wait` seconds.
        What the database refuses to write is left out. Otherwise it would delay every other SKU for ever.
        """
        try:
            self._note_outcome(job, wanted, place, end, wait, again)
        except psycopg.Error as error:
            refusal = "the database refuses what came of the SKU %s (%s): %s; the outcome is noted without it"
            log.warning(refusal, wanted.sku, words(error), end)
            self._note_outcome(job, wanted, (None, None), _NOT_WRITTEN, wait, again)

    def _note_outcome(
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
        self._write_as_holder("stock.note_outcome", job, values)

    def _write_as_holder(self, query: str, job: Job, values: Mapping[str, Any]) -> Row:
        """Run a query that only the holder of the store's job may run; return its row. Raises LeaseLost."""
        claim = {"store": job.store, "job_id": job.id, "fence": job.fence}
        row = self._database.row(query, {**values, **claim})
        if row is None:
            raise LeaseLost(
                phrase(
                    "the job is no longer this run's; nothing was written down for the SKU %(sku)s", sku=values["sku"]
                )
            )
        return row

    def emptying(self, store: str, besides: Collection[str]) -> Emptied:
        """Return how much of a store's stock went to zero within the last hour, without these SKUs."""
        row = self._database.row("stock.emptying", {"store": store, "besides": list(besides)})
        assert row is not None
        return Emptied(**row)

    def empty(self, store: str, skus: Collection[str]) -> None:
        """Note that these SKUs are about to be taken to zero."""
        self._database.rows("stock.empty", {"store": store, "skus": list(skus)})

    def confirm(self, store: str, emptied: Collection[str]) -> bool:
        """Start publishing again after it stopped for a person, who has seen that these SKUs go to zero.

        Returns False, and changes nothing, when it was not stopped for that.
        """

        def work(session: Session) -> bool:
            if fetch_one(session, "stores.confirm_stock", {"store": store, "reasons": list(STOCK_STOPS)}) is None:
                return False
            fetch(session, "stock.permit", {"store": store, "skus": sorted(emptied)})
            fetch(session, "stock.publish_all_again", {"store": store})
            return True

        return self._database.transaction(work)

    def spelled(self, store: str, skus: Collection[str]) -> dict[str, list[str]]:
        """Return how the store spells the SKUs that it knows only in another case; the others are left out."""
        found: dict[str, list[str]] = {}
        for row in self._database.rows("stock.spelled", {"store": store, "skus": sorted(skus)}) if skus else ():
            found.setdefault(row["said"], []).append(row["sku"])
        return found

    def spelled_elsewhere(self, store: str, skus: Collection[str]) -> list[str]:
        """Return the SKUs of a store that another store with a common location spells in another case."""
        rows = self._database.rows("stock.spelled_elsewhere", {"store": store, "skus": sorted(skus)})
        return [row["sku"] for row in rows]

    def levels(self, store: str) -> dict[str, int | None]:
        """Return what was available of each SKU when it was last published."""
        return {row["sku"]: row["available"] for row in self._database.rows("stock.levels", {"store": store})}

    def list(self, store: str, sku: str | None = None) -> list[Row]:
        """Return a store's SKUs, or one of them, with what is published and what came of it."""
        return self._database.rows("stock.list", {"store": store, "sku": sku})

    def page(self, store: str, text: str, *, limit: int, offset: int) -> tuple[Sequence[Row], int]:
        """Return some of a store's SKUs with `text` in them, as `list` does, and how many there are."""
        wanted = {"store": store, "text": clean(text)}
        row = self._database.row("stock.count", wanted)
        assert row is not None
        return self._database.rows("stock.page", {**wanted, "limit": limit, "offset": offset}), int(row["skus"])

    def publish_all_again(self, store: str | None = None) -> None:
        """Request that all stock of a store, or of every store, be found and published again."""
        self._database.rows("stock.publish_all_again", {"store": store})

    def take_due(self, patience: float, limit: int) -> Sequence[str]:
        """Return the stores whose inventory changes are due to be read; they are due again after `patience` seconds."""
        rows = self._database.rows("stock.take_due", {"patience": patience, "limit": limit})
        return [row["store"] for row in rows]

    def give_back(self, stores: Sequence[str]) -> None:
        """Make stores of `take_due` due again: nobody was asked to read their inventory changes."""
        self._database.rows("stock.give_back", {"stores": list(stores)})

    def cursor(self, store: str) -> Row | None:
        """Return `position` (None: all is found again), `walked`, `searched` (None: nothing), `prepaid` and so on."""
        return self._database.transaction(lambda session: fetch_one(session, "stock.cursor", {"store": store}))

    def found(self, store: str, places: Mapping[str, tuple[str, str | None]], passed: int) -> None:
        """Note that a scan of the catalog is past the first `passed` products; the SKUs that it found are wanted."""
        self.remember(store, places)
        if places:
            self.request_publishing(store, list(places))
        self._database.rows("stock.walked", {"store": store, "walked": passed})

    def found_again(self, store: str, places: Mapping[str, tuple[str, str | None]], passed: int) -> None:
        """Note that a search of the catalog is past the first `passed` products; SKUs in a new place are wanted."""
        self.moved(store, places)
        self._database.rows("stock.searched", {"store": store, "walked": passed})

    def moved(self, store: str, places: Mapping[str, tuple[str, str | None]]) -> None:
        """Keep where SKUs were just seen; a SKU in a new place is wanted."""
        if news := self.remember(store, places):
            self.request_publishing(store, news)

    def start_search(self, store: str, rest: float) -> None:
        """Begin a search if SKUs are looked for and the last search began at least `rest` seconds ago."""
        self._database.rows("stock.start_search", {"store": store, "rest": rest})

    def end_search(self, store: str, missed: StockOutcome) -> None:
        """Note that the search has passed the whole catalog; `missed` is the outcome of what it did not find."""
        noted = {"outcome": missed.outcome, "message": missed.message, "resolution": missed.resolution}
        self._database.rows("stock.end_search", {"store": store, **noted})

    def move_cursor(
        self, store: str, position: datetime, *, lists_changes: bool, pause: float, news: bool, longest: float
    ) -> None:
        """Note that changes are read up to `position`; the next read begins after `pause` seconds.

        The longer a store is without news, the later the next read begins, up to `longest` seconds.
        """
        values = {"store": store, "position": position, "lists_changes": lists_changes, "pause": pause}
        self._database.rows("stock.move_cursor", {**values, "news": news, "longest": longest})

    def postpone(self, store: str, pause: float, *, prepaid: bool = False) -> None:
        """Put the next read off by `pause` seconds; `prepaid`: its calls are reserved."""
        self._database.rows("stock.postpone", {"store": store, "pause": pause, "prepaid": prepaid})
