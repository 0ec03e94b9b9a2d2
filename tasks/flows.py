"""All flows, in the order in which dispatch serves them: those that must be done within seconds come first."""

from jobs.runner import Flow
from tasks import cancellations, inventory, looks, orders, returns, shipments

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
