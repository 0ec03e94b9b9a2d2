"""Every flow: what dispatch keeps a front for."""

from tasks import cancellations, inventory, orders, returns, shipments
from tasks.engine import Flow

FLOWS: tuple[Flow, ...] = (
    orders.IMPORT,
    cancellations.IMPORT,
    shipments.IMPORT,
    returns.IMPORT,
    inventory.PUBLISH,
)
