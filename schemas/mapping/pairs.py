"""What both sides did alike: after a restore it counts once, even where there would be room for two.

Both are looked at without knowing which of it was carried over; one effect too few is seen and mended, a second refund
or a second parcel is not.
"""

from collections.abc import Collection, Iterable, Mapping

from schemas import afosto, epages
from schemas.mapping.cancellations import canceled_by_shop
from schemas.mapping.news import RETURN_STATUS
from schemas.mapping.returns import BackUnit, taken_back_by_shop
from schemas.mapping.shipments import parcel_lines, same_shipment


def paired_cancellations(
    shop: epages.Order,
    canceled: Iterable[afosto.Unit],
    carried_over: Mapping[str, int],
    canceled_before: Mapping[str, int],
) -> dict[str, str]:
    """Give contra id → line id of the units that count as canceled on both sides.

    `canceled` are those of Afosto that no link accounts for; per line id, `carried_over` counts those that links do,
    whoever began, `canceled_before` those left out at the import. Raises Drift.
    """
    own = {line.id: canceled_by_shop(shop, line, carried_over, canceled_before) for line in shop.lines}
    paired: dict[str, str] = {}
    for unit in canceled:
        if unit.contra_id and own.get(unit.line_ref or "", 0) > 0:
            paired[unit.contra_id] = str(unit.line_ref)
            own[str(unit.line_ref)] -= 1
    return paired


def paired_returns(
    shop: epages.Order, back: Collection[afosto.Unit], carried_over: Mapping[tuple[str, str], int]
) -> list[BackUnit]:
    """Give the units that count as taken back on both sides, with their status in the shop. Raises Drift.

    Those of equal status first: what the shop calls BROKEN may have ended in Afosto as rejected or just as received.
    """
    own = {line.id: taken_back_by_shop(shop, line, carried_over) for line in shop.lines}
    paired: dict[str, BackUnit] = {}
    for exact in (True, False):
        for unit in back:
            left, line_id = own.get(unit.line_ref or "", []), str(unit.line_ref)
            status = RETURN_STATUS[unit.progress]
            if unit.id in paired or not left or (exact and status not in left):
                continue
            paired[unit.id] = BackUnit(unit.id, line_id, left.pop(left.index(status) if exact else 0))
    return list(paired.values())


def paired_parcels(
    processes: Iterable[epages.Process], parcels: Iterable[afosto.Parcel], order: afosto.Order
) -> list[tuple[afosto.Parcel, epages.Process]]:
    """Give the parcels and shipping processes of equal content and tracking code; none of those given has a link."""
    return _paired(processes, parcels, order, exact=True)


def paired_shipments(
    processes: Collection[epages.Process], parcels: Collection[afosto.Parcel], order: afosto.Order
) -> list[tuple[afosto.Parcel, epages.Process]]:
    """Give the parcels and shipping processes of equal content; none of those given has a link.

    Those of equal tracking code first: a code may have been corrected on one side, and then tells nothing.
    """
    exact = _paired(processes, parcels, order, exact=True)
    here, there = {process.id for _, process in exact}, {parcel.id for parcel, _ in exact}
    others = [process for process in processes if process.id not in here]
    return [*exact, *_paired(others, [p for p in parcels if p.id not in there], order, exact=False)]


def _paired(
    processes: Iterable[epages.Process], parcels: Iterable[afosto.Parcel], order: afosto.Order, *, exact: bool
) -> list[tuple[afosto.Parcel, epages.Process]]:
    free = list(processes)
    paired: list[tuple[afosto.Parcel, epages.Process]] = []
    for parcel in parcels:
        lines, code = parcel_lines(parcel, order), parcel.tracking_code or None
        alike = (p for p in free if same_shipment(p, lines) and (not exact or (p.tracking_code or None) == code))
        same = next(alike, None)
        if same is not None:
            free.remove(same)
            paired.append((parcel, same))
    return paired
