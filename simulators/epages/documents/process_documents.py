"""Processes, payments and events of an order as the vendor writes them."""

from typing import Any

from simulators.epages.model.money import money
from simulators.epages.model.orders import Order
from simulators.epages.model.processes import Payment, Process

Document = dict[str, Any]

RELATIONS = {
    "payments": "payment-processes",
    "shippings": "shipping-processes",
    "pickups": "pickup-processes",
    "returns": "return-processes",
    "cancelations": "cancel-processes",
    "refunds": "refund-processes",
}


def process_document(base_url: str, order: Order, process: Process) -> Document:
    """A shipping, pickup, return or cancellation process; its links name the moves that are possible."""
    self = f"{base_url}/orders/{order.id}/processes/{process.kind}/{process.id}"
    links = {"self": {"href": self}, RELATIONS[process.kind].removesuffix("es"): {"href": self}}
    return {
        "_id": process.id,
        **_FIELDS[process.kind](order, process),
        "lineItems": [_part(part.line_id, part.quantity, part.status) for part in process.parts],
        "_links": links | {move: {"href": f"{self}/{move}"} for move in process.moves},
    }


def payment_document(base_url: str, order: Order, kind: str, payment: Payment) -> Document:
    """A payment or refund process (`kind` is payments or refunds)."""
    self = f"{base_url}/orders/{order.id}/processes/{kind}/{payment.id}"
    links = {"self": {"href": self}, RELATIONS[kind].removesuffix("es"): {"href": self}}
    if payment.status == "PENDING":
        moves = ("mark-voided", "mark-paid") if kind == "payments" else ("mark-paid",)
        links |= {move: {"href": f"{self}/{move}"} for move in moves}
    return {
        "amount": money(order.currency, payment.amount),
        "status": payment.status,
        **({"paymentId": None, "captureWorkflow": None} if kind == "payments" else {}),
        "completed": payment.status != "PENDING",
        "_id": payment.id,
        "_links": links,
    }


def processes_document(base_url: str, order: Order) -> Document:
    """All processes of an order, as `GET /orders/{id}/processes` answers them."""
    self = f"{base_url}/orders/{order.id}/processes"
    links = {"self": {"href": self}, "processes": {"href": self}}
    return {
        "_links": links | {relation: {"href": f"{self}/{kind}"} for kind, relation in RELATIONS.items()},
        "_embedded": {relation: documents_of_kind(base_url, order, kind) for kind, relation in RELATIONS.items()},
    }


def documents_of_kind(base_url: str, order: Order, kind: str) -> list[Document]:
    """The processes of one kind, oldest first."""
    if kind in ("payments", "refunds"):
        payments = order.payments if kind == "payments" else order.refunds
        return [payment_document(base_url, order, kind, payment) for payment in payments]
    return [process_document(base_url, order, process) for process in order.of_kind(kind)]


def _part(line_id: str, quantity: int, status: str | None) -> Document:
    return {"productLineItemId": line_id, "quantity": quantity} | ({"status": status} if status else {})


def _shipping(order: Order, process: Process) -> Document:
    tracking = {"trackingCode": process.tracking_code, "trackingLink": process.tracking_link}
    return {"status": process.status, **tracking, "packingSlipPdfUri": None}


def _pickup(order: Order, process: Process) -> Document:
    return {"status": process.status, "packingSlipPdfUri": None}


def _return(order: Order, process: Process) -> Document:
    refund = None if process.fee_refund is None else money(order.currency, process.fee_refund)
    brought = process.returned_process
    of = {"_id": brought.id, "status": brought.status} if brought else None
    is_pickup = order.is_pickup
    return {
        "shippingPriceRefund": None if is_pickup else refund,
        "pickupPriceRefund": refund if is_pickup else None,
        "_embedded": {"pickupProcess": of if is_pickup else None, "shippingProcess": None if is_pickup else of},
    }


def _cancellation(order: Order, process: Process) -> Document:
    return {}


_FIELDS = {"shippings": _shipping, "pickups": _pickup, "returns": _return, "cancelations": _cancellation}
