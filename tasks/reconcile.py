"""Queue reconcile: the nightly sweep, comparisons that people ask for, and the deletion of rows that are old enough."""

from datetime import UTC, datetime
from typing import Any, cast

from celery import shared_task

from jobs.runtime import Runtime
from jobs.store_health import StoreRun, note_fault
from ledger.orders.kept_comparisons import ComparisonRun
from reconcile.compare_in_parts import compare_in_parts
from schemas.errors import RetryLater
from schemas.messages import CompareMessage
from tasks.base import ConnectorTask

# The first slice of a sweep covers a day of creation times, in seconds; the sweep then learns the width that fits.
SWEEP_WIDTH = 86_400.0
# After this time the deletion continues in another task: no message stays unacknowledged for long.
MAX_PRUNE_SECONDS = 60.0


@shared_task(base=ConnectorTask, bind=True, name="reconcile.sweep")
def run(self: ConnectorTask, **kwargs: Any) -> str:
    """Read every order again that is not final, by creation date: this finds changes that set no new update time."""
    self.read(kwargs)
    return sweep(self.runtime)


@shared_task(base=ConnectorTask, bind=True, name="reconcile.prune")
def run_prune(self: ConnectorTask, **kwargs: Any) -> str:
    """Delete attempts, webhooks and kept answers that are old enough; continues in another task when there are many."""
    self.read(kwargs)
    return prune(self.runtime)


@shared_task(base=ConnectorTask, bind=True, name="reconcile.compare")
def run_compare(self: ConnectorTask, **kwargs: Any) -> str:
    """Go on with a comparison of a store; see docs/tasks/reconcile.compare.json for the keywords."""
    message = cast("CompareMessage", self.read(kwargs))
    return compare_in_parts(self.runtime, ComparisonRun(message.comparison, message.store, message.fence))


def sweep(runtime: Runtime) -> str:
    """Begin a sweep of every store, and have all stock published again; return how many stores have orders to sweep."""
    now = datetime.now(UTC)
    runtime.ledger.stock.publish_all_again()
    begun = [name for name in runtime.ledger.stores.names() if _begin(runtime, name, now)]
    return f"{len(begun)} stores are swept"


def _begin(runtime: Runtime, store: str, now: datetime) -> bool:
    """Whether a store has orders to sweep; an unexpected error shows as its health, and delays no other store."""
    try:
        begun = runtime.ledger.cursors.start_sweep(store, now, SWEEP_WIDTH)
    except RetryLater:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this store's
        note_fault(runtime, store, StoreRun.BEGIN_SWEEP, error)
        return False
    runtime.ledger.stores.heal_run(store, StoreRun.BEGIN_SWEEP)
    return begun


def prune(runtime: Runtime, seconds: float = MAX_PRUNE_SECONDS) -> str:
    """Delete rows that are old enough, for at most `seconds`; return how many of which table, in words."""
    settings = runtime.settings
    pruned = runtime.ledger.retention.prune(settings.attempts_days, settings.inbox_days, seconds=seconds)
    if not pruned.complete:
        runtime.send("reconcile.prune", {}, "reconcile")
    gone = ", ".join(f"{count} of {name}" for name, count in pruned.rows.items())
    return f"deleted: {gone}" + ("" if pruned.complete else "; more to follow")
