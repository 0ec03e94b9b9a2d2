"""What orders say about stock: the pieces a shop has sold, and the units that Afosto has not deducted yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from schemas import afosto
from schemas.epages import Order


@dataclass(frozen=True, slots=True)
class SoldLine:
    """An order line as the shop last said: `sold_units` pieces of it are out of the shop's stock for the buyer.

    `product_id` and `variation_id` (None for a product without variations) say where the shop keeps the SKU's stock;
    `document_at` is when the order last changed (aware UTC).
    """

    order_id: str
    line_id: str
    sku: str
    sold_units: int
    document_at: datetime
    product_id: str
    variation_id: str | None


def sold_lines(order: Order) -> tuple[SoldLine, ...]:
    """Return what each line of an order has sold: ordered less canceled and returned. Broken pieces stay sold."""
    return tuple(
        SoldLine(
            order_id=order.id,
            line_id=line.id,
            sku=line.sku,
            sold_units=line.initial_quantity - line.canceled - line.returned,
            document_at=order.updated_at,
            product_id=line.variation_product_id or line.product_id,
            variation_id=line.product_id if line.variation_product_id else None,
        )
        for line in order.lines
    )


def undeducted_by_line(order: afosto.Order) -> Mapping[str, int]:
    """Return how many units of each line are open and not deducted from inventory; lines without any are left out."""
    counts: dict[str, int] = {}
    for unit in order.units:
        if unit.line_ref and unit.progress == "OPEN" and not unit.contra_id and not unit.is_deducted:
            counts[unit.line_ref] = counts.get(unit.line_ref, 0) + 1
    return counts


def unbooked_stock(sold_units: int, undeducted: int | None) -> int:
    """Return how many pieces of a line the shop has sold and Afosto has not booked: the line's part of U.

    `undeducted` is None while the order is not opened in Afosto, and where Afosto said it later than the moment that U
    is counted for. The two counts may lag differently, so neither is subtracted from the other: whichever lags, the
    result is at most too large, and too little is published for a while.

    This is the reference of the database's view `unbooked_lines`; a test holds the view and its queries against it.
    """
    return max(0, sold_units if undeducted is None else min(sold_units, undeducted))


def wanted_stock(available: int, unbooked: int) -> int:
    """Return what the shop's stock shall be: A − U, never below zero."""
    return max(0, available - unbooked)
