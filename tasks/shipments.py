"""The tasks shipments.import (queue shipments) and shipments.export (queue exports)."""

from typing import Any, cast

from celery import shared_task

from schemas.messages import OrderMessage
from tasks.base import ConnectorTask
from tasks.engine import Flow, execute
from tasks.exporting_shipments import export_shipments
from tasks.front import refill
from tasks.importing_shipments import import_shipments

IMPORT = Flow("shipments", "import", "shipments.import", "shipments", import_shipments, epages_calls=2, afosto_calls=3)
EXPORT = Flow("shipments", "export", "shipments.export", "exports", export_shipments, epages_calls=5, afosto_calls=1)


@shared_task(base=ConnectorTask, bind=True, name=IMPORT.task)
def run_import(self: ConnectorTask, **kwargs: Any) -> str:
    """Bring one order's shipments up to date in Afosto; see docs/tasks/shipments.import.json for the keywords."""
    message = cast("OrderMessage", self.read(kwargs))
    return execute(self.runtime, IMPORT, message, refill)


@shared_task(base=ConnectorTask, bind=True, name=EXPORT.task)
def run_export(self: ConnectorTask, **kwargs: Any) -> str:
    """Bring one order's shipments up to date in the shop; see docs/tasks/shipments.export.json for the keywords."""
    message = cast("OrderMessage", self.read(kwargs))
    return execute(self.runtime, EXPORT, message, refill)
