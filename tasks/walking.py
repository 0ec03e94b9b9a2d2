"""The walk over a store's orders in Afosto, which notices what no event told.

Where Afosto lists the orders that changed, one request tells; elsewhere open orders are looked at in turn.
"""

from datetime import UTC, datetime, timedelta

from clients.afosto.client import AfostoClient
from ledger.records import Store
from ledger.walks import Walk
from schemas.errors import NeedsPerson, RetryLater
from schemas.messages import StoreMessage
from schemas.reasons import Reason
from schemas.states import Lane
from schemas.words import counted
from tasks.health import StoreRun, note_refusal, note_silence, showing
from tasks.putting_off import put_off
from tasks.runtime import Runtime
from tasks.vendor_clients import afosto_client, reading_afosto

# How far behind its clock Afosto's list is read again: a change may become visible late.
OVERLAP = timedelta(seconds=60)
# Orders that one walk makes due at most.
MOST = 200
# A closed order is looked at so many times less often than an open one.
CLOSED_FACTOR = 24
# The lane of what can wait.
LANE = Lane.BACKGROUND


def walk(runtime: Runtime, message: StoreMessage) -> str:
    """Make looks due for a store's orders; returns for how many, in words.

    Raises NeedsPerson for a store that is not connected or whose key fails, FailedForNow when Afosto does not
    answer for now; the next walk comes in any case.
    """
    with showing(runtime, message.store, StoreRun.WALK):
        found = _try_to_walk(runtime, message.store)
    runtime.ledger.stores.heal_run(message.store, StoreRun.WALK)
    return found


def _try_to_walk(runtime: Runtime, name: str) -> str:
    store = runtime.ledger.stores.get(name)
    where = runtime.ledger.walks.get(name)
    if where is None or store.paused_at:
        return "nothing to do: the store is paused"
    try:
        return _walk(runtime, store, where)
    except NeedsPerson as error:
        note_refusal(runtime, store, error, runtime.settings.walk_interval)
        raise
    except RetryLater as error:
        note_silence(runtime, store, error)
        return put_off(error, runtime.settings.walk_interval)


def _walk(runtime: Runtime, store: Store, where: Walk) -> str:
    walks = runtime.ledger.walks
    changed = _listed(runtime, store, where) if where.lists is not False else None
    if changed is None:
        period = runtime.settings.walk_period
        changed = walks.longest_ago(store.name, period, period * CLOSED_FACTOR, MOST)
        _look_at(runtime, store, changed)
    return f"{counted(len(changed), 'order')} to be looked at"


def _look_at(runtime: Runtime, store: Store, orders: list[str]) -> None:
    runtime.ledger.jobs.request_runs(store.name, "export", "looks", orders, lane=LANE)


def _listed(runtime: Runtime, store: Store, where: Walk) -> list[str] | None:
    """Make looks due for the orders that Afosto's list shows as changed; None where it has no such list."""
    now = datetime.now(UTC)
    try:
        ids = _client(runtime, store).changed_orders(store.channel_id, where.listed_to - OVERLAP)
    except NeedsPerson as error:
        if error.reason != Reason.SCHEMA_MISMATCH:
            raise
        runtime.ledger.walks.read(store.name, lists=False, listed_to=where.listed_to, news=True, longest=0)
        return None
    runtime.ledger.stores.heal(store.name, ["afosto"])
    known = runtime.ledger.walks.known(store.name, ids)
    longest = runtime.settings.poll_interval
    # Before the list counts as read: who dies in between reads it again.
    _look_at(runtime, store, known)
    runtime.ledger.walks.read(store.name, lists=True, listed_to=now, news=bool(known), longest=longest)
    return known


def _client(runtime: Runtime, store: Store) -> AfostoClient:
    gate = reading_afosto(runtime, store.afosto_bucket, LANE, keeps=False)
    return afosto_client(runtime, store, gate)
