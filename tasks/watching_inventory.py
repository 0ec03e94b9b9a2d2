"""What changed in Afosto's inventory at a store's locations becomes wanted; the first time, all that the shop sells."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog

from clients.afosto.client import AfostoClient
from clients.scopes import missing_scopes
from ledger.database import Row
from ledger.records import Store
from ledger.stock import Stock
from schemas.errors import MalformedDocument, NeedsPerson, RetryLater
from schemas.words import counted
from tasks.backoff import jitter
from tasks.health import StoreRun, note_refusal, note_silence, showing
from tasks.levels import read_levels
from tasks.putting_off import put_off
from tasks.refreshing import refresh
from tasks.runtime import Runtime
from tasks.sellers import PAST_WAIT
from tasks.stock_outcomes import UNKNOWN_SKU, no_location
from tasks.vendors import afosto_client, reading_afosto
from tasks.walking_catalogue import reserve, walk

log = structlog.get_logger()

FLOW = "inventory.publish"
# A search over the catalogue begins so many polls after the last one, at the earliest: it may take many calls.
SEARCH_REST = 12
# The lane of its calls to Afosto.
NEWS = 1


def watch(runtime: Runtime, name: str) -> str:
    """Read what changed for a store; returns what was found, in words.

    Raises NeedsPerson for a store that is not connected or whose credentials fail, celery's Retry when a vendor does
    not answer for now.
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
        # Its job says why nothing is published, and ends. A location that is chosen lets everything be published anew.
        stock.wish_all(name)
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
    """One look at one store's locations."""

    def __init__(self, runtime: Runtime, store: Store, locations: list[str]) -> None:
        self._runtime = runtime
        self._store = store
        self._locations = locations
        self._stock: Stock = runtime.ledger.stock
        self._found: set[str] = set()
        self._afosto_gate = reading_afosto(runtime, store.afosto_bucket, NEWS, keeps=False)
        self._afosto: AfostoClient = afosto_client(runtime, store, self._afosto_gate)

    def look(self) -> str:
        """Make wanted what changed and move the cursor."""
        settings, name = self._runtime.settings, self._store.name
        cursor = self._stock.cursor(name)
        assert cursor is not None
        now = datetime.now(UTC)
        first = cursor["position"] is None
        # A walk may take hours. What changes meanwhile is read all along, from before its beginning on.
        since = cursor["position"] or cursor["polled_at"] or self._store.connected_at
        if first and (unfinished := self._walk(cursor)):
            if cursor["lists_changes"]:
                self._hear(since)
            return unfinished
        changes = self._changes(since) if first or cursor["lists_changes"] else None
        lists, interval = changes is not None, settings.inventory_interval
        changed = self._stock.wish_changed(name, self._compared(now) if changes is None else changes, UNKNOWN_SKU)
        self._refresh()
        pause = interval if lists else max(interval, settings.poll_interval)
        self._stock.move_cursor(
            name, now, lists_changes=lists, pause=pause, news=first or changed > 0, longest=settings.poll_interval
        )
        self._stock.hint_if_due(name)
        if self._afosto_gate.calls:
            self._runtime.ledger.stores.heal(name, ["afosto"])
        self._search()
        return (
            f"wanted: {counted(len(self._found), 'SKU')} of the shop"
            if first
            else f"changed: {counted(changed, 'SKU')}"
        )

    def _hear(self, since: datetime) -> None:
        """Make wanted what changed, as far as Afosto can be asked now; the end of the walk reads it once more."""
        with suppress(RetryLater):
            self._stock.wish_changed(self._store.name, self._changes(since) or {}, UNKNOWN_SKU)
        self._stock.hint_if_due(self._store.name)

    def _walk(self, cursor: Row) -> str | None:
        """Walk on over what the shop sells; returns why that is not done yet, or None."""
        name = self._store.name
        if not all(s.read for s in self._stock.sellers(name, ()) if s.store == name and s.imports):
            self._stock.postpone(name, PAST_WAIT)
            return "the shop's past orders are still being read"
        wait = 0.0 if cursor["prepaid"] else reserve(self._runtime, name)
        if wait > 0:
            self._stock.postpone(name, wait, prepaid=True)
            return "the walk over the shop's catalogue waits for its calls, which are reserved"
        self._found, ended = walk(self._runtime, self._store, cursor["walked"])
        if ended:
            return None
        self._stock.postpone(name, 0)
        return "the walk over the shop's catalogue goes on"

    def _search(self) -> None:
        """Walk on over the catalogue for SKUs that are not where they were."""
        name = self._store.name
        self._stock.start_search(name, SEARCH_REST * self._runtime.settings.poll_interval)
        cursor = self._stock.cursor(name)
        if cursor is None or cursor["searched"] is None:
            return
        wait = 0.0 if cursor["prepaid"] else reserve(self._runtime, name)
        if wait > 0:
            self._stock.postpone(name, wait, prepaid=True)
            return
        _, ended = walk(self._runtime, self._store, cursor["searched"], search=True)
        if ended:
            self._stock.end_search(name, UNKNOWN_SKU)
        else:
            self._stock.postpone(name, 0)

    def _changes(self, since: datetime) -> Mapping[str, datetime] | None:
        """SKU → when it last moved, since a while before the last look; None where Afosto has no such list."""
        overlap = timedelta(seconds=self._runtime.settings.poll_overlap)
        try:
            found = self._afosto.inventory_changes(since - overlap, self._locations)
        except NeedsPerson as error:
            if error.reason != "schema-mismatch":
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
        """Without a list of changes: every SKU of which something else is available than was published last."""
        published = self._stock.levels(self._store.name)
        if not published:
            return {}
        available = read_levels(self._stock, self._afosto, self._store.name, sorted(published), self._locations).known
        return {sku: now for sku, level in published.items() if level != available.get(sku)}

    def _refresh(self) -> None:
        """Units are deducted, canceled or sent without any change of inventory: look at orders that wait for theirs."""
        ledger, name = self._runtime.ledger, self._store.name
        for left_out in refresh(ledger, self._afosto, [name], ledger.held.waiting_skus(name)):
            log.warning("an order is not looked at for its stock", store=name, why=left_out)
