"""Queue dispatch: every second, due polls are sent, ended leases reclaimed, and dispatch windows topped up."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from celery import shared_task

from jobs.dispatch_window import DEFAULT_SLOTS, WORKER_ALIVE_SECONDS, release_jobs, resend, standing
from jobs.runtime import BrokerRefused, Runtime
from ledger.outgoing.subscriptions import Sending
from ledger.postgres.database import Row
from metrics.measures import note_lost_leases
from sync.discovery.poll_shop import dead_after_seconds
from sync.subscriptions.deliver import LEASE_SECONDS
from tasks.base import ConnectorTask
from tasks.flows import FLOWS
from tasks.on_request.compare_now import compare_message

T = TypeVar("T")
# Polls, scans and inventory readings sent per tick at most, of each kind, so that a backlog of stores whose turn has
# come is spread over some ticks. 100,000 stores that are polled every 300 s need 333 of each kind per second.
MOST_PER_TICK = 1_000
# Systems that are told of events, per tick at most: the others follow a second later, those first that wait longest. So
# many took 0.1 to 0.2 s of a tick on two busy cores, and 0.4 s of the first one, which connects to the broker; that it
# stays within a second is tested in tests/integration/gateway/test_many_subscribers.py.
MOST_SUBSCRIBERS_PER_TICK = 100
# Comparisons that people asked for, per tick at most: they are few.
MOST_COMPARISONS_PER_TICK = 20


@shared_task(base=ConnectorTask, bind=True, name="dispatch.tick", send_events=False, is_traced=False)
def tick(self: ConnectorTask, **kwargs: Any) -> str:
    """One tick of dispatch; does nothing if another one began less than half an interval ago."""
    self.read(kwargs)
    return dispatch(self.runtime)


def dispatch(runtime: Runtime) -> str:
    """Send what is due and return how much, in words."""
    ledger, settings = runtime.ledger, runtime.settings
    tick = ledger.dispatch_window.take_tick(settings.dispatch_interval / 2)
    if tick is None:
        return "skipped: another dispatch ran just now"
    freed = ledger.jobs.reclaim_expired(settings.failures_to_park)
    note_lost_leases("dispatch", len(freed))
    polls = ledger.cursors.take_due(dead_after_seconds(settings.poll_interval), MOST_PER_TICK)
    _send_each(runtime, "poll.store", "poll", polls, _poll_message, ledger.cursors.give_back)
    scans = ledger.scans.take_due(settings.walk_interval, MOST_PER_TICK)
    _send_each(runtime, "orders.walk", "exports", scans, _store_message, ledger.scans.give_back)
    watches = ledger.stock.take_due(dead_after_seconds(settings.inventory_interval), MOST_PER_TICK)
    _send_each(runtime, "inventory.watch", "inventory", watches, _store_message, ledger.stock.give_back)
    if tick.has_events:
        _send_events(runtime)
    if tick.has_comparisons:
        _send_comparisons(runtime)
    slots, stands = ledger.dispatch_window.slots(WORKER_ALIVE_SECONDS), standing(runtime, FLOWS)
    due = [flow for flow in FLOWS if stands[flow.task].due]
    sent = sum(release_jobs(runtime, flow, slots.get(flow.queue, DEFAULT_SLOTS), stands[flow.task]) for flow in due)
    # Only a queue whose messages may be lost is looked at on the broker.
    again = sum(resend(runtime, flow) for flow in FLOWS if stands[flow.task].stale)
    asked = f"{len(polls)} polls, {len(scans)} scans, {len(watches)} inventories"
    return f"{asked}, {sent} jobs sent, {again} sent again, {len(freed)} leases ended"


def _send_each(
    runtime: Runtime,
    task: str,
    queue: str,
    taken: Sequence[T],
    message: Callable[[T], dict[str, object]],
    give_back: Callable[[Sequence[T]], None],
) -> None:
    """Send one message for each item that was taken. Items that the broker refuses are due again at once."""
    for position, each in enumerate(taken):
        try:
            runtime.send(task, message(each), queue)
        except BrokerRefused:
            give_back(taken[position:])
            raise


def _send_events(runtime: Runtime) -> None:
    subscriptions = runtime.ledger.subscriptions
    taken = subscriptions.take_due(LEASE_SECONDS, MOST_SUBSCRIBERS_PER_TICK)
    _send_each(runtime, "events.deliver", "reconcile", taken, _deliver_message, subscriptions.give_back)


def _send_comparisons(runtime: Runtime) -> None:
    comparisons = runtime.ledger.comparisons
    taken = comparisons.take_due(MOST_COMPARISONS_PER_TICK)
    _send_each(runtime, "reconcile.compare", "reconcile", taken, compare_message, comparisons.give_back)


def _deliver_message(sending: Sending) -> dict[str, object]:
    return {"subscription": sending.subscription, "fence": sending.fence}


def _poll_message(row: Row) -> dict[str, object]:
    return {"store": row["store"], "cursor": row["kind"], "fence": row["fence"]}


def _store_message(store: str) -> dict[str, object]:
    return {"store": store}
