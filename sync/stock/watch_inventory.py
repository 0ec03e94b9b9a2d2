"""Requests publishing for SKUs whose inventory changed in Afosto; the first time, for all SKUs that the shop sells."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog

from clients.afosto.client import AfostoClient
from clients.scopes import missing_scopes
from jobs.backoff import jitter
from jobs.putting_off import put_off
from jobs.runtime import Runtime
from jobs.store_health import StoreRun, note_refusal, note_silence, showing
from jobs.vendor_clients import afosto_client, reading_afosto
from ledger.postgres.database import Row
from ledger.records import Store
from ledger.stock.stock import Stock
from schemas.errors import MalformedDocument, NeedsPerson, RetryLater
from schemas.reasons import Reason
from schemas.wording.lists import counted
from sync.discovery.scan_catalog import reserve_calls, scan_catalog
from sync.stock.afosto_levels import read_levels
from sync.stock.outcomes import UNKNOWN_SKU, no_location
from sync.stock.refresh_undeducted import refresh
from sync.stock.shared_locations import PAST_WAIT_SECONDS

log = structlog.get_logger()

FLOW = "inventory.publish"
# A search of the catalog starts at the earliest this many polls after the last one: it may take many calls.
SEARCH_REST = 12
# The lane of its calls to Afosto.
LANE = 1


def watch(runtime: Runtime, name: str) -> str:
    """Read a store's inventory changes; returns what was found, in words.

    Raises NeedsPerson if the store is not connected or its credentials fail, and celery's Retry if a vendor does not
    answer now.
    """
    with showing(runtime, name, StoreRun.WATCH):
        found = _watch(runtime, name)
    runtime.ledger.stores.heal_run(name, StoreRun.WATCH)
    return found


def _watch(runtime: Runtime, name: str) -> str:
    store, stock = runtime.ledger.stores.get(name), runtime.ledger.stock
    locations = stock.locations(name)
    if store.paused_at or missing_scopes(FLOW, store.scopes):
        stock.postpone(name, runtime.settings.poll_interval)
        return "nothing to watch: the store is paused, or a scope is missing"
    if not locations:
        # The job reports why nothing is published, and ends. Once a location is chosen, everything is published again.
        stock.request_all(name)
        stock.move_cursor(name, datetime.now(UTC), lists_changes=True, pause=86_400, news=True, longest=0)
        return f"nothing to watch: {no_location(name)}"
    try:
        return _Watch(runtime, store, locations).look()
    except NeedsPerson as error:
        note_refusal(runtime, store, error, runtime.settings.inventory_interval)
        raise
    except RetryLater as error:
        note_silence(runtime, store, error)
        pause = error.after or runtime.settings.inventory_interval
        stock.postpone(name, pause + jitter(pause / 4))
        return put_off(error, pause)


class _Watch:
    """One reading of the inventory changes at one store's locations."""

    def __init__(self, runtime: Runtime, store: Store, locations: list[str]) -> None:
        self._runtime = runtime
        self._store = store
        self._locations = locations
        self._stock: Stock = runtime.ledger.stock
        self._found: set[str] = set()
        self._afosto_gate = reading_afosto(runtime, store.afosto_bucket, LANE, keeps=False)
        self._afosto: AfostoClient = afosto_client(runtime, store, self._afosto_gate)

    def look(self) -> str:
        """Request publishing of what changed, and move the cursor."""
        settings, name = self._runtime.settings, self._store.name
        cursor = self._stock.cursor(name)
        assert cursor is not None
        now = datetime.now(UTC)
        first = cursor["position"] is None
        # A scan of the catalog may take hours. Changes since before its start are read all the time.
        since = cursor["position"] or cursor["polled_at"] or self._store.connected_at
        if first and (unfinished := self._scan(cursor)):
            if cursor["lists_changes"]:
                self._note_changes(since)
            return unfinished
        changes = self._changes(since) if first or cursor["lists_changes"] else None
        lists, interval = changes is not None, settings.inventory_interval
        changed = self._stock.request_changed(name, self._compared(now) if changes is None else changes, UNKNOWN_SKU)
        self._refresh()
        pause = interval if lists else max(interval, settings.poll_interval)
        self._stock.move_cursor(
            name, now, lists_changes=lists, pause=pause, news=first or changed > 0, longest=settings.poll_interval
        )
        self._stock.request_run_if_due(name)
        if self._afosto_gate.budget.spent:
            self._runtime.ledger.stores.heal(name, ["afosto"])
        self._search()
        return (
            f"wanted: {counted(len(self._found), 'SKU')} of the shop"
            if first
            else f"changed: {counted(changed, 'SKU')}"
        )

    def _note_changes(self, since: datetime) -> None:
        """Request publishing of what changed, if Afosto answers now; the end of the scan reads the changes again."""
        with suppress(RetryLater):
            self._stock.request_changed(self._store.name, self._changes(since) or {}, UNKNOWN_SKU)
        self._stock.request_run_if_due(self._store.name)

    def _scan(self, cursor: Row) -> str | None:
        """Continue the scan of the shop's catalog; returns why it is not complete yet, or None."""
        name = self._store.name
        if not all(s.read for s in self._stock.sharing_stores(name, ()) if s.store == name and s.imports):
            self._stock.postpone(name, PAST_WAIT_SECONDS)
            return "the shop's past orders are still being read"
        wait = 0.0 if cursor["prepaid"] else reserve_calls(self._runtime, name)
        if wait > 0:
            self._stock.postpone(name, wait, prepaid=True)
            return "the scan of the shop's catalog waits for its reserved calls"
        self._found, ended = scan_catalog(self._runtime, self._store, cursor["walked"])
        if ended:
            return None
        self._stock.postpone(name, 0)
        return "the scan of the shop's catalog continues"

    def _search(self) -> None:
        """Continue the search of the catalog for SKUs that are not at their known place."""
        name = self._store.name
        self._stock.start_search(name, SEARCH_REST * self._runtime.settings.poll_interval)
        cursor = self._stock.cursor(name)
        if cursor is None or cursor["searched"] is None:
            return
        wait = 0.0 if cursor["prepaid"] else reserve_calls(self._runtime, name)
        if wait > 0:
            self._stock.postpone(name, wait, prepaid=True)
            return
        _, ended = scan_catalog(self._runtime, self._store, cursor["searched"], search=True)
        if ended:
            self._stock.end_search(name, UNKNOWN_SKU)
        else:
            self._stock.postpone(name, 0)

    def _changes(self, since: datetime) -> Mapping[str, datetime] | None:
        """SKU → when its inventory last changed, from shortly before `since`; None if Afosto has no such list."""
        overlap = timedelta(seconds=self._runtime.settings.poll_overlap)
        try:
            found = self._afosto.inventory_changes(since - overlap, self._locations)
        except NeedsPerson as error:
            if error.reason != Reason.SCHEMA_MISMATCH:
                raise
            return None
        moved = [change for change in found if not isinstance(change, MalformedDocument)]
        for change in found:
            if isinstance(change, MalformedDocument):
                log.warning("a move of stock is left out", store=self._store.name, why=str(change))
        spelled = self._stock.spelled(self._store.name, {change.sku for change in moved})
        latest: dict[str, datetime] = {}
        for change in moved:
            for sku in spelled.get(change.sku, [change.sku]):
                latest[sku] = max(change.changed_at, latest.get(sku, change.changed_at))
        return latest

    def _compared(self, now: datetime) -> Mapping[str, datetime]:
        """Without a list of changes: all SKUs whose available pieces differ from the last published figure."""
        published = self._stock.levels(self._store.name)
        if not published:
            return {}
        available = read_levels(self._stock, self._afosto, self._store.name, sorted(published), self._locations).known
        return {sku: now for sku, level in published.items() if level != available.get(sku)}

    def _refresh(self) -> None:
        """Read orders with undeducted units: units are deducted, canceled or sent without any inventory change."""
        ledger, name = self._runtime.ledger, self._store.name
        for left_out in refresh(ledger, self._afosto, [name], ledger.sold_units.unbooked_skus(name)):
            log.warning("an order's undeducted units are not read", store=name, why=left_out)
