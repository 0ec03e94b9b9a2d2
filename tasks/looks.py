"""Queue exports: the tasks orders.look and orders.walk."""

from typing import Any, cast

from celery import shared_task

from ledger.records import Context
from schemas.messages import OrderMessage, StoreMessage
from tasks.base import ConnectorTask
from tasks.engine import Flow, execute
from tasks.front import refill
from tasks.looking import look
from tasks.walking import scan

# Seconds between two looks at one order: a burst of events about it becomes two looks, and what follows right after it
# shows within a second.
REST = 0.5


def _settling(context: Context) -> int:
    """After a restore the order and its processes are read."""
    return 2 if context.held else 0


LOOK = Flow(
    "looks", "export", "orders.look", "exports", look, epages_calls=0, afosto_calls=1, rest=REST, epages_more=_settling
)


@shared_task(base=ConnectorTask, bind=True, name=LOOK.task)
def run_look(self: ConnectorTask, **kwargs: Any) -> str:
    """Look at one order in Afosto; see docs/tasks/orders.look.json for the keywords."""
    message = cast("OrderMessage", self.read(kwargs))
    return execute(self.runtime, LOOK, message, refill)


@shared_task(base=ConnectorTask, bind=True, name="orders.walk")
def run_walk(self: ConnectorTask, **kwargs: Any) -> str:
    """Scan a store's orders; see docs/tasks/orders.walk.json for the keywords."""
    return scan(self.runtime, cast("StoreMessage", self.read(kwargs)))
