"""Queue reconcile: the nightly sweep, and the nightly deletion of what was kept long enough."""

from datetime import UTC, datetime
from typing import Any

from celery import shared_task

from schemas.errors import RetryLater
from tasks.base import ConnectorTask
from tasks.health import StoreRun, note_fault
from tasks.runtime import Runtime

# The first slice of a sweep, in seconds of creation time; the width that fits is learned from there.
SWEEP_WIDTH = 86_400.0
# Seconds after which the deletion goes on in a task of its own: no message stays unanswered for long.
PRUNING = 60.0


@shared_task(base=ConnectorTask, bind=True, name="reconcile.sweep")
def run(self: ConnectorTask, **kwargs: Any) -> str:
    """Read every order that is not final once more, by creation date: what did not bump its update time shows here."""
    self.read(kwargs)
    return sweep(self.runtime)


@shared_task(base=ConnectorTask, bind=True, name="reconcile.prune")
def run_prune(self: ConnectorTask, **kwargs: Any) -> str:
    """Delete attempts, webhooks and kept answers that are old enough; goes on in another task when there are many."""
    self.read(kwargs)
    return prune(self.runtime)


def sweep(runtime: Runtime) -> str:
    """Begin a sweep of every store, let all stock be published anew; return how many stores had orders to sweep."""
    now = datetime.now(UTC)
    runtime.ledger.stock.publish_all_again()
    begun = [name for name in runtime.ledger.stores.names() if _begin(runtime, name, now)]
    return f"{len(begun)} stores are swept"


def _begin(runtime: Runtime, store: str, now: datetime) -> bool:
    """Whether a store has orders to sweep; what nobody foresaw shows as its health, and holds up no other store."""
    try:
        begun = runtime.ledger.cursors.start_sweep(store, now, SWEEP_WIDTH)
    except RetryLater:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this store's
        note_fault(runtime, store, StoreRun.BEGIN_SWEEP, error)
        return False
    runtime.ledger.stores.heal_run(store, StoreRun.BEGIN_SWEEP)
    return begun


def prune(runtime: Runtime, seconds: float = PRUNING) -> str:
    """Delete for so many seconds what was kept long enough; return how many rows of which table went, in words."""
    settings = runtime.settings
    pruned = runtime.ledger.retention.prune(settings.attempts_days, settings.inbox_days, seconds=seconds)
    if not pruned.complete:
        runtime.send("reconcile.prune", {}, "reconcile")
    gone = ", ".join(f"{count} of {name}" for name, count in pruned.rows.items())
    return f"deleted: {gone}" + ("" if pruned.complete else "; more to follow")
