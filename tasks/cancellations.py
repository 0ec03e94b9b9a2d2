"""Queue cancellations: the task cancellations.import."""

from typing import Any, cast

from celery import shared_task

from schemas.messages import Import
from tasks.base import ConnectorTask
from tasks.engine import Flow, execute
from tasks.front import refill
from tasks.importing_undoings import import_cancellation

FLOW = Flow("cancellations", import_cancellation, epages_calls=1, afosto_calls=4)


@shared_task(base=ConnectorTask, bind=True, name="cancellations.import")
def run(self: ConnectorTask, **kwargs: Any) -> str:
    """Bring one order's cancellations up to date in Afosto; keywords: docs/tasks/cancellations.import.json."""
    return execute(self.runtime, FLOW, cast("Import", self.read(kwargs)), refill)
