"""Events for other systems: subscribe, let something happen, and send what waits."""

from typing import Any

from jobs.runtime import Runtime
from schemas.states import Event
from sync.subscriptions.deliver import deliver
from sync.subscriptions.subscribe import NewSubscription, subscribe
from tests.support.connector.gateway import Doors


def follow(doors: Doors, url: str, **scope: Any) -> tuple[int, str]:
    """Subscribe an address on this machine to all events; return the subscription's id and its secret."""
    made = subscribe(doors.ledger, NewSubscription(url, list(Event), trusted=True, **scope))
    return made.id, made.secret


def park(doors: Doors, store: str, *orders: str) -> None:
    """Park jobs as `settle` does."""
    doors.ledger.jobs.request_runs(store, "import", "orders", sorted(orders), lane=1)
    parked = "update jobs set state = 'parked', reason = 'drift', warned_reason = 'drift', message = 'why'"
    doors.ledger.database.transaction(lambda session: session.execute(parked))


def send(runtime: Runtime) -> None:
    """Send what is due, as a worker does."""
    for sending in runtime.ledger.subscriptions.take_due(60, 10):
        deliver(runtime, sending)
