"""Queue exports: the tasks orders.look, which reads one order in Afosto, and orders.walk, which reads a store's."""

from typing import Any, cast

from celery import shared_task

from jobs.run import Run
from jobs.runner import Flow
from schemas.messages import StoreMessage
from sync.discovery.detect_changes import look
from sync.discovery.scan_afosto import scan
from tasks.base import ConnectorTask, failures_as_retries
from tasks.job_task import job_task

# Between two looks at one order: a burst of events becomes two looks, and what follows it shows within a second.
LOOK_REST_SECONDS = 0.5


def _calls_after_restore(run: Run) -> int:
    """Two more calls after a restore: the shop's order and its processes are read too."""
    return 2 if run.context.needs_recovery else 0


LOOK = Flow(
    "looks",
    "export",
    "orders.look",
    "exports",
    look,
    epages_calls=0,
    afosto_calls=1,
    rest=LOOK_REST_SECONDS,
    epages_more=_calls_after_restore,
)

run_look = job_task(LOOK)


@shared_task(base=ConnectorTask, bind=True, name="orders.walk")
def run_walk(self: ConnectorTask, **kwargs: Any) -> str:
    """Find the orders of a store that changed in Afosto; see docs/tasks/orders.walk.json for the keywords."""
    message = cast("StoreMessage", self.read(kwargs))
    with failures_as_retries():
        return scan(self.runtime, message)
