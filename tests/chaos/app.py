"""The Celery application under test, `celery -A tests.chaos.app …`: the product's own, with points to kill it at.

Pauses that are constants of the code, not settings, are divided by CHAOS_WAITS. So they keep their proportion to the
leases of a world with shortened leases.
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
from tests.chaos.points import PAUSE_DIVISOR, install
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


_shrink(float(os.environ[PAUSE_DIVISOR]))
install(ConnectorApp)
