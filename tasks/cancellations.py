"""Queue cancellations: the task cancellations.import."""

from typing import Any, cast

from celery import shared_task

from schemas.messages import OrderMessage
from tasks.base import ConnectorTask
from tasks.engine import Flow, execute
from tasks.front import refill
from tasks.importing_undoings import import_cancellation

IMPORT = Flow(
    "cancellations",
    "import",
    "cancellations.import",
    "cancellations",
    import_cancellation,
    epages_calls=1,
    afosto_calls=4,
)


@shared_task(base=ConnectorTask, bind=True, name=IMPORT.task)
def run(self: ConnectorTask, **kwargs: Any) -> str:
    """Bring one order's cancellations up to date in Afosto; keywords: docs/tasks/cancellations.import.json."""
    message = cast("OrderMessage", self.read(kwargs))
    return execute(self.runtime, IMPORT, message, refill)
