"""Queue dispatch: every second, polls that are due, leases that ended, and the front of each queue."""

from typing import Any

from celery import shared_task

from tasks.base import ConnectorTask
from tasks.flows import FLOWS
from tasks.front import ALIVE, DEFAULT_SLOTS, fill, resend, standing
from tasks.polling import patience
from tasks.runtime import Runtime

# Stores polled per tick at most: a backlog of due polls is spread instead of sent at once.
POLLS_PER_TICK = 200
WALKS_PER_TICK = 100


@shared_task(base=ConnectorTask, bind=True, name="dispatch.tick")
def tick(self: ConnectorTask, **kwargs: Any) -> str:
    """One tick; skips when another ran less than half an interval ago."""
    self.read(kwargs)
    return dispatch(self.runtime)


def dispatch(runtime: Runtime) -> str:
    """Send what is due and return how much, in words."""
    ledger, settings = runtime.ledger, runtime.settings
    if not ledger.dispatch_window.take_tick(settings.dispatch_interval / 2):
        return "skipped: another dispatch ran just now"
    freed = ledger.jobs.reclaim_expired(settings.failures_to_park)
    polls = ledger.cursors.take_due(patience(settings.poll_interval), POLLS_PER_TICK)
    for row in polls:
        runtime.send("poll.store", {"store": row["store"], "cursor": row["kind"], "fence": row["fence"]}, "poll")
    walks = ledger.walks.take_due(settings.walk_interval, WALKS_PER_TICK)
    for store in walks:
        runtime.send("orders.walk", {"store": store}, "exports")
    watches = ledger.stock.take_due(patience(settings.inventory_interval), POLLS_PER_TICK)
    for store in watches:
        runtime.send("inventory.watch", {"store": store}, "inventory")
    slots, stands = ledger.dispatch_window.slots(ALIVE), standing(runtime, FLOWS)
    due = [flow for flow in FLOWS if stands[flow.task].due]
    sent = sum(fill(runtime, flow, slots.get(flow.queue, DEFAULT_SLOTS), stands[flow.task]) for flow in due)
    # The broker is asked only about what may be lost.
    again = sum(resend(runtime, flow) for flow in FLOWS if stands[flow.task].stale)
    asked = f"{len(polls)} polls, {len(walks)} walks, {len(watches)} inventories"
    return f"{asked}, {sent} jobs sent, {again} sent again, {len(freed)} leases ended"
