"""The tasks returns.import (queue returns) and returns.export (queue exports)."""

from typing import Any, cast

from celery import shared_task

from schemas.messages import OrderMessage
from tasks.base import ConnectorTask
from tasks.engine import Flow, execute
from tasks.exporting_returns import export_return
from tasks.front import refill
from tasks.importing_undoings import import_return

IMPORT = Flow("returns", "import", "returns.import", "returns", import_return, epages_calls=1, afosto_calls=5)
EXPORT = Flow("returns", "export", "returns.export", "exports", export_return, epages_calls=4, afosto_calls=1)


@shared_task(base=ConnectorTask, bind=True, name=IMPORT.task)
def run_import(self: ConnectorTask, **kwargs: Any) -> str:
    """Bring one order's returns up to date in Afosto; see docs/tasks/returns.import.json for the keywords."""
    message = cast("OrderMessage", self.read(kwargs))
    return execute(self.runtime, IMPORT, message, refill)


@shared_task(base=ConnectorTask, bind=True, name=EXPORT.task)
def run_export(self: ConnectorTask, **kwargs: Any) -> str:
    """Bring one order's returns up to date in the shop; see docs/tasks/returns.export.json for the keywords."""
    message = cast("OrderMessage", self.read(kwargs))
    return execute(self.runtime, EXPORT, message, refill)
