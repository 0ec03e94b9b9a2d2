"""Content hashes of an order: a changed hash means that a flow has something to do."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from schemas.afosto import OrderDraft
from schemas.epages import LineItem, Order
from schemas.mapping.orders.payments import settled_by_amount


def hashes_by_flow(order: Order) -> Mapping[str, str]:
    """Return flow → hash of the content it uses; a flow that has nothing to do yet is absent."""
    content = {
        "orders": _placed(order),
        "cancellations": _by_line(order, lambda line: (line.canceled,)),
        "shipments": _by_line(order, _moved),
        "returns": _by_line(order, lambda line: (line.returned, line.broken)),
    }
    return {flow: _digest(seen) for flow, seen in content.items() if seen}


def fingerprint(order: Order) -> str:
    """Return the hash of addresses and ordered lines: if it differs, the order was *changed after import*."""
    lines = [(line.id, line.sku, line.initial_quantity) for line in order.lines]
    return _digest([_addresses(order), sorted(lines)])


def prices_of(draft: OrderDraft) -> str:
    """Return the hash of a draft's prices, item by item: if it differs, the draft has outdated prices."""
    items = [(item.line_ref, item.quantity, item.price, item.vat_rate) for item in draft.items]
    return _digest([draft.currency, items, [(fee.kind, fee.amount) for fee in draft.fees]])


def is_final(order: Order) -> bool:
    """Whether nothing more can happen to the order: only when all of it is canceled."""
    return order.canceled and all(line.canceled == line.initial_quantity for line in order.lines)


def _placed(order: Order) -> list[Any]:
    lines = [(line.id, line.sku, line.initial_quantity, line.unit_price) for line in order.lines]
    return [
        [order.id, order.number, order.currency, order.tax_model, order.test_order, order.customer_email],
        _addresses(order),
        sorted(lines),
        sorted((fee.kind, fee.amount) for fee in order.fees),
        order.initial_grand_total,
        order.payment_status,
        order.canceled,
        # Added only when it applies, so that the hashes of other orders stay the same.
        *(["opens for its amounts"] if settled_by_amount(order) else []),
    ]


def _addresses(order: Order) -> list[Any]:
    addresses = (order.billing_address, order.shipping_address)
    return [order.pickup_location_id, *(asdict(address) if address else None for address in addresses)]


def _moved(line: LineItem) -> tuple[int, ...]:
    gone = line.initial_quantity - line.canceled - line.unshipped - line.not_picked_up
    return gone, line.pending, line.shipped, line.delivered, line.ready_for_pickup, line.picked_up


def _by_line(order: Order, counts: Callable[[LineItem], tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    return {line.id: counts(line) for line in order.lines if any(counts(line))}


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=_plain).encode()).hexdigest()


def _plain(value: Decimal) -> str:
    # 5, 5.0 and 5E+0 are the same amount.
    return format(value.normalize(), "f")
