"""What orders say about stock: the pieces a shop's lines hold, and the units Afosto has not deducted yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from schemas import afosto
from schemas.epages import Order


@dataclass(frozen=True, slots=True)
class HeldLine:
    """An order line as the shop last said: `held` pieces of it are out of the shop's stock for the buyer.

    `product_id` and `variation_id` (None for a product without variations) say where the shop keeps the SKU's stock;
    `document_at` is when the order last changed (aware UTC).
    """

    order_id: str
    line_id: str
    sku: str
    held: int
    document_at: datetime
    product_id: str
    variation_id: str | None


def held_lines(order: Order) -> tuple[HeldLine, ...]:
    """Give what each line of an order holds: ordered less canceled and returned. Broken pieces stay held."""
    return tuple(
        HeldLine(
            order_id=order.id,
            line_id=line.id,
            sku=line.sku,
            held=line.initial_quantity - line.canceled - line.returned,
            document_at=order.updated_at,
            product_id=line.variation_product_id or line.product_id,
            variation_id=line.product_id if line.variation_product_id else None,
        )
        for line in order.lines
    )


def waiting_by_line(order: afosto.Order) -> Mapping[str, int]:
    """Give how many units of each line are open and not deducted from inventory; lines without any are left out."""
    counts: dict[str, int] = {}
    for unit in order.units:
        if unit.line_ref and unit.progress == "OPEN" and not unit.contra_id and not unit.is_deducted:
            counts[unit.line_ref] = counts.get(unit.line_ref, 0) + 1
    return counts


def promised(held: int, waiting: int | None) -> int:
    """Give how many pieces of a line the shop has sold and Afosto has not booked (its part of U).

    `waiting` is None while the order is not opened in Afosto. Counts that lag differently are never subtracted from
    each other: whichever lags, the result is at most too large, and too little is published for a while.
    """
    return max(0, held if waiting is None else min(held, waiting))


def wanted_stock(available: int, promised_pieces: int) -> int:
    """Give what the shop's stock shall be: A − U, never below zero."""
    return max(0, available - promised_pieces)
