"""Turns a shop order that was read into what is remembered of it and requests for the imports that have work."""

from clients.scopes import missing_scopes
from jobs.run import Run
from ledger.records import JobRequest, SeenOrder, Store
from schemas.epages import Order
from schemas.flows import IMPORTS, SWITCHES
from schemas.mapping.orders.content_hashes import hashes_by_flow, is_final


def seen(order: Order) -> SeenOrder:
    """Return what is remembered of an order."""
    return SeenOrder(
        id=order.id,
        number=order.number,
        created_at=order.created_at,
        updated_at=order.updated_at,
        is_test=order.test_order,
        is_final=order.test_order or is_final(order),
    )


def job_requests(order: Order, store: Store) -> list[JobRequest]:
    """Return a job request for each import that the order needs and the shop permits, with its content hash."""
    flows = [SWITCHES[name][1] for name in IMPORTS if not missing_scopes(name, store.scopes)]
    found = hashes_by_flow(order)
    return [JobRequest(flow, order.id, found[flow], order.updated_at) for flow in flows if flow in found]


def note_unread(run: Run, order: Order) -> None:
    """Request the other imports of an order if no poll has read its current version.

    The document may have failed to load when it was in the list, and may not appear there again once it is corrected.
    Then its cancellations, shipments and returns would go unnoticed until the sweep.
    """
    if run.context.read_to is not None and order.updated_at <= run.context.read_to:
        return
    others = [request for request in job_requests(order, run.store) if request.flow != run.job.flow]
    run.runtime.ledger.cursors.note_read(run.store.name, run.job.lane, seen(order), others)
