"""The full state of a shop for tests and proofs: small documents, independent of the vendor's format."""

from typing import Any

from simulators.epages.model.causes import Causes
from simulators.epages.model.orders import Line, Order
from simulators.epages.model.processes import Process
from simulators.epages.model.totals import totals_of
from simulators.epages.shop.shop import Shop

_STATES = (
    "unshipped", "pending", "shipped", "delivered", "not_picked_up", "ready_for_pickup", "picked_up",
    "returned", "broken", "canceled",
)  # fmt: skip


def order_state(causes: Causes, order: Order) -> dict[str, Any]:
    """An order with the pieces of each line by state, and its processes.

    `brought_by` of a return is the process that had delivered its pieces.
    """
    return {
        "id": order.id,
        "number": order.number,
        "created_at": order.created_at.isoformat(),
        "updated_at": order.updated_at.isoformat(),
        "test": order.test,
        "pickup": order.is_pickup,
        "canceled": order.canceled,
        "malformed": order.malformed,
        "note": order.note,
        "shipping_status": order.shipping_status,
        "payment_status": order.payment_status,
        "refund_policy": order.payment_method.refund,
        "currency": order.currency,
        "grand_total": str(totals_of(order).grand),
        "lines": [_line(line) for line in order.lines],
        "processes": [_process(causes, process) for process in order.processes],
        "refunds": [str(refund.amount) for refund in order.refunds],
    }


def stock_state(shop: Shop) -> list[dict[str, Any]]:
    """Every item with its stock (None: stock management off); `variation_of` is the variation product's id.

    `renamed`: the item had another SKU before, or another item had its SKU.
    """
    return [
        {
            "id": item.id,
            "sku": item.sku,
            "stock": item.stock,
            "variation_of": item.parent.id if item.parent else None,
            "renamed": item.renamed_at is not None,
        }
        for item in shop.catalog.items.values()
    ]


def _line(line: Line) -> dict[str, Any]:
    states = {state: getattr(line, state) for state in _STATES}
    return {"id": line.id, "sku": line.sku, "ordered": line.initial, "price": str(line.unit_price)} | states


def _process(causes: Causes, process: Process) -> dict[str, Any]:
    return {
        "id": process.id,
        "kind": process.kind,
        "by": process.by,
        "status": process.status,
        "tracking_code": process.tracking_code,
        "brought_by": process.returned_process.id if process.returned_process else None,
        "mails": causes.mails(process.id),
        "lines": [{"line": p.line_id, "quantity": p.quantity, "status": p.status} for p in process.parts],
    }
