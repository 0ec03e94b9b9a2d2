"""The import flows by name."""

from collections.abc import Mapping

from tasks import cancellations, orders, returns, shipments
from tasks.engine import Flow

IMPORTS: Mapping[str, Flow] = {module.FLOW.name: module.FLOW for module in (orders, cancellations, shipments, returns)}
