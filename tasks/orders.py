"""Queue orders: the task orders.import."""

from typing import Any, cast

from celery import shared_task

from ledger.records import Context
from schemas.messages import OrderMessage
from tasks.base import ConnectorTask
from tasks.engine import Flow, execute
from tasks.front import refill
from tasks.importing_orders import import_order


def _mark(context: Context) -> int:
    return int(context.store.mark_orders)


IMPORT = Flow(
    "orders", "import", "orders.import", "orders", import_order, epages_calls=1, afosto_calls=3, epages_more=_mark
)


@shared_task(base=ConnectorTask, bind=True, name=IMPORT.task)
def run(self: ConnectorTask, **kwargs: Any) -> str:
    """Bring one order's orders up to date in Afosto; see docs/tasks/orders.import.json for the keywords."""
    message = cast("OrderMessage", self.read(kwargs))
    return execute(self.runtime, IMPORT, message, refill)
