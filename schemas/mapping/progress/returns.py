"""Maps returns in both directions: from the shop to Afosto units, and from Afosto to the shop's pieces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas import afosto, epages
from schemas.errors import NeedsPerson
from schemas.mapping.orders.payments import require_parts_allowed, takes_parts
from schemas.mapping.progress.afosto_news import RETURN_STATUS
from schemas.mapping.progress.line_counts import UnitPool, by_line, is_out, remainder, shipped_so_far
from schemas.reasons import Reason
from schemas.wording.lists import counted
from schemas.wording.phrases import phrase

RETURNED = "RETURNED"
BROKEN = "BROKEN"
_IN_SHOP = {RETURNED: phrase("RETURNED in the shop"), BROKEN: phrase("BROKEN in the shop")}


def units_to_return(
    order: epages.Order,
    afosto_order: afosto.Order,
    imported: Mapping[tuple[str, str], int],
    exported: Mapping[tuple[str, str], int],
) -> tuple[list[str], list[str]]:
    """Return the ids of the Afosto units still to return: those to restock (returned), those not to (broken).

    Counts per (line id, RETURNED or BROKEN): `imported` returns we have already carried over, `exported` ones began in
    Afosto. Raises Drift when their sum exceeds the shop's figure, and NeedsPerson (return-conflict) when too few units
    are in parcels.
    """
    pool = UnitPool(afosto_order, is_out)
    units: dict[str, list[str]] = {RETURNED: [], BROKEN: []}
    for line in order.lines:
        for status, count in ((RETURNED, line.returned), (BROKEN, line.broken)):
            figures = {
                _IN_SHOP[status]: count,
                phrase("begun in Afosto"): exported.get((line.id, status), 0),
                phrase("carried over"): imported.get((line.id, status), 0),
            }
            need = remainder(figures, order.id, line.id, phrase("to return"))
            units[status] += pool.take(line.id, need, reason=Reason.RETURN_CONFLICT, purpose=phrase("taken back"))
    return units[RETURNED], units[BROKEN]


@dataclass(frozen=True, slots=True)
class BackUnit:
    """A returned unit: its line, and its status in the shop (RETURNED or BROKEN)."""

    id: str
    line_id: str
    status: str


@dataclass(frozen=True, slots=True)
class ReturnPlan:
    """A return process to create, for the shipping or pickup process (None: all) that delivered the units."""

    process_id: str | None
    units: tuple[BackUnit, ...]


def return_plans(
    shop: epages.Order,
    afosto_order: afosto.Order,
    back: Sequence[afosto.Unit],
    brought_by: Mapping[str, str],
    carried_over: Mapping[tuple[str, str], int],
) -> tuple[list[ReturnPlan], list[BackUnit]]:
    """Plan the returns in the shop for units whose return began in Afosto; `brought_by` is parcel id → process id.

    `carried_over` counts, per (line id, status), the returns that exist on both sides. Returns the plans, and the units
    that both sides returned on their own, which need no call: if fewer pieces are out in the shop than were returned in
    Afosto, the shop's own returns count as the same ones. Raises NeedsPerson: return-conflict when those are not
    enough, full-refund-only.
    """
    wanted: list[tuple[str, BackUnit]] = []
    matched: list[BackUnit] = []
    natives = by_line(afosto_order, back)
    for line in shop.lines:
        units = natives.get(line.id, [])
        own = taken_back_by_shop(shop, line, carried_over)
        out = _out(line, shop)
        excess = max(0, len(units) - out)
        if excess > len(own):
            raise _conflict(shop, line, len(units), out)
        matched += [BackUnit(unit.id, line.id, own[n]) for n, unit in enumerate(units[:excess])]
        wanted += [(brought_by.get(str(unit.parcel_id), ""), _back(unit, line.id)) for unit in units[excess:]]
    return _grouped(shop, wanted), matched


def _out(line: epages.LineItem, shop: epages.Order) -> int:
    """Pieces that left the shop and are not returned; a parcel that is only packed has not left."""
    packed = line.pending + line.ready_for_pickup
    return shipped_so_far(line, order_id=shop.id) - packed - line.returned - line.broken


def _back(unit: afosto.Unit, line_id: str) -> BackUnit:
    return BackUnit(unit.id, line_id, RETURN_STATUS[unit.progress])


def _grouped(shop: epages.Order, wanted: Sequence[tuple[str, BackUnit]]) -> list[ReturnPlan]:
    if not wanted:
        return []
    if not takes_parts(shop):
        counts = {line.id: sum(unit.line_id == line.id for _, unit in wanted) for line in shop.lines}
        if any(counts[line.id] < line.quantity for line in shop.lines):
            require_parts_allowed(shop, "returned")
        processes = {process for process, _ in wanted}
        only = processes.pop() if len(processes) == 1 else None
        return [ReturnPlan(only, tuple(unit for _, unit in wanted))]
    groups: dict[str, list[BackUnit]] = {}
    for process, unit in wanted:
        groups.setdefault(process, []).append(unit)
    return [ReturnPlan(process, tuple(units)) for process, units in groups.items()]


def taken_back_by_shop(
    shop: epages.Order, line: epages.LineItem, carried_over: Mapping[tuple[str, str], int]
) -> list[str]:
    """Return the status of each piece that was returned in the shop alone, not carried over. Raises Drift."""
    statuses: list[str] = []
    for status, count in ((RETURNED, line.returned), (BROKEN, line.broken)):
        figures = {_IN_SHOP[status]: count, phrase("carried over"): carried_over.get((line.id, status), 0)}
        statuses += [status] * remainder(figures, shop.id, line.id, phrase("taken back by the shop alone"))
    return statuses


def _conflict(shop: epages.Order, line: epages.LineItem, count: int, out: int) -> NeedsPerson:
    return NeedsPerson(
        phrase(
            "Order %(order)s (%(id)s), line %(line)s: %(units)s came back to Afosto, but in the shop "
            "only %(out)s are out.",
            order=shop.number,
            id=shop.id,
            line=line.sku,
            units=counted(count, "unit"),
            out=out,
        ),
        reason=Reason.RETURN_CONFLICT,
        resolution=phrase(
            "Look at the order on both sides and put right by hand what the two did to the same units; "
            "then retry the job."
        ),
    )
