"""The Celery application under test, `celery -A tests.chaos.app …`: the product's own, killable at named points.

The pauses that are no settings but constants of the code are divided by CHAOS_WAITS, so that they keep their proportion
to the leases of a world that was shrunk.
"""

import os

import clients.breaker
import clients.limiter
import ledger.cursors
import ledger.ledger
import tasks.engine
import tasks.importing_undoings
import tasks.order_guards
import tasks.polling
from tests.chaos.points import WAITS, install
from workers.app import ConnectorApp, app

__all__ = ["app"]

_CONSTANTS = (
    (clients.breaker, "FIRST_PAUSE"),
    (clients.breaker, "LONGEST_PAUSE"),
    (clients.breaker, "REDIS_PAUSE"),
    (clients.limiter, "REDIS_PAUSE"),
    (ledger.cursors, "READ_AGAIN"),
    (ledger.ledger, "ORDER_WAIT"),
    (tasks.order_guards, "ORDER_WAIT"),
    (tasks.importing_undoings, "ORDER_WAIT"),
    (tasks.engine, "STORE_PAUSE_SECONDS"),
    (tasks.polling, "SLOWEST_SLICE"),
    (ledger.cursors, "SLOWEST_SLICE"),
)


def _shrink(divisor: float) -> None:
    for module, name in _CONSTANTS:
        setattr(module, name, getattr(module, name) / divisor)
    app.conf.broker_transport_options["unacked_restore_interval"] /= divisor


_shrink(float(os.environ[WAITS]))
install(ConnectorApp)
