"""Queue returns: the task returns.import."""

from typing import Any, cast

from celery import shared_task

from schemas.messages import OrderMessage
from tasks.base import ConnectorTask
from tasks.engine import Flow, execute
from tasks.front import refill
from tasks.importing_undoings import import_return

IMPORT = Flow("returns", "import", "returns.import", "returns", import_return, epages_calls=1, afosto_calls=5)


@shared_task(base=ConnectorTask, bind=True, name=IMPORT.task)
def run(self: ConnectorTask, **kwargs: Any) -> str:
    """Bring one order's returns up to date in Afosto; see docs/tasks/returns.import.json for the keywords."""
    message = cast("OrderMessage", self.read(kwargs))
    return execute(self.runtime, IMPORT, message, refill)
