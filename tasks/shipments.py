"""Queue shipments: the task shipments.import."""

from typing import Any, cast

from celery import shared_task

from schemas.messages import Import
from tasks.base import ConnectorTask
from tasks.engine import Flow, execute
from tasks.front import refill
from tasks.importing_shipments import import_shipments

FLOW = Flow("shipments", import_shipments, epages_calls=2, afosto_calls=3)


@shared_task(base=ConnectorTask, bind=True, name="shipments.import")
def run(self: ConnectorTask, **kwargs: Any) -> str:
    """Bring one order's shipments up to date in Afosto; see docs/tasks/shipments.import.json for the keywords."""
    return execute(self.runtime, FLOW, cast("Import", self.read(kwargs)), refill)
