"""The Celery application under test, `celery -A tests.chaos.processes.app …`: the product's, with points to kill it.

Pauses that are constants of the code, not settings, are divided by CHAOS_WAITS. So they keep their proportion to the
leases of a world with shortened leases.
"""

import os

import clients.breaker
import clients.limiter
import jobs.runner
import ledger.ledger
import ledger.orders.cursors
import sync.discovery.poll_shop
import sync.imports.cancellations_and_returns
import sync.order_guards
from tests.chaos.processes.kill_points import PAUSE_DIVISOR, install
from workers.app import ConnectorApp, app

__all__ = ["app"]

_CONSTANTS = (
    (clients.breaker, "FIRST_PAUSE"),
    (clients.breaker, "LONGEST_PAUSE"),
    (clients.breaker, "REDIS_PAUSE"),
    (clients.limiter, "REDIS_PAUSE"),
    (ledger.orders.cursors, "READ_AGAIN"),
    (ledger.ledger, "ORDER_WAIT"),
    (sync.order_guards, "ORDER_WAIT"),
    (sync.imports.cancellations_and_returns, "ORDER_WAIT"),
    (jobs.runner, "STORE_PAUSE_SECONDS"),
    (sync.discovery.poll_shop, "SLOWEST_SLICE"),
    (ledger.orders.cursors, "SLOWEST_SLICE"),
)


def _shrink(divisor: float) -> None:
    for module, name in _CONSTANTS:
        setattr(module, name, getattr(module, name) / divisor)
    if not app.on_rabbitmq:
        app.conf.broker_transport_options["unacked_restore_interval"] /= divisor


_shrink(float(os.environ[PAUSE_DIVISOR]))
install(ConnectorApp)
