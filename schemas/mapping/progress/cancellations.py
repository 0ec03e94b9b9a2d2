"""Maps cancellations in both directions: from the shop to Afosto units, and from Afosto to the shop's pieces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas import afosto, epages
from schemas.errors import NeedsPerson
from schemas.mapping.orders.payments import require_parts_allowed
from schemas.mapping.progress.line_counts import UnitPool, by_line, is_unpacked, remainder
from schemas.reasons import Reason
from schemas.wording.lists import counted
from schemas.wording.phrases import phrase


def units_to_cancel(
    order: epages.Order,
    afosto_order: afosto.Order,
    imported: Mapping[str, int],
    exported: Mapping[str, int],
    canceled_before: Mapping[str, int],
) -> list[str]:
    """Return the ids of the Afosto units still to cancel.

    Counts per line id: `imported` cancellations we have already carried over, `exported` ones began in Afosto, and
    `canceled_before` ones were left out at the import. Raises Drift when their sum exceeds the shop's figure, and
    NeedsPerson (cancel-conflict) when units to cancel are already in a parcel.
    """
    pool = UnitPool(afosto_order, is_unpacked)
    units: list[str] = []
    for line in order.lines:
        figures = {
            phrase("canceled in the shop"): line.canceled,
            phrase("left out at import"): canceled_before.get(line.id, 0),
            phrase("begun in Afosto"): exported.get(line.id, 0),
            phrase("carried over"): imported.get(line.id, 0),
        }
        need = remainder(figures, order.id, line.id, phrase("to cancel"))
        units += pool.take(line.id, need, reason=Reason.CANCEL_CONFLICT, purpose=phrase("canceled"))
    return units


@dataclass(frozen=True, slots=True)
class CancellationPlan:
    """What to cancel in the shop.

    `lines`: pieces per line id. `units`: the Afosto units they stand for (contra id → line id). `matched`: units that
    both sides canceled, which need no call (contra id → line id). `whole`: nothing of the order is left afterwards.
    """

    lines: Mapping[str, int]
    units: Mapping[str, str]
    matched: Mapping[str, str]
    whole: bool


def cancellation_plan(
    shop: epages.Order,
    afosto_order: afosto.Order,
    canceled: Sequence[afosto.Unit],
    carried_over: Mapping[str, int],
    canceled_before: Mapping[str, int],
) -> CancellationPlan:
    """Plan what to cancel in the shop for the units that were canceled in Afosto itself.

    Counts per line id: `carried_over` cancellations exist on both sides, whichever began; `canceled_before` ones were
    left out at the import. If fewer pieces are open in the shop than Afosto canceled, the pieces that the shop itself
    canceled count as the same ones. Raises NeedsPerson: cancel-conflict when those are not enough, full-refund-only.
    """
    units: dict[str, str] = {}
    matched: dict[str, str] = {}
    lines: dict[str, int] = {}
    natives = by_line(afosto_order, canceled)
    for line in shop.lines:
        contra = [str(unit.contra_id) for unit in natives.get(line.id, [])]
        excess = max(0, len(contra) - line.unshipped - line.not_picked_up)
        own = canceled_by_shop(shop, line, carried_over, canceled_before)
        if excess > own:
            raise _conflict(shop, line, len(contra))
        matched |= dict.fromkeys(contra[:excess], line.id)
        units |= dict.fromkeys(contra[excess:], line.id)
        if len(contra) > excess:
            lines[line.id] = len(contra) - excess
    whole = all(lines.get(line.id, 0) == line.quantity for line in shop.lines)
    if lines and not whole:
        require_parts_allowed(shop, "canceled")
    return CancellationPlan(lines, units, matched, whole)


def canceled_by_shop(
    shop: epages.Order, line: epages.LineItem, carried_over: Mapping[str, int], canceled_before: Mapping[str, int]
) -> int:
    """Return how many pieces of a line only the shop canceled: not carried over, not left out. Raises Drift."""
    figures = {
        phrase("canceled in the shop"): line.canceled,
        phrase("left out at import"): canceled_before.get(line.id, 0),
        phrase("carried over"): carried_over.get(line.id, 0),
    }
    return remainder(figures, shop.id, line.id, phrase("canceled by the shop alone"))


def _conflict(shop: epages.Order, line: epages.LineItem, count: int) -> NeedsPerson:
    return NeedsPerson(
        phrase(
            "Order %(order)s (%(id)s), line %(line)s: Afosto canceled %(units)s, but in the shop only %(left)s can "
            "still be canceled.",
            order=shop.number,
            id=shop.id,
            line=line.sku,
            units=counted(count, "unit"),
            left=line.unshipped + line.not_picked_up,
        ),
        reason=Reason.CANCEL_CONFLICT,
        resolution=phrase(
            "Look at the order on both sides and put right by hand what the two did to the same units; "
            "then retry the job."
        ),
    )
