"""Counts of an order line, and which Afosto units to use for them.

Counts are computed from what is *left*: that is correct whichever way the shop books returns. A negative remainder
is never cut to zero: the counts contradict each other, and a person must look.
"""

from collections.abc import Callable, Iterable, Mapping

from schemas import afosto
from schemas.epages import LineItem
from schemas.errors import Drift, NeedsPerson
from schemas.reasons import Reason
from schemas.wording.lists import counted
from schemas.wording.phrases import Phrase, phrase


def not_canceled(line: LineItem, *, order_id: str) -> int:
    """Return how many units of the line are not canceled. Raises Drift."""
    figures = {phrase("ordered"): line.initial_quantity, phrase("canceled"): line.canceled}
    return remainder(figures, order_id, line.id, phrase("wanted"))


def shipped_so_far(line: LineItem, *, order_id: str) -> int:
    """Return how many units ever left "unshipped" or "not picked up", returned ones included. Raises Drift."""
    figures = {
        phrase("ordered"): line.initial_quantity,
        phrase("canceled"): line.canceled,
        phrase("unshipped"): line.unshipped,
        phrase("not picked up"): line.not_picked_up,
    }
    return remainder(figures, order_id, line.id, phrase("shipped"))


def delivered_so_far(line: LineItem, *, order_id: str) -> int:
    """Return how many units ever reached the buyer, returned ones included. Raises Drift."""
    figures = {
        phrase("shipped so far"): shipped_so_far(line, order_id=order_id),
        phrase("pending"): line.pending,
        phrase("under way"): line.shipped,
        phrase("ready for pickup"): line.ready_for_pickup,
    }
    return remainder(figures, order_id, line.id, phrase("delivered"))


def remainder(figures: Mapping[Phrase, int], order_id: str, line_id: str, what: Phrase) -> int:
    """Subtract all later figures from the first. Raises Drift, which lists the figures, when the result is negative."""
    first, *others = figures.values()
    left = first - sum(others)
    if left < 0:
        listed = ", ".join(f"{count} {name}" for name, count in figures.items())
        raise Drift(
            phrase(
                "Order %(order)s, line %(line)s: %(left)s %(what)s would be left (%(figures)s).",
                order=order_id,
                line=line_id,
                left=left,
                what=what,
                figures=listed,
            )
        )
    return left


def is_unpacked(unit: afosto.Unit) -> bool:
    """Whether a unit can still be canceled or packed: open, in no parcel, without a contra item."""
    return unit.progress == "OPEN" and unit.parcel_id is None and unit.contra_id is None


def is_out(unit: afosto.Unit) -> bool:
    """Whether a unit is in a parcel and has not come back."""
    back = unit.progress in ("CANCELLED", "RETURNED", "RESTOCKED", "REJECTED")
    return unit.parcel_id is not None and unit.contra_id is None and not back


def by_line(order: afosto.Order, units: Iterable[afosto.Unit]) -> dict[str, list[afosto.Unit]]:
    """Group units by the line of the shop's order. Raises NeedsPerson (foreign-unit) for a unit without a line."""
    lines: dict[str, list[afosto.Unit]] = {}
    for unit in units:
        if unit.line_ref is None:
            raise foreign_unit(order, unit.id)
        lines.setdefault(unit.line_ref, []).append(unit)
    return lines


def foreign_unit(order: afosto.Order, unit_id: str) -> NeedsPerson:
    """Return the error for a unit that belongs to no line of the shop's order: somebody added it in Afosto."""
    return NeedsPerson(
        phrase(
            "The unit %(unit)s of Afosto order %(order)s (%(id)s) belongs to no line of the shop's order.",
            unit=unit_id,
            order=order.number,
            id=order.id,
        ),
        reason=Reason.FOREIGN_UNIT,
        resolution=phrase(
            "It was added in Afosto, so the shop cannot hear of it: do by hand in the shop what concerns "
            "the other units, then drop the job."
        ),
    )


class UnitPool:
    """The units of an Afosto order that fit a purpose; each unit can be taken once."""

    def __init__(self, order: afosto.Order, fits: Callable[[afosto.Unit], bool]) -> None:
        self._order = order
        self._free: dict[str | None, list[str]] = {}
        for unit in filter(fits, order.units):
            self._free.setdefault(unit.line_ref, []).append(unit.id)

    def take(self, line_id: str, count: int, *, reason: str, purpose: Phrase) -> list[str]:
        """Take `count` units of a line, in the order Afosto lists them.

        Raises NeedsPerson with `reason` when there are too few; `purpose` completes "units that can be …".
        """
        free = self._free.get(line_id, [])
        if count > len(free):
            total = sum(unit.line_ref == line_id for unit in self._order.units)
            raise NeedsPerson(
                phrase(
                    "Afosto order %(order)s (%(id)s), line %(line)s: the shop has %(units)s to be %(purpose)s, but of "
                    "its %(all_units)s in Afosto only %(free)s can be %(purpose)s.",
                    order=self._order.number,
                    id=self._order.id,
                    line=line_id,
                    units=counted(count, "unit"),
                    all_units=counted(total, "unit"),
                    free=len(free),
                    purpose=purpose,
                ),
                reason=reason,
                resolution=phrase(
                    "Look at the order on both sides and correct by hand what both did to the same units; then "
                    "retry the job."
                ),
            )
        self._free[line_id] = free[count:]
        return free[:count]
