"""Cancellations and returns. Both start a refund if the order was paid."""

from collections.abc import Sequence
from decimal import Decimal

from simulators.epages.model.causes import BY_SHOP, Act
from simulators.epages.model.errors import Refused, invalid
from simulators.epages.model.orders import Line, Order
from simulators.epages.model.processes import Part, Process
from simulators.epages.shop import stock
from simulators.epages.shop.fulfillment import check_parts, lines_of, record_act
from simulators.epages.shop.payments import update_payments
from simulators.epages.shop.shop import Shop

_PARTIAL = (
    "The order was paid with a payment method that doesn't allow partial refunds. "
    "Thus, the request has to include all product line items of the order."
)


def cancel_order(shop: Shop, order: Order, act: Act = BY_SHOP) -> None:
    """Cancel a whole order; refuses (409, assumed) if it is canceled, or a piece has a shipping or pickup."""
    if not order.lines or any(line.open < line.quantity for line in order.lines) or order.canceled:
        raise Refused(409, "order-not-cancelable", "The order cannot be canceled.")
    parts = [Part(line.id, line.open) for line in order.lines if line.open]
    with shop.writing(order, "cancelations"):
        process = Process(shop.new_id(), "cancelations", act.by, parts)
        if shop.switches.whole_cancel_makes_process:
            order.processes.append(process)
        _cancel_pieces(shop, order, process)
        record_act(shop, order, process, act, "cancel", "order-canceled")
        update_payments(shop, order, act.by)


def create_cancelation(shop: Shop, order: Order, parts: Sequence[Part], act: Act = BY_SHOP) -> Process:
    """Cancel open pieces; refuses a part of an order (409) if its payment method allows no partial refunds."""
    check_parts(shop, order, parts, lambda line: line.open)
    if not _allows_partial_refunds(order) and not _covers_all(order.lines, parts):
        raise Refused(409, "cancel-process-partial-refund-not-allowed", _PARTIAL)
    with shop.writing(order, "cancelations"):
        process = Process(shop.new_id(), "cancelations", act.by, list(parts))
        order.processes.append(process)
        _cancel_pieces(shop, order, process)
        record_act(shop, order, process, act, "cancel", "items-canceled")
        update_payments(shop, order, act.by)
    return process


def create_return(
    shop: Shop,
    order: Order,
    parts: Sequence[Part],
    act: Act = BY_SHOP,
    of: Process | None = None,
    fee_refund: Decimal | None = None,
) -> Process:
    """Take a return of pieces as RETURNED or BROKEN; `of` is the process that delivered them.

    Refuses a part of an order (409) if its payment method allows no partial refunds.
    """
    check_parts(shop, order, parts, lambda line: line.returnable)
    if any(part.status not in ("RETURNED", "BROKEN") for part in parts):
        raise invalid("The status of a returned product line item is RETURNED or BROKEN.")
    if not _allows_partial_refunds(order) and not (
        _covers_all(order.lines, parts) and (fee_refund or not order.delivery_fee)
    ):
        raise Refused(409, "return-process-partial-refund-not-allowed", _PARTIAL)
    with shop.writing(order, "returns"):
        process = Process(shop.new_id(), "returns", act.by, list(parts), returned_process=of, fee_refund=fee_refund)
        order.processes.append(process)
        for line, part in lines_of(order, process):
            _return_pieces(shop, order, line, part)
        record_act(shop, order, process, act, "return", "items-returned")
        update_payments(shop, order, act.by)
    return process


def _allows_partial_refunds(order: Order) -> bool:
    return order.payment_method.refund != "FULL_REFUND_ONLY"


def _covers_all(lines: Sequence[Line], parts: Sequence[Part]) -> bool:
    return all(sum(p.quantity for p in parts if p.line_id == line.id) >= line.quantity for line in lines)


def _cancel_pieces(shop: Shop, order: Order, process: Process) -> None:
    for line, part in lines_of(order, process):
        line.move(part.quantity, "not_picked_up" if order.is_pickup else "unshipped", "canceled")
        if shop.switches.restock_canceled:
            stock.restock(shop, order, line, part.quantity)
    order.canceled = all(line.quantity <= 0 for line in order.lines)


def _return_pieces(shop: Shop, order: Order, line: Line, part: Part) -> None:
    if shop.switches.returned_leaves_delivered:
        left = part.quantity
        for state in ("delivered", "picked_up", "shipped"):
            pieces = min(left, getattr(line, state))
            setattr(line, state, getattr(line, state) - pieces)
            left -= pieces
    if part.status == "BROKEN":
        line.broken += part.quantity
        return
    line.returned += part.quantity
    if shop.switches.restock_returned:
        stock.restock(shop, order, line, part.quantity)
