"""The processes of an order, with the states and moves that the vendor documents."""

from dataclasses import dataclass
from decimal import Decimal

KINDS = ("shippings", "pickups", "returns", "cancelations")
MOVES = {
    ("shippings", "PENDING"): ("mark-shipped", "mark-delivered"),
    ("shippings", "SHIPPED"): ("mark-delivered",),
    ("pickups", "READY_FOR_PICKUP"): ("mark-picked-up",),
}


@dataclass(slots=True)
class Part:
    """A number of pieces of one line; only a return has a `status` (RETURNED or BROKEN)."""

    line_id: str
    quantity: int
    status: str | None = None


@dataclass(slots=True)
class Process:
    """A shipping, pickup, return or cancellation. Returns and cancellations have no status.

    `by` is who created it. A return may name the process that delivered the pieces (`returned_process`), and the
    part of the delivery price to refund (`fee_refund`).
    """

    id: str
    kind: str
    by: str
    parts: list[Part]
    status: str | None = None
    tracking_code: str | None = None
    tracking_link: str | None = None
    returned_process: "Process | None" = None
    fee_refund: Decimal | None = None

    @property
    def moves(self) -> tuple[str, ...]:
        """The moves that are possible now, by the names of their links."""
        return MOVES.get((self.kind, self.status or ""), ())


@dataclass(slots=True)
class Payment:
    """A payment or refund process: PENDING, PAID or VOIDED."""

    id: str
    amount: Decimal
    status: str = "PENDING"
