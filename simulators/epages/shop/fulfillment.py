"""Shipping and pickup: create the processes of an order and move them on."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simulators.epages.model.causes import BY_SHOP, Act
from simulators.epages.model.errors import Refused, invalid
from simulators.epages.model.orders import Line, Order
from simulators.epages.model.processes import Part, Process
from simulators.epages.shop.shop import Shop

_STATES = {"PENDING": "pending", "SHIPPED": "shipped", "DELIVERED": "delivered"}


@dataclass(frozen=True, slots=True)
class Tracking:
    """Tracking code and link of a parcel."""

    code: str | None = None
    link: str | None = None


NO_TRACKING = Tracking()


def create_shipping(
    shop: Shop, order: Order, parts: Sequence[Part], act: Act = BY_SHOP, tracking: Tracking = NO_TRACKING
) -> Process:
    """Create a PENDING parcel with these pieces; refuses pickup orders (400) and more pieces than are open (409)."""
    if order.is_pickup:
        message = "Cannot create a shipping process for orders with a pickup line item."
        raise Refused(400, "cannot-create-shipping-process", message, {"reasonId": "order-has-pickup-line-item"})
    check_parts(shop, order, parts, lambda line: line.unshipped)
    with shop.writing(order, "shippings"):
        process = Process(shop.new_id(), "shippings", act.by, list(parts), "PENDING", tracking.code, tracking.link)
        order.processes.append(process)
        for line, part in lines_of(order, process):
            line.move(part.quantity, "unshipped", "pending")
            line.sent += part.quantity
        record_act(shop, order, process, act, "create-shipping", "shipping-pending")
    return process


def mark_shipped(
    shop: Shop, order: Order, process: Process, act: Act = BY_SHOP, tracking: Tracking = NO_TRACKING
) -> None:
    """Mark a parcel shipped. Tracking given here replaces the process's own. Refuses a move that is not open (409)."""
    _require_move(process, "mark-shipped")
    with shop.writing(order, "shippings"):
        process.tracking_code = tracking.code or process.tracking_code
        process.tracking_link = tracking.link or process.tracking_link
        _advance(order, process, "SHIPPED")
        record_act(shop, order, process, act, "ship", "shipping-shipped")


def mark_delivered(shop: Shop, order: Order, process: Process, act: Act = BY_SHOP) -> None:
    """Mark a parcel delivered, shipped before or not. Refuses a move that is not open (409)."""
    _require_move(process, "mark-delivered")
    with shop.writing(order, "shippings"):
        _advance(order, process, "DELIVERED")
        record_act(shop, order, process, act, "deliver", "shipping-delivered")


def create_pickup(shop: Shop, order: Order, act: Act = BY_SHOP) -> Process:
    """Make the whole order ready for pickup; refuses canceled and shipping orders (400), and a repeat (409)."""
    if order.canceled:
        raise Refused(400, "cannot-create-pickup-process", "The order was canceled")
    if not order.is_pickup:
        raise Refused(400, "cannot-create-pickup-process", "The order has no pickup line item")
    if order.of_kind("pickups"):
        message = "Partial pickups are not supported. So, the creation of multiple pickup processes is not allowed."
        raise Refused(409, "pickup-process-already-exists", message)
    with shop.writing(order, "pickups"):
        parts = [Part(line.id, line.not_picked_up) for line in order.lines if line.not_picked_up]
        process = Process(shop.new_id(), "pickups", act.by, parts, "READY_FOR_PICKUP")
        order.processes.append(process)
        for line, part in lines_of(order, process):
            line.move(part.quantity, "not_picked_up", "ready_for_pickup")
            line.sent += part.quantity
        record_act(shop, order, process, act, "ready-for-pickup", "pickup-ready-for-pickup")
    return process


def mark_picked_up(shop: Shop, order: Order, process: Process, act: Act = BY_SHOP) -> None:
    """Mark a pickup collected. Refuses a move that is not open (409)."""
    _require_move(process, "mark-picked-up")
    with shop.writing(order, "pickups"):
        for line, part in lines_of(order, process):
            line.move(part.quantity, "ready_for_pickup", "picked_up")
        process.status = "PICKED_UP"
        record_act(shop, order, process, act, "pick-up", "pickup-picked-up")


def check_parts(shop: Shop, order: Order, parts: Sequence[Part], open_pieces: Callable[[Line], int]) -> None:
    """Refuse lines of other orders (409, documented), quantities below 1 (400) and too many pieces (409, assumed)."""
    if not parts:
        raise invalid("lineItems must name at least one product line item.")
    wanted: Counter[str] = Counter()
    for part in parts:
        if order.line(part.line_id) is None:
            message = "The specified product line item is not included in the order."
            raise Refused(409, "no-such-product-line-item", message)
        if part.quantity < 1:
            raise invalid("The quantity of a product line item must be positive.")
        wanted[part.line_id] += part.quantity
    if any(wanted[line.id] > open_pieces(line) for line in order.lines) and not shop.switches.accept_excess:
        raise Refused(409, "quantity-not-available", "The order has fewer pieces left than the request names.")


def lines_of(order: Order, process: Process) -> list[tuple[Line, Part]]:
    """Each part of a process with its line."""
    return [(line, part) for part in process.parts if (line := order.line(part.line_id))]


def record_act(shop: Shop, order: Order, process: Process, act: Act, action: str, event: str) -> None:
    """Record an act on a process in the order's events and in the log of causes, and send the mail if asked for."""
    name = {"cancelations": "cancel"}.get(process.kind, process.kind[:-1]) + "ProcessId"
    pieces = [{"productLineItemId": part.line_id, "quantity": part.quantity} for part in process.parts]
    shop.add_event(order, act.by, event, act.comment, {name: process.id, "lineItems": pieces})
    lines = [
        {"line": part.line_id, "quantity": part.quantity} | ({"status": part.status} if part.status else {})
        for part in process.parts
    ]
    shop.causes.record(act.by, action, order=order.id, process=process.id, lines=lines)
    if act.mail:
        shop.causes.mail(act.by, order.id, process.id)


def _require_move(process: Process, move: str) -> None:
    if move not in process.moves:
        # Assumed: the vendor does not document the answer to a repeated move.
        raise Refused(409, "invalid-process-status", f"The process is {process.status}; {move} is not possible.")


def _advance(order: Order, process: Process, status: str) -> None:
    source = _STATES[process.status or ""]
    for line, part in lines_of(order, process):
        # Pieces that were returned before they were delivered may have left `shipped` already.
        line.move(min(part.quantity, getattr(line, source)), source, _STATES[status])
    process.status = status
