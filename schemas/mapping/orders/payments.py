"""What follows from an order's payment: whether its Afosto order may be opened, and whether parts can be refunded."""

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum

from schemas.epages import Order
from schemas.errors import NeedsPerson
from schemas.reasons import Reason
from schemas.wording.phrases import Phrase, phrase

_ALL_OR_NONE = "FULL_REFUND_ONLY"
# Nothing was paid, so nothing needs to be refunded.
_UNPAID = frozenset({"PENDING", "VOIDED", "FAILED"})


class Opening(Enum):
    """What an order's payment means for its Afosto order, while nothing has been shipped."""

    OPENS = "opens"
    WAITS = "waits"
    NEVER = "never opens"  # unless it is paid after all
    PERSON = "a person"


# The vendor documents the first five for an order (`paymentStatus`), and the others only for a payment process
# (`status`); an order may get them too. The vendor does not say what EXECUTED means.
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
_PARTS: Mapping[str, Phrase] = {"canceled": phrase("canceled"), "returned": phrase("returned")}
_PART_ADVICE: Mapping[str, Phrase] = {
    "canceled": phrase(
        "Pay the buyer back by hand in the shop for the part that was canceled, then drop the job; or let the rest of "
        "the order follow in Afosto, and retry the job: the whole goes by itself."
    ),
    "returned": phrase(
        "Pay the buyer back by hand in the shop for the part that was returned, then drop the job; or let the rest of "
        "the order follow in Afosto, and retry the job: the whole goes by itself."
    ),
}


def opening(order: Order, *, unpaid: bool, partly_paid: bool) -> Opening:
    """Return what an order's payment means; a person decides about an unknown state.

    `unpaid` and `partly_paid` are settings of the store: open orders of which nothing, or only a part, is paid. An
    order with nothing to pay opens, whatever its state.
    """
    if order.grand_total <= 0 or _left_is_paid(order):
        return Opening.OPENS
    found = _STATES.get(order.payment_status, Opening.PERSON)
    if found is Opening.WAITS and (unpaid or (partly_paid and order.payment_status == "PARTIALLY_PAID")):
        return Opening.OPENS
    return found


def settled_by_amount(order: Order) -> bool:
    """Whether an order opens because of its amounts, which may change while the payment state stays the same."""
    by_amount = order.grand_total <= 0 or _left_is_paid(order)
    return by_amount and order.payment_status != "PAID" and not order.canceled


def _left_is_paid(order: Order) -> bool:
    """Whether a refund covers only what was overpaid: pieces were canceled or returned, and the rest is paid.

    While the refund is pending, the open amount is negative by the refund. Once it is paid out, the open amount is 0.
    """
    if order.open_amount is None or not any(line.canceled or line.returned or line.broken for line in order.lines):
        return False
    pending = order.payment_status == "REFUND_PENDING" and order.open_amount < 0
    return pending or (order.payment_status == "REFUNDED" and order.open_amount <= 0)


def takes_parts(order: Order) -> bool:
    """Whether parts of the order may be canceled or returned: some payment methods refund all or nothing."""
    return order.refund_policy != _ALL_OR_NONE or order.payment_status in _UNPAID


def require_parts_allowed(order: Order, what: str) -> None:
    """Raise NeedsPerson (full-refund-only) if parts of the order must not be `what` (canceled or returned)."""
    if not takes_parts(order):
        raise NeedsPerson(
            phrase(
                "Part of order %(order)s (%(id)s) was %(what)s in Afosto, but its payment method pays back all or "
                "nothing, so the shop takes no part of it.",
                order=order.number,
                id=order.id,
                what=_PARTS[what],
            ),
            reason=Reason.FULL_REFUND_ONLY,
            resolution=part_advice(what),
        )


def part_advice(what: str) -> Phrase:
    """Return what to do if the shop refunds all of an order or nothing; `what` is canceled or returned."""
    return _PART_ADVICE[what]


def delivery_fee(order: Order) -> Decimal | None:
    """Return what shipping or pickup cost, in the order's currency; None if it was free."""
    return next((fee.amount for fee in order.fees if fee.kind in ("shipping", "pickup")), None)
