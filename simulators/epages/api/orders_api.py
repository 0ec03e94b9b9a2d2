"""The order calls of the API."""

from simulators.epages.api.calls import Answer, Call, Handler, document_page, page_of
from simulators.epages.documents.process_documents import processes_document
from simulators.epages.model.causes import Act
from simulators.epages.model.order_list import Query
from simulators.epages.shop import cancellations_and_returns

EVENTS_PAGE = 30


def list_orders(call: Call) -> Answer:
    """`GET /orders`: whole orders, filtered and paged."""
    shop, switches = call.shop, call.shop.switches
    size, number = call.paging()
    found = shop.order_list.select(_query(call), shop.now(), switches.bounds == "inclusive")
    bodies = shop.order_list.page(found, size, number, switches.list_order, shop.random)
    links = {"unviewed": {"href": f"{call.url}/unviewed"}}
    return page_of(call, "orders", bodies, len(found), size, number, links)


def get_order(call: Call) -> Answer:
    """`GET /orders/{id}`: the order as it is now, also when the list is late."""
    return Answer(call.shop.order_list.body(call.shop.order(call.path["order"])))


def cancel_order(call: Call) -> Answer:
    """`POST /orders/{id}/cancel`: cancels the whole order and answers it."""
    order = call.shop.order(call.path["order"])
    cancellations_and_returns.cancel_order(call.shop, order, Act("connector", call.body.get("comment")))
    return get_order(call)


def put_note(call: Call) -> Answer:
    """`PUT /orders/{id}/order-note`: replaces the merchant's note and answers the order."""
    order = call.shop.order(call.path["order"])
    with call.shop.writing(order):
        order.note = call.body.get("orderNote")
        call.shop.causes.record("connector", "note", order=order.id, note=order.note)
    return get_order(call)


def get_processes(call: Call) -> Answer:
    """`GET /orders/{id}/processes`: all kinds at once, not paged."""
    return Answer(processes_document(call.shop.base_url, call.shop.order(call.path["order"])))


def list_events(call: Call) -> Answer:
    """`GET /orders/{id}/events`: newest first."""
    events = call.shop.order(call.path["order"]).events[::-1]
    return document_page(call, "order-events", events, default=EVENTS_PAGE)


def _query(call: Call) -> Query:
    return Query(
        created_after=call.moment("createdAfter"),
        created_before=call.moment("createdBefore"),
        updated_after=call.moment("updatedAfter"),
        updated_before=call.moment("updatedBefore"),
        canceled=call.flag("canceled"),
        shipping_status=call.query.get("shippingStatus"),
        payment_status=call.query.get("paymentStatus"),
        number=call.query.get("orderNumber"),
        test=call.flag("testOrder"),
    )


ROUTES: tuple[tuple[str, str, str, Handler], ...] = (
    ("GET", "/orders", "ordr:r", list_orders),
    ("GET", "/orders/{order}", "ordr:r", get_order),
    ("POST", "/orders/{order}/cancel", "clpr:c", cancel_order),
    ("PUT", "/orders/{order}/order-note", "ordr:u", put_note),
    ("GET", "/orders/{order}/processes", "ordp:r", get_processes),
    ("GET", "/orders/{order}/events", "orde:r", list_events),
)
