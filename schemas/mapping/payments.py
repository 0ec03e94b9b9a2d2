"""What an order's payment method allows: seen in the order, before a call is refused."""

from decimal import Decimal

from schemas.epages import Order
from schemas.errors import NeedsPerson

_ALL_OR_NONE = "FULL_REFUND_ONLY"
# Nothing was paid, so nothing is paid back.
_UNPAID = frozenset({"PENDING", "VOIDED"})


def takes_parts(order: Order) -> bool:
    """Tell whether parts of the order may be canceled or returned: some payment methods pay back all or nothing."""
    return order.refund_policy != _ALL_OR_NONE or order.payment_status in _UNPAID


def require_parts_allowed(order: Order, what: str) -> None:
    """Raise NeedsPerson (full-refund-only) where parts must not be `what`: canceled or returned."""
    if not takes_parts(order):
        raise NeedsPerson(
            f"Part of order {order.number} ({order.id}) was {what} in Afosto, but its payment method pays back all or "
            "nothing, so the shop takes no part of it.",
            reason="full-refund-only",
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
