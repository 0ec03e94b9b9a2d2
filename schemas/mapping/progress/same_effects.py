"""Matches effects that exist on both sides. After a database restore they count once, even if two were possible.

After a restore it is not known which effects were carried over. One effect too few is noticed and corrected; a second
refund or a second parcel is not.
"""

from collections.abc import Collection, Iterable, Mapping

from schemas import afosto, epages
from schemas.mapping.progress.afosto_news import RETURN_STATUS
from schemas.mapping.progress.cancellations import canceled_by_shop
from schemas.mapping.progress.returns import BackUnit, taken_back_by_shop
from schemas.mapping.progress.shipments import parcel_lines, same_shipment


def matched_cancellations(
    shop: epages.Order,
    canceled: Iterable[afosto.Unit],
    carried_over: Mapping[str, int],
    canceled_before: Mapping[str, int],
) -> dict[str, str]:
    """Return contra id → line id of the units that count as canceled on both sides.

    `canceled` are Afosto's units that no link explains. Counts per line id: `carried_over` cancellations have links,
    whichever side began; `canceled_before` ones were left out at the import. Raises Drift.
    """
    own = {line.id: canceled_by_shop(shop, line, carried_over, canceled_before) for line in shop.lines}
    matched: dict[str, str] = {}
    for unit in canceled:
        if unit.contra_id and own.get(unit.line_ref or "", 0) > 0:
            matched[unit.contra_id] = str(unit.line_ref)
            own[str(unit.line_ref)] -= 1
    return matched


def matched_returns(
    shop: epages.Order, back: Collection[afosto.Unit], carried_over: Mapping[tuple[str, str], int]
) -> list[BackUnit]:
    """Return the units that count as returned on both sides, with their status in the shop. Raises Drift.

    Units of equal status match first: what the shop calls BROKEN may be rejected in Afosto, or only received.
    """
    own = {line.id: taken_back_by_shop(shop, line, carried_over) for line in shop.lines}
    matched: dict[str, BackUnit] = {}
    for exact in (True, False):
        for unit in back:
            left, line_id = own.get(unit.line_ref or "", []), str(unit.line_ref)
            status = RETURN_STATUS[unit.progress]
            if unit.id in matched or not left or (exact and status not in left):
                continue
            matched[unit.id] = BackUnit(unit.id, line_id, left.pop(left.index(status) if exact else 0))
    return list(matched.values())


def matched_parcels(
    processes: Iterable[epages.Process], parcels: Iterable[afosto.Parcel], order: afosto.Order
) -> list[tuple[afosto.Parcel, epages.Process]]:
    """Return the parcels and shipping processes with equal content and tracking code, of those without a link."""
    return _matched(processes, parcels, order, exact=True)


def matched_shipments(
    processes: Collection[epages.Process], parcels: Collection[afosto.Parcel], order: afosto.Order
) -> list[tuple[afosto.Parcel, epages.Process]]:
    """Return the parcels and shipping processes with equal content, of those without a link.

    Those with equal tracking codes match first. A code may have been corrected on one side, so it need not be equal.
    """
    exact = _matched(processes, parcels, order, exact=True)
    here, there = {process.id for _, process in exact}, {parcel.id for parcel, _ in exact}
    others = [process for process in processes if process.id not in here]
    return [*exact, *_matched(others, [p for p in parcels if p.id not in there], order, exact=False)]


def _matched(
    processes: Iterable[epages.Process], parcels: Iterable[afosto.Parcel], order: afosto.Order, *, exact: bool
) -> list[tuple[afosto.Parcel, epages.Process]]:
    free = list(processes)
    matched: list[tuple[afosto.Parcel, epages.Process]] = []
    for parcel in parcels:
        lines, code = parcel_lines(parcel, order), parcel.tracking_code or None
        alike = (p for p in free if same_shipment(p, lines) and (not exact or (p.tracking_code or None) == code))
        same = next(alike, None)
        if same is not None:
            free.remove(same)
            matched.append((parcel, same))
    return matched
