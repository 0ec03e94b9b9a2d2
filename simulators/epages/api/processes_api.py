"""The process calls of the API: lists, single processes, creation, and the mark-… moves."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from simulators.epages.api.calls import Answer, Call, Handler, document_page
from simulators.epages.documents.process_documents import RELATIONS, documents_of_kind, process_document
from simulators.epages.model.causes import Act
from simulators.epages.model.errors import invalid
from simulators.epages.model.orders import Order
from simulators.epages.model.processes import Part, Process
from simulators.epages.shop import cancellations_and_returns, fulfillment
from simulators.epages.shop.fulfillment import Tracking


def list_of(kind: str) -> Handler:
    """`GET /orders/{id}/processes/KIND`."""

    def handle(call: Call) -> Answer:
        documents = documents_of_kind(call.shop.base_url, call.shop.order(call.path["order"]), kind)
        links = {RELATIONS[kind]: {"href": call.url}}
        if kind in ("payments", "refunds"):
            links["active"] = {"href": f"{call.url}/active"}
        return document_page(call, RELATIONS[kind], documents, links)

    return handle


def one_of(kind: str) -> Handler:
    """`GET /orders/{id}/processes/KIND/{process}`."""

    def handle(call: Call) -> Answer:
        order, process = _find(call, kind)
        return _answer(call, order, process)

    return handle


def create_shipping(call: Call) -> Answer:
    """`POST …/shippings`."""
    order = call.shop.order(call.path["order"])
    act = _act(call, call.body.get("sendMail"))
    process = fulfillment.create_shipping(call.shop, order, _parts(call), act, _tracking(call.body))
    return _answer(call, order, process, 201)


def mark_shipped(call: Call) -> Answer:
    """`POST …/shippings/{process}/mark-shipped`."""
    order, process = _find(call, "shippings")
    details = call.body.get("details") or {}
    act = _act(call, details.get("sendMail"))
    fulfillment.mark_shipped(call.shop, order, process, act, _tracking(details))
    return _answer(call, order, process)


def mark_delivered(call: Call) -> Answer:
    """`POST …/shippings/{process}/mark-delivered`."""
    order, process = _find(call, "shippings")
    fulfillment.mark_delivered(call.shop, order, process, _act(call))
    return _answer(call, order, process)


def create_pickup(call: Call) -> Answer:
    """`POST …/pickups`."""
    order = call.shop.order(call.path["order"])
    process = fulfillment.create_pickup(call.shop, order, _act(call, call.body.get("sendMail")))
    return _answer(call, order, process, 201)


def mark_picked_up(call: Call) -> Answer:
    """`POST …/pickups/{process}/mark-picked-up`."""
    order, process = _find(call, "pickups")
    fulfillment.mark_picked_up(call.shop, order, process, _act(call, call.body.get("sendMail")))
    return _answer(call, order, process)


def create_cancelation(call: Call) -> Answer:
    """`POST …/cancelations`."""
    order = call.shop.order(call.path["order"])
    process = cancellations_and_returns.create_cancelation(call.shop, order, _parts(call), _act(call))
    return _answer(call, order, process, 201)


def create_return(call: Call) -> Answer:
    """`POST …/returns`."""
    order, act = call.shop.order(call.path["order"]), _act(call, call.body.get("sendMail"))
    delivered_by, refund = _delivering_process(call, order), _refund(call.body)
    process = cancellations_and_returns.create_return(call.shop, order, _parts(call), act, delivered_by, refund)
    return _answer(call, order, process, 201)


def _act(call: Call, mail: object = False) -> Act:
    return Act("connector", call.body.get("comment"), bool(mail))


def _find(call: Call, kind: str) -> tuple[Order, Process]:
    order = call.shop.order(call.path["order"])
    return order, call.shop.process(order, kind, call.path["process"])


def _answer(call: Call, order: Order, process: Process, status: int = 200) -> Answer:
    return Answer(process_document(call.shop.base_url, order, process), status)


def _parts(call: Call) -> list[Part]:
    try:
        return [
            Part(line["productLineItemId"], int(line["quantity"]), line.get("status"))
            for line in call.body.get("lineItems") or []
        ]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise invalid("Each of lineItems needs a productLineItemId and a quantity.") from error


def _tracking(body: Mapping[str, Any]) -> Tracking:
    return Tracking(body.get("trackingCode"), body.get("trackingLink"))


def _refund(body: Mapping[str, Any]) -> Decimal | None:
    refund = body.get("shippingPriceRefund") or body.get("pickupPriceRefund")
    return Decimal(refund["amount"]) if refund else None


def _delivering_process(call: Call, order: Order) -> Process | None:
    for kind, name in (("shippings", "shippingProcessId"), ("pickups", "pickupProcessId")):
        if call.body.get(name):
            return call.shop.process(order, kind, call.body[name])
    return None


_BASE = "/orders/{order}/processes"
_READ = {"shippings": "shpr:r", "pickups": "shpr:r", "returns": "rtpr:r", "cancelations": "clpr:r"}

ROUTES: tuple[tuple[str, str, str, Handler], ...] = (
    *(("GET", f"{_BASE}/{kind}", scope, list_of(kind)) for kind, scope in _READ.items()),
    *(("GET", f"{_BASE}/{kind}/{{process}}", scope, one_of(kind)) for kind, scope in _READ.items()),
    ("GET", f"{_BASE}/payments", "pypr:r", list_of("payments")),
    ("GET", f"{_BASE}/refunds", "rfpr:r", list_of("refunds")),
    # The OpenAPI file names no scope for creating these; the vendor's client and the reference sheet do.
    ("POST", f"{_BASE}/shippings", "shpr:c", create_shipping),
    ("POST", f"{_BASE}/pickups", "shpr:c", create_pickup),
    ("POST", f"{_BASE}/returns", "rtpr:c", create_return),
    ("POST", f"{_BASE}/cancelations", "clpr:c", create_cancelation),
    ("POST", f"{_BASE}/shippings/{{process}}/mark-shipped", "shpr:u", mark_shipped),
    ("POST", f"{_BASE}/shippings/{{process}}/mark-delivered", "shpr:u", mark_delivered),
    ("POST", f"{_BASE}/pickups/{{process}}/mark-picked-up", "shpr:u", mark_picked_up),
)
