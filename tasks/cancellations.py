"""The tasks cancellations.import (queue cancellations) and cancellations.export (queue exports)."""

from typing import Any, cast

from celery import shared_task

from schemas.messages import OrderMessage
from tasks.base import ConnectorTask
from tasks.engine import Flow, execute
from tasks.exporting_cancellations import export_cancellation
from tasks.front import refill
from tasks.importing_undoings import import_cancellation

IMPORT = Flow(
    "cancellations",
    "import",
    "cancellations.import",
    "cancellations",
    import_cancellation,
    epages_calls=1,
    afosto_calls=5,
)
EXPORT = Flow(
    "cancellations", "export", "cancellations.export", "exports", export_cancellation, epages_calls=4, afosto_calls=1
)


@shared_task(base=ConnectorTask, bind=True, name=IMPORT.task)
def run_import(self: ConnectorTask, **kwargs: Any) -> str:
    """Bring one order's cancellations up to date in Afosto; keywords: docs/tasks/cancellations.import.json."""
    message = cast("OrderMessage", self.read(kwargs))
    return execute(self.runtime, IMPORT, message, refill)


@shared_task(base=ConnectorTask, bind=True, name=EXPORT.task)
def run_export(self: ConnectorTask, **kwargs: Any) -> str:
    """Bring one order's cancellations up to date in the shop; keywords: docs/tasks/cancellations.export.json."""
    message = cast("OrderMessage", self.read(kwargs))
    return execute(self.runtime, EXPORT, message, refill)
