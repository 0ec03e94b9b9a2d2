"""All flows, in the order in which dispatch serves them: those that must be done within seconds come first."""

from tasks import cancellations, inventory, looks, orders, returns, shipments
from tasks.engine import Flow

FLOWS: tuple[Flow, ...] = (
    looks.LOOK,
    cancellations.EXPORT,
    shipments.EXPORT,
    returns.EXPORT,
    inventory.PUBLISH,
    orders.IMPORT,
    cancellations.IMPORT,
    shipments.IMPORT,
    returns.IMPORT,
)
