"""The dispatch window: a small number of sent jobs per queue on the broker; the backlog stays in Postgres."""

from collections.abc import Sequence

import structlog

from jobs.call_budget import epages_bucket
from jobs.runner import LANES, Flow
from jobs.runtime import Runtime
from ledger.jobs.dispatch_window import QueueLoad
from ledger.postgres.database import Row
from schemas.errors import Wait
from tracing.spans import Kind, continued

log = structlog.get_logger()

# Jobs that a queue is assumed to run at once until its workers have reported.
DEFAULT_SLOTS = 8
# A worker that has not reported for longer counts as silent: five of its reports, one every 5 s, are missing, and
# `connector status` and `doctor` can show within half a minute that it froze.
WORKER_ALIVE_SECONDS = 25.0
# Jobs are released as far as the budgets cover them in the next seconds: those of two ticks of dispatch.
BUDGET_AHEAD_SECONDS = 2.0
# Jobs that are sent again in one tick at most, per flow: the next tick goes on.
MAX_RESENT = 200


def standing(runtime: Runtime, flows: Sequence[Flow]) -> dict[str, QueueLoad]:
    """Return the state of each flow's dispatch window, by the name of its task."""
    found = runtime.ledger.dispatch_window.load([(f.direction, f.name) for f in flows], runtime.settings.resend_after)
    return {flow.task: found[flow.direction, flow.name] for flow in flows}


def release_jobs(runtime: Runtime, flow: Flow, slots: int, stands: QueueLoad) -> int:
    """Send as many due jobs of a flow as keep its workers busy, one per store and round; return how many.

    The window has two jobs per slot, or one and a half times what was settled in the last second if that is more.
    """
    window = runtime.ledger.dispatch_window
    room = max(2 * slots, int(1.5 * stands.settled)) - stands.queued
    if room <= 0:
        return 0
    paid = window.release_prepaid(flow.direction, flow.name, room)
    _send(runtime, flow, paid)
    room -= len(paid)
    if room <= 0:
        return len(paid)
    try:
        caps = _caps(runtime, flow, _due_stores(runtime, flow, room), room)
    except Wait as error:
        log.warning("nothing is sent", task=flow.task, why=str(error))
        return len(paid)
    rows = window.release(flow.direction, flow.name, caps, room) if caps else []
    _send(runtime, flow, rows)
    return len(paid) + len(rows)


def top_up(runtime: Runtime, *flows: Flow) -> None:
    """Send more jobs now where fewer than one per slot are sent, instead of at the next tick of dispatch.

    Called when jobs were settled or made due. Raises BrokerRefused.
    """
    asked = [flow for flow in flows if runtime.window.may_top_up(flow.task)]
    stands = standing(runtime, asked) if asked else {}
    due = [flow for flow in asked if stands[flow.task].due]
    slots = runtime.ledger.dispatch_window.slots(WORKER_ALIVE_SECONDS) if due else {}
    for flow in due:
        room = slots.get(flow.queue, DEFAULT_SLOTS)
        if stands[flow.task].queued < room:
            release_jobs(runtime, flow, room, stands[flow.task])


def resend(runtime: Runtime, flow: Flow) -> int:
    """Send jobs again that were sent long ago and never claimed, if the queue is empty; return how many."""
    if runtime.backlog(flow.queue) > 0:
        return 0
    rows = runtime.ledger.dispatch_window.resend(flow.direction, flow.name, runtime.settings.resend_after, MAX_RESENT)
    _send(runtime, flow, rows)
    return len(rows)


def _due_stores(runtime: Runtime, flow: Flow, room: int) -> list[Row]:
    """Stores with due jobs, beginning after the one that came first last time: each store gets its turn."""
    start = runtime.window.first_store(flow.task)
    found = runtime.ledger.dispatch_window.due_stores(flow.direction, flow.name, start, room)
    if len(found) < room and start:
        first = runtime.ledger.dispatch_window.due_stores(flow.direction, flow.name, "", room - len(found))
        found += [row for row in first if row["store"] <= start]
    if found:
        runtime.window.began_with(flow.task, found[0]["store"])
    return found


def _caps(runtime: Runtime, flow: Flow, stores: list[Row], room: int) -> dict[str, tuple[int, int]]:
    """Store → how many jobs its budgets at both vendors cover in the next seconds: in any lane, in the last lane."""
    if not stores:
        return {}
    urgent, last = LANES[flow.direction][0], LANES[flow.direction][-1]
    most = _affordable(runtime, flow, stores, urgent, room)
    patient = most if last == urgent else _affordable(runtime, flow, stores, last, room)
    return {store: (cap, min(cap, patient[store])) for store, cap in most.items() if cap > 0}


def _affordable(runtime: Runtime, flow: Flow, stores: list[Row], lane: int, room: int) -> dict[str, int]:
    shops = runtime.epages_limiter.allowances(
        [epages_bucket(row["store"]) for row in stores], lane, BUDGET_AHEAD_SECONDS
    )
    tenants = runtime.afosto_limiter.allowances([row["afosto_bucket"] for row in stores], lane, BUDGET_AHEAD_SECONDS)
    caps: dict[str, int] = {}
    for row in stores:
        calls = flow.calls_to_shop(is_kept=row["keeps_orders"])
        shop = _runs(shops[epages_bucket(row["store"])], calls, room)
        cap = min(shop, _runs(tenants[row["afosto_bucket"]], flow.afosto_calls, room))
        caps[row["store"]] = min(cap, 1) if row["unhealthy"] else cap
    return caps


def _runs(calls: int, calls_per_run: int, room: int) -> int:
    return min(room, calls // calls_per_run) if calls_per_run else room


def _send(runtime: Runtime, flow: Flow, rows: list[Row]) -> None:
    for row in rows:
        store, order = row["store"], row["order_key"]
        name = f"dispatch {flow.task}"
        with continued(name, Kind.PRODUCER, row["trace"], store=store, order=order, queue=flow.queue):
            runtime.send(flow.task, flow.message(store, row["subject"], row["wanted"]), flow.queue)
