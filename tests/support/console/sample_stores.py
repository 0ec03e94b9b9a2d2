"""Stores in every state, with texts of others in them, for what pages look like."""

from ledger.ledger import Ledger
from tests.support.ledger.rows import store_values

HOSTILE = "<script>alert(1)</script>\u202e\x1b[2J"
FLOWS = {
    "orders.import": True,
    "cancellations.import": True,
    "shipments.import": True,
    "shipments.export": True,
    "returns.export": False,
    "inventory.publish": True,
}
# Their names; each is in the state that it is named after.
UNHEALTHY, STOPPED, STALE, BEHIND, PAUSED, FRESH = "unhealthy", "stopped", "stale", "behind", "paused", "fresh"


def add_sample_stores(ledger: Ledger) -> None:
    """Add the stores, and make each what its name says."""
    for name in (UNHEALTHY, STOPPED, STALE, BEHIND, PAUSED, FRESH):
        ledger.stores.add(store_values(name, f"tenant-of-{name}"), FLOWS, 60.0)
    for name in (UNHEALTHY, STOPPED, BEHIND, PAUSED, FRESH):
        _polled(ledger, name, "70 s")
    _polled(ledger, STALE, "3 h")
    ledger.stores.blame(UNHEALTHY, "epages", "wrong-credentials", f"the shop answers 401: {HOSTILE}", 300)
    ledger.stores.note_fault(UNHEALTHY, "orders.walk", "KeyError: 'lines'", KeyError("lines"))
    ledger.stores.halt_flow(STOPPED, "orders.import", "totals-differ", "the shop says 10.00, Afosto 9.98. Choose.")
    ledger.stores.pause(PAUSED)
    for order in range(12):
        ledger.jobs.request_run(BEHIND, "import", "orders", f"order-{order}")
    _execute(ledger, "update jobs set due_at = now() - interval '25 min', lane = 1 where store = %s", BEHIND)
    _execute(
        ledger,
        "update jobs set state = 'parked', reason = 'location-not-mapped', message = %s,"
        " resolution = 'Map the location, then retry the job.' where store = %s and subject in ('order-1', 'order-2')",
        f"the pickup point {HOSTILE} is not mapped",
        BEHIND,
    )
    _execute(
        ledger,
        "insert into attempts (job_id, store, order_key, direction, flow, fence, worker, outcome, message, steps,"
        " seconds, requests)"
        " select id, store, order_key, direction, flow, 1, 'worker', 'failed for now', %s, '[]', 1.5, 2"
        " from jobs where store = %s and subject = 'order-3'",
        f"Afosto answers 502: {HOSTILE}",
        BEHIND,
    )


def _polled(ledger: Ledger, store: str, ago: str) -> None:
    statement = "update cursors set polled_at = now() - %s::interval where store = %s and kind = 'live'"
    _execute(ledger, statement, ago, store)


def _execute(ledger: Ledger, statement: str, *values: object) -> None:
    ledger.database.transaction(lambda session: session.execute(statement.encode(), values))
