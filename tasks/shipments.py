"""Queue shipments: the task shipments.import."""

from typing import Any, cast

from celery import shared_task

from schemas.messages import OrderMessage
from tasks.base import ConnectorTask
from tasks.engine import Flow, execute
from tasks.front import refill
from tasks.importing_shipments import import_shipments

IMPORT = Flow("shipments", "import", "shipments.import", "shipments", import_shipments, epages_calls=2, afosto_calls=3)


@shared_task(base=ConnectorTask, bind=True, name=IMPORT.task)
def run(self: ConnectorTask, **kwargs: Any) -> str:
    """Bring one order's shipments up to date in Afosto; see docs/tasks/shipments.import.json for the keywords."""
    message = cast("OrderMessage", self.read(kwargs))
    return execute(self.runtime, IMPORT, message, refill)
