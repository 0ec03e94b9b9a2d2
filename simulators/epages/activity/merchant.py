"""What the merchant does in the shop: the acts of the control API and of the trader, all recorded as `by` shop."""

import random
from collections.abc import Mapping

from simulators.epages.model.causes import Act
from simulators.epages.model.errors import Refused
from simulators.epages.model.orders import Order
from simulators.epages.model.processes import Part, Process
from simulators.epages.shop import cancellations_and_returns, fulfillment, payments
from simulators.epages.shop.fulfillment import Tracking
from simulators.epages.shop.shop import Shop

Lines = Mapping[str, int]
_WITH_MAIL = Act(mail=True)
_CANCELED = Act(comment="Kunde hat storniert")


def ship(shop: Shop, order: Order, lines: Lines | None = None, tracking: str | None = None) -> Process:
    """Ship a parcel with these pieces by line id, or with all unshipped pieces."""
    process = pack(shop, order, lines, tracking)
    fulfillment.mark_shipped(shop, order, process, _WITH_MAIL)
    return process


def pack(shop: Shop, order: Order, lines: Lines | None = None, tracking: str | None = None) -> Process:
    """Create a parcel as `ship` does, but do not ship it yet."""
    parts = (
        [Part(line.id, line.unshipped) for line in order.lines if line.unshipped] if lines is None else _parts(lines)
    )
    label = Tracking(tracking, f"https://track.example.com/{tracking}" if tracking else None)
    return fulfillment.create_shipping(shop, order, parts, tracking=label)


def deliver(shop: Shop, order: Order, process_id: str | None = None) -> Process:
    """Mark a parcel delivered: the given one, else the first one for which this is possible."""
    process = _open(order, "mark-delivered", process_id)
    fulfillment.mark_delivered(shop, order, process)
    return process


def ready(shop: Shop, order: Order) -> Process:
    """Make the order ready for pickup and send the customer a mail."""
    return fulfillment.create_pickup(shop, order, _WITH_MAIL)


def pick_up(shop: Shop, order: Order) -> Process:
    """The customer collects the order."""
    process = _open(order, "mark-picked-up", None)
    fulfillment.mark_picked_up(shop, order, process)
    return process


def cancel(shop: Shop, order: Order, lines: Lines | None = None) -> None:
    """Cancel these pieces by line id, or the whole order."""
    if lines is None:
        cancellations_and_returns.cancel_order(shop, order, _CANCELED)
    else:
        cancellations_and_returns.create_cancelation(shop, order, _parts(lines), _CANCELED)


def take_return(shop: Shop, order: Order, lines: Lines | None = None, status: str = "RETURNED") -> Process:
    """Take a return of these pieces by line id, or of all that can be returned; `status` is RETURNED or BROKEN."""
    pieces = {line.id: line.returnable for line in order.lines if line.returnable} if lines is None else lines
    everything = all(pieces.get(line.id, 0) >= line.quantity for line in order.lines)
    delivered_by = next(
        (p for p in order.processes if p.kind in ("shippings", "pickups") and p.status != "PENDING"), None
    )
    fee = order.delivery_fee if everything else None
    return cancellations_and_returns.create_return(shop, order, _parts(pieces, status), of=delivered_by, fee_refund=fee)


def pay(shop: Shop, order: Order) -> None:
    """The customer pays all that is due."""
    payments.pay(shop, order)


def pay_part(shop: Shop, order: Order) -> None:
    """The customer pays half of what is due."""
    payments.pay_part(shop, order)


def void(shop: Shop, order: Order) -> None:
    """Void the payment that is pending."""
    payments.void(shop, order)


def write_note(shop: Shop, order: Order, text: str) -> None:
    """Set the merchant's note on an order."""
    with shop.writing(order):
        order.note = text
        shop.causes.record("shop", "note", order=order.id, note=text)


def tracking_code(rng: random.Random) -> str:
    """A random parcel number in the form that carriers use."""
    return f"LZ{rng.randrange(10**9):09d}{rng.choice(('DE', 'NL'))}"


def _parts(lines: Lines, status: str | None = None) -> list[Part]:
    return [Part(line_id, quantity, status) for line_id, quantity in lines.items()]


def _open(order: Order, move: str, process_id: str | None) -> Process:
    for process in order.processes:
        if move in process.moves and process_id in (None, process.id):
            return process
    raise Refused(409, "invalid-process-status", f"No process of the order allows {move}.")
