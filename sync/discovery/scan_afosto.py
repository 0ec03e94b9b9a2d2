"""Scans a store's orders in Afosto for changes that no event reported.

If Afosto can list changed orders, one request is enough; if not, open orders are checked in turn.
"""

from datetime import UTC, datetime, timedelta

from clients.afosto.client import AfostoClient
from jobs.putting_off import put_off
from jobs.runtime import Runtime
from jobs.store_health import StoreRun, note_refusal, note_silence, showing
from jobs.vendor_clients import afosto_client, reading_afosto
from ledger.orders.scans import ScanState
from ledger.records import Store
from schemas.errors import NeedsPerson, RetryLater
from schemas.messages import StoreMessage
from schemas.reasons import Reason
from schemas.wording.lists import counted

# Afosto's list is read again from this long before the last scan: a change may become visible late.
OVERLAP = timedelta(seconds=60)
# Most orders that one scan makes due.
MOST_ORDERS = 200
# A closed order is checked this many times less often than an open one.
CLOSED_FACTOR = 24
# The lane of work that can wait.
LANE = 2


def scan(runtime: Runtime, message: StoreMessage) -> str:
    """Make `orders.look` due for changed orders of a store; returns for how many, in words.

    Raises NeedsPerson if the store is not connected or its key fails, and celery's Retry if Afosto does not answer
    now. The next scan comes in any case.
    """
    with showing(runtime, message.store, StoreRun.SCAN_AFOSTO):
        found = _try_to_scan(runtime, message.store)
    runtime.ledger.stores.heal_run(message.store, StoreRun.SCAN_AFOSTO)
    return found


def _try_to_scan(runtime: Runtime, name: str) -> str:
    store = runtime.ledger.stores.get(name)
    where = runtime.ledger.scans.get(name)
    if where is None or store.paused_at:
        return "nothing to do: the store is paused"
    try:
        return _scan(runtime, store, where)
    except NeedsPerson as error:
        note_refusal(runtime, store, error, runtime.settings.walk_interval)
        raise
    except RetryLater as error:
        note_silence(runtime, store, error)
        return put_off(error, runtime.settings.walk_interval)


def _scan(runtime: Runtime, store: Store, where: ScanState) -> str:
    scans = runtime.ledger.scans
    changed = _listed(runtime, store, where) if where.lists is not False else None
    if changed is None:
        period = runtime.settings.walk_period
        changed = scans.longest_ago(store.name, period, period * CLOSED_FACTOR, MOST_ORDERS)
        _look_at(runtime, store, changed)
    return f"{counted(len(changed), 'order')} to be looked at"


def _look_at(runtime: Runtime, store: Store, orders: list[str]) -> None:
    runtime.ledger.jobs.request_runs(store.name, "export", "looks", orders, lane=LANE)


def _listed(runtime: Runtime, store: Store, where: ScanState) -> list[str] | None:
    """Make `orders.look` due for the orders in Afosto's list of changes; None if it has no such list."""
    now = datetime.now(UTC)
    try:
        ids = _client(runtime, store).changed_orders(store.channel_id, where.listed_to - OVERLAP)
    except NeedsPerson as error:
        if error.reason != Reason.SCHEMA_MISMATCH:
            raise
        runtime.ledger.scans.read(store.name, lists=False, listed_to=where.listed_to, news=True, longest=0)
        return None
    runtime.ledger.stores.heal(store.name, ["afosto"])
    known = runtime.ledger.scans.known(store.name, ids)
    longest = runtime.settings.poll_interval
    # Before the list counts as read: if this process dies in between, the list is read again.
    _look_at(runtime, store, known)
    runtime.ledger.scans.read(store.name, lists=True, listed_to=now, news=bool(known), longest=longest)
    return known


def _client(runtime: Runtime, store: Store) -> AfostoClient:
    gate = reading_afosto(runtime, store.afosto_bucket, LANE, keeps=False)
    return afosto_client(runtime, store, gate)
