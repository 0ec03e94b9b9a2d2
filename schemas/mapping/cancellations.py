"""Cancellations: which Afosto units those of the shop concern, and which pieces of the shop those of Afosto."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas import afosto, epages
from schemas.errors import NeedsPerson
from schemas.mapping.counts import UnitPool, by_line, remainder, waiting
from schemas.mapping.payments import require_parts_allowed
from schemas.words import counted


def units_to_cancel(
    order: epages.Order,
    afosto_order: afosto.Order,
    imported: Mapping[str, int],
    exported: Mapping[str, int],
    canceled_before: Mapping[str, int],
) -> list[str]:
    """Give the ids of the units still to cancel.

    Per line id: `imported` cancellations were carried over by us, `exported` ones began in Afosto,
    `canceled_before` ones were left out when the order was imported. Raises Drift when these exceed what the shop
    says, NeedsPerson (cancel-conflict) when units to cancel already lie in a parcel.
    """
    pool = UnitPool(afosto_order, waiting)
    units: list[str] = []
    for line in order.lines:
        figures = {
            "canceled in the shop": line.canceled,
            "left out at import": canceled_before.get(line.id, 0),
            "begun in Afosto": exported.get(line.id, 0),
            "carried over": imported.get(line.id, 0),
        }
        need = remainder(figures, order.id, line.id, "to cancel")
        units += pool.take(line.id, need, reason="cancel-conflict", purpose="canceled")
    return units


@dataclass(frozen=True, slots=True)
class CancelationPlan:
    """What the shop is to cancel.

    `lines` says how many pieces per line, `units` for which units of Afosto (contra id → line id), `paired` which were
    canceled by both sides and need no call (contra id → line id), `whole` that nothing of the order is left then.
    """

    lines: Mapping[str, int]
    units: Mapping[str, str]
    paired: Mapping[str, str]
    whole: bool


def cancelation_plan(
    shop: epages.Order,
    afosto_order: afosto.Order,
    canceled: Sequence[afosto.Unit],
    carried_over: Mapping[str, int],
    canceled_before: Mapping[str, int],
) -> CancelationPlan:
    """Plan what the shop cancels for units that Afosto canceled by itself.

    Per line id, `carried_over` counts the cancellations that both sides have, whoever began, `canceled_before` those
    left out at the import. Where fewer pieces are open in the shop than Afosto canceled, what the shop canceled by
    itself is taken for the same. Raises NeedsPerson: cancel-conflict when that is not enough, full-refund-only.
    """
    units: dict[str, str] = {}
    paired: dict[str, str] = {}
    lines: dict[str, int] = {}
    natives = by_line(afosto_order, canceled)
    for line in shop.lines:
        contra = [str(unit.contra_id) for unit in natives.get(line.id, [])]
        excess = max(0, len(contra) - line.unshipped - line.not_picked_up)
        own = canceled_by_shop(shop, line, carried_over, canceled_before)
        if excess > own:
            raise _conflict(shop, line, len(contra))
        paired |= dict.fromkeys(contra[:excess], line.id)
        units |= dict.fromkeys(contra[excess:], line.id)
        if len(contra) > excess:
            lines[line.id] = len(contra) - excess
    whole = all(lines.get(line.id, 0) == line.quantity for line in shop.lines)
    if lines and not whole:
        require_parts_allowed(shop, "canceled")
    return CancelationPlan(lines, units, paired, whole)


def canceled_by_shop(
    shop: epages.Order, line: epages.LineItem, carried_over: Mapping[str, int], canceled_before: Mapping[str, int]
) -> int:
    """Give how many pieces of a line the shop alone canceled, beside those carried over and left out. Raises Drift."""
    figures = {
        "canceled in the shop": line.canceled,
        "left out at import": canceled_before.get(line.id, 0),
        "carried over": carried_over.get(line.id, 0),
    }
    return remainder(figures, shop.id, line.id, "canceled by the shop alone")


def _conflict(shop: epages.Order, line: epages.LineItem, count: int) -> NeedsPerson:
    return NeedsPerson(
        f"Order {shop.number} ({shop.id}), line {line.sku}: Afosto canceled {counted(count, 'unit')}, but in the shop "
        f"only {line.unshipped + line.not_picked_up} can still be canceled.",
        reason="cancel-conflict",
        resolution="Look at the order on both sides and put right by hand what the two did to the same units; then "
        "retry the job.",
    )
