"""What an order's payment says: whether its Afosto order may be opened, and what its payment method allows."""

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum

from schemas.epages import Order
from schemas.errors import NeedsPerson
from schemas.reasons import Reason

_ALL_OR_NONE = "FULL_REFUND_ONLY"
# Nothing was paid, so nothing is paid back.
_UNPAID = frozenset({"PENDING", "VOIDED", "FAILED"})


class Opening(Enum):
    """What an order's payment means for its Afosto order, as long as nothing has left the shop."""

    OPENS = "opens"
    WAITS = "waits"
    NEVER = "never opens"  # unless it is paid after all
    PERSON = "a person"


# The vendor documents the first five for an order (`paymentStatus`), the others for a payment process (`status`) alone:
# an order may come to bear them. What EXECUTED means it does not say.
_STATES: Mapping[str, Opening] = {
    "PAID": Opening.OPENS,
    "PARTIALLY_PAID": Opening.WAITS,
    "PENDING": Opening.WAITS,
    "REFUND_PENDING": Opening.PERSON,
    "VOIDED": Opening.NEVER,
    "APPROVED": Opening.WAITS,
    "CAPTURE_PENDING": Opening.WAITS,
    "EXECUTED": Opening.PERSON,
    "FAILED": Opening.NEVER,
    "REFUNDED": Opening.NEVER,
}
PAYMENT_STATES = tuple(_STATES)


def opening(order: Order, *, unpaid: bool, partly_paid: bool) -> Opening:
    """Give what an order's payment means; a state we do not know is for a person.

    `unpaid` and `partly_paid` are the store's settings: open before anything, or all of it, is paid. An order of which
    nothing is to be paid opens, whatever its state.
    """
    if order.grand_total <= 0 or _left_is_paid(order):
        return Opening.OPENS
    found = _STATES.get(order.payment_status, Opening.PERSON)
    if found is Opening.WAITS and (unpaid or (partly_paid and order.payment_status == "PARTIALLY_PAID")):
        return Opening.OPENS
    return found


def settled_by_amount(order: Order) -> bool:
    """Tell whether an order opens for its amounts, which may change while its payment state stays the same."""
    by_amount = order.grand_total <= 0 or _left_is_paid(order)
    return by_amount and order.payment_status != "PAID" and not order.canceled


def _left_is_paid(order: Order) -> bool:
    """Whether a refund gives back only what was paid too much: pieces were taken back, the rest is paid.

    While the refund is pending, the open amount is below zero by it; once it is paid, it is zero.
    """
    if order.open_amount is None or not any(line.canceled or line.returned or line.broken for line in order.lines):
        return False
    pending = order.payment_status == "REFUND_PENDING" and order.open_amount < 0
    return pending or (order.payment_status == "REFUNDED" and order.open_amount <= 0)


def takes_parts(order: Order) -> bool:
    """Tell whether parts of the order may be canceled or returned: some payment methods pay back all or nothing."""
    return order.refund_policy != _ALL_OR_NONE or order.payment_status in _UNPAID


def require_parts_allowed(order: Order, what: str) -> None:
    """Raise NeedsPerson (full-refund-only) where parts must not be `what`: canceled or returned."""
    if not takes_parts(order):
        raise NeedsPerson(
            f"Part of order {order.number} ({order.id}) was {what} in Afosto, but its payment method pays back all or "
            "nothing, so the shop takes no part of it.",
            reason=Reason.FULL_REFUND_ONLY,
            resolution=part_advice(what),
        )


def part_advice(what: str) -> str:
    """Say what to do where the shop takes all of an order or none: `what` is canceled or returned."""
    return (
        f"Pay the buyer back by hand in the shop for the part that was {what}, then drop the job; or let the rest of "
        "the order follow in Afosto, and retry the job: the whole goes by itself."
    )


def delivery_fee(order: Order) -> Decimal | None:
    """Give what shipping or pickup cost, in the order's currency; None when nothing."""
    return next((fee.amount for fee in order.fees if fee.kind in ("shipping", "pickup")), None)
