"""Queue orders: the task orders.import."""

from typing import Any, cast

from celery import shared_task

from schemas.messages import Import
from tasks.base import ConnectorTask
from tasks.engine import Flow, execute
from tasks.front import refill
from tasks.importing_orders import import_order

FLOW = Flow("orders", import_order, epages_calls=1, afosto_calls=3)


@shared_task(base=ConnectorTask, bind=True, name="orders.import")
def run(self: ConnectorTask, **kwargs: Any) -> str:
    """Bring one order's orders up to date in Afosto; see docs/tasks/orders.import.json for the keywords."""
    return execute(self.runtime, FLOW, cast("Import", self.read(kwargs)), refill)
