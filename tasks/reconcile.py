"""Queue reconcile: the nightly sweep, and what is kept long enough."""

from datetime import UTC, datetime
from typing import Any

from celery import shared_task

from tasks.base import ConnectorTask
from tasks.runtime import Runtime

# The first slice of a sweep, in seconds of creation time; the width that fits is learned from there.
SWEEP_WIDTH = 86_400.0


@shared_task(base=ConnectorTask, bind=True, name="reconcile.sweep")
def run(self: ConnectorTask, **kwargs: Any) -> str:
    """Read every order that is not final once more, by creation date: what did not bump its update time shows here."""
    self.read(kwargs)
    return f"{sweep(self.runtime)}, {forget(self.runtime)}"


def sweep(runtime: Runtime) -> str:
    """Begin a sweep of every store, let all stock be published anew; return how many stores had orders to sweep."""
    now = datetime.now(UTC)
    runtime.ledger.stock.anew()
    begun = [
        name for name in runtime.ledger.stores.names() if runtime.ledger.cursors.start_sweep(name, now, SWEEP_WIDTH)
    ]
    return f"{len(begun)} stores are swept"


def forget(runtime: Runtime) -> str:
    """Drop webhooks and idempotency keys that are old enough and return how many."""
    ledger = runtime.ledger
    return f"{ledger.webhooks.forget()} webhooks and {ledger.tokens.forget_keys()} idempotency keys forgotten"
