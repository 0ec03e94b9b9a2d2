"""Keeps a short front of sent jobs on the broker, the rest stays in Postgres."""

import threading
import time
from collections.abc import Sequence

import structlog

from ledger.database import Row
from ledger.front import Standing
from schemas.errors import Wait
from tasks.call_budget import epages_bucket
from tasks.engine import LANES, Flow
from tasks.runtime import Runtime

log = structlog.get_logger()

# Jobs at once that a queue is assumed to run before its workers have reported.
DEFAULT_SLOTS = 8
# A worker that said nothing for so many seconds is not counted.
ALIVE = 20.0
# Budgets are looked at this many seconds ahead: two ticks of dispatch.
AHEAD = 2.0
# A process asks for more at most this often, in seconds.
REFILL_GAP = 0.1

_starts: dict[str, str] = {}
_refilled: dict[str, float] = {}
_refill_lock = threading.Lock()


def standing(runtime: Runtime, flows: Sequence[Flow]) -> dict[str, Standing]:
    """Return how flows stand, by the names of their tasks."""
    found = runtime.ledger.front.standing([(f.direction, f.name) for f in flows], runtime.settings.resend_after)
    return {flow.task: found[flow.direction, flow.name] for flow in flows}


def fill(runtime: Runtime, flow: Flow, slots: int, stands: Standing) -> int:
    """Send as many due jobs of a flow as keep its workers busy, one per store and round; return how many."""
    front = runtime.ledger.front
    room = max(2 * slots, int(1.5 * stands.settled)) - stands.queued
    if room <= 0:
        return 0
    paid = front.release_prepaid(flow.direction, flow.name, room)
    _send(runtime, flow, paid)
    room -= len(paid)
    if room <= 0:
        return len(paid)
    try:
        caps = _caps(runtime, flow, _due_stores(runtime, flow, room), room)
    except Wait as error:
        log.warning("nothing is sent", task=flow.task, why=str(error))
        return len(paid)
    rows = front.release(flow.direction, flow.name, caps, room) if caps else []
    _send(runtime, flow, rows)
    return len(paid) + len(rows)


def refill(runtime: Runtime, *flows: Flow) -> None:
    """Jobs were settled or made due: where the front is short, send more now instead of at the next tick."""
    asked = [flow for flow in flows if _may_refill(flow)]
    stands = standing(runtime, asked) if asked else {}
    due = [flow for flow in asked if stands[flow.task].due]
    slots = runtime.ledger.front.slots(ALIVE) if due else {}
    for flow in due:
        room = slots.get(flow.queue, DEFAULT_SLOTS)
        if stands[flow.task].queued < room:
            fill(runtime, flow, room, stands[flow.task])


def _may_refill(flow: Flow) -> bool:
    now = time.monotonic()
    with _refill_lock:
        if now - _refilled.get(flow.task, 0.0) < REFILL_GAP:
            return False
        _refilled[flow.task] = now
    return True


def resend(runtime: Runtime, flow: Flow) -> int:
    """Send again what was sent long ago and never claimed, when the broker has nothing of it; return how many."""
    if runtime.backlog(flow.queue) > 0:
        return 0
    rows = runtime.ledger.front.resend(flow.direction, flow.name, runtime.settings.resend_after, 200)
    _send(runtime, flow, rows)
    return len(rows)


def _due_stores(runtime: Runtime, flow: Flow, room: int) -> list[Row]:
    """Stores with due jobs, beginning behind the one that was last served."""
    start = _starts.get(flow.task, "")
    found = runtime.ledger.front.due_stores(flow.direction, flow.name, start, room)
    if len(found) < room and start:
        first = runtime.ledger.front.due_stores(flow.direction, flow.name, "", room - len(found))
        found += [row for row in first if row["store"] <= start]
    if found:
        _starts[flow.task] = found[0]["store"]
    return found


def _caps(runtime: Runtime, flow: Flow, stores: list[Row], room: int) -> dict[str, tuple[int, int]]:
    """How many jobs of each store its budgets at both vendors cover in the next seconds: of any lane, of the last."""
    if not stores:
        return {}
    urgent, last = LANES[flow.direction][0], LANES[flow.direction][-1]
    most = _affordable(runtime, flow, stores, urgent, room)
    patient = most if last == urgent else _affordable(runtime, flow, stores, last, room)
    return {store: (cap, min(cap, patient[store])) for store, cap in most.items() if cap > 0}


def _affordable(runtime: Runtime, flow: Flow, stores: list[Row], lane: int, room: int) -> dict[str, int]:
    shops = runtime.epages_limiter.allowances([epages_bucket(row["store"]) for row in stores], lane, AHEAD)
    tenants = runtime.afosto_limiter.allowances([row["afosto_bucket"] for row in stores], lane, AHEAD)
    caps: dict[str, int] = {}
    for row in stores:
        shop = _runs(shops[epages_bucket(row["store"])], flow.epages_calls, room)
        cap = min(shop, _runs(tenants[row["afosto_bucket"]], flow.afosto_calls, room))
        caps[row["store"]] = min(cap, 1) if row["unhealthy"] else cap
    return caps


def _runs(calls: int, calls_per_run: int, room: int) -> int:
    return min(room, calls // calls_per_run) if calls_per_run else room


def _send(runtime: Runtime, flow: Flow, rows: list[Row]) -> None:
    for row in rows:
        runtime.send(flow.task, flow.message(row["store"], row["subject"], row["wanted"]), flow.queue)
