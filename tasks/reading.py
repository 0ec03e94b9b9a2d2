"""What an order that was read in the shop leads to: how it is remembered, and which imports have news."""

from clients.scopes import missing_scopes
from ledger.records import JobRequest, SeenOrder, Store
from schemas.epages import Order
from schemas.flows import IMPORTS, SWITCHES
from schemas.mapping.content import facets, is_final
from tasks.run import Run


def seen(order: Order) -> SeenOrder:
    """Give what is remembered of an order."""
    return SeenOrder(
        id=order.id,
        number=order.number,
        created_at=order.created_at,
        updated_at=order.updated_at,
        is_test=order.test_order,
        is_final=order.test_order or is_final(order),
    )


def job_requests(order: Order, store: Store) -> list[JobRequest]:
    """Give a request for each import that the order asks for and the shop permits, with what the import depends on."""
    flows = [SWITCHES[name][1] for name in IMPORTS if not missing_scopes(name, store.scopes)]
    found = facets(order)
    return [JobRequest(flow, order.id, found[flow], order.updated_at) for flow in flows if flow in found]


def note_unread(run: Run, order: Order) -> None:
    """Let the other imports hear of an order that no poll has read as it is now.

    The document may not have loaded when it was in the list, and need not show there again once it is mended: what was
    canceled, shipped or returned in it would be hidden until the sweep.
    """
    if run.context.read_to is not None and order.updated_at <= run.context.read_to:
        return
    others = [request for request in job_requests(order, run.store) if request.flow != run.job.flow]
    run.runtime.ledger.cursors.note_read(run.store.name, run.job.lane, seen(order), others)
