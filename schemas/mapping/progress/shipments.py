"""Maps the shop's shipping and pickup processes to Afosto parcels."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from schemas import afosto
from schemas.epages import Process
from schemas.errors import NeedsPerson
from schemas.mapping.progress.line_counts import UnitPool, by_line, is_unpacked
from schemas.reasons import Reason
from schemas.wording.phrases import phrase

# Nothing has left the shop yet: the parcel is created once it has.
_NOT_YET = "PENDING"

_PARCEL_STATUS = {
    "SHIPPED": "IN_TRANSIT",
    "DELIVERED": "DELIVERED",
    "READY_FOR_PICKUP": "READY_TO_COLLECT",
    "PICKED_UP": "DELIVERED",
}


# The progress of a parcel by status; it only increases.
RANK = {"OPEN": 0, "ANNOUNCED": 1, "READY_TO_COLLECT": 2, "IN_TRANSIT": 2, "DELIVERED": 3}
GONE = 2  # from this rank on, the parcel has left the warehouse


@dataclass(frozen=True, slots=True)
class ParcelPlan:
    """A parcel to create: for which process, with which units, and the status it must get."""

    process_id: str
    unit_ids: tuple[str, ...]
    code: str | None
    url: str | None
    status: str


@dataclass(frozen=True, slots=True)
class TwoCodes:
    """The different tracking codes of one shipment on both sides; `shop` is None if the shop has none."""

    shop: str | None
    afosto: str

    def __str__(self) -> str:
        return f"different tracking codes: {self.shop or 'none'} in the shop, {self.afosto} in Afosto"

    @property
    def advice(self) -> str:
        """What a person can do about it."""
        return f"The shop takes no other code once a parcel has left: if {self.afosto} is right, tell it to the buyer"


def two_codes(process: Process, parcel: afosto.Parcel) -> TwoCodes | None:
    """Return the codes of a shipment if Afosto has one that differs from the shop's, else None."""
    if not parcel.tracking_code or parcel.tracking_code == process.tracking_code:
        return None
    return TwoCodes(process.tracking_code, parcel.tracking_code)


def parcels_to_create(
    processes: Iterable[Process], links: Mapping[str, str], afosto_order: afosto.Order
) -> list[ParcelPlan]:
    """Plan a parcel for each process that has left the shop and has no parcel; `links` has those with one.

    Raises NeedsPerson: ship-conflict when Afosto has too few units left to pack, unknown-status.
    """
    pool = UnitPool(afosto_order, is_unpacked)
    return [_plan(process, pool) for process in processes if process.status != _NOT_YET and process.id not in links]


def status_for(process: Process) -> str:
    """Return the status a process's parcel must have. Raises NeedsPerson (unknown-status), also for PENDING."""
    if process.status not in _PARCEL_STATUS:
        raise NeedsPerson(
            phrase(
                "Process %(process)s of the shop has the status '%(status)s', for which no parcel status is known.",
                process=process.id,
                status=process.status,
            ),
            reason=Reason.UNKNOWN_STATUS,
            resolution=phrase("Set the parcel's status in Afosto by hand, and have the status added to the connector."),
        )
    return _PARCEL_STATUS[process.status]


def _plan(process: Process, pool: UnitPool) -> ParcelPlan:
    status = status_for(process)
    units = [
        unit
        for line in process.lines
        for unit in pool.take(line.line_id, line.quantity, reason=Reason.SHIP_CONFLICT, purpose=phrase("packed"))
    ]
    return ParcelPlan(process.id, tuple(units), process.tracking_code, process.tracking_link, status)


def require_known_status(parcel: afosto.Parcel) -> None:
    """Raise NeedsPerson (unknown-status) for a parcel whose status we do not know."""
    if parcel.status not in RANK:
        raise NeedsPerson(
            phrase(
                "Afosto's parcel %(parcel)s has the status '%(status)s', which the connector does not know.",
                parcel=parcel.name,
                status=parcel.status,
            ),
            reason=Reason.UNKNOWN_STATUS,
            resolution=phrase(
                "Look what Afosto means by it, do in the shop what it asks for, and have the status added."
            ),
        )


def parcel_lines(parcel: afosto.Parcel, order: afosto.Order) -> dict[str, int]:
    """Return line id → units of that line in a parcel. Raises NeedsPerson (foreign-unit)."""
    inside = [unit for unit in order.units if unit.id in parcel.unit_ids]
    return {line_id: len(units) for line_id, units in by_line(order, inside).items()}


def process_lines(process: Process) -> dict[str, int]:
    """Return how many pieces of each line a process of the shop holds."""
    pieces: dict[str, int] = {}
    for line in process.lines:
        pieces[line.line_id] = pieces.get(line.line_id, 0) + line.quantity
    return pieces


def same_shipment(process: Process, lines: Mapping[str, int]) -> bool:
    """Tell whether a process of the shop holds exactly these pieces."""
    return process_lines(process) == lines


def fits_until_canceled(lines: Mapping[str, int], left: Mapping[str, int], canceled: Mapping[str, int]) -> bool:
    """Tell whether a side has these pieces left only as long as a cancellation of the other side is not carried over.

    `left` are the pieces of each line that the side can still ship, `canceled` those that the other side canceled.
    """
    fits = all(count <= left.get(line, 0) for line, count in lines.items())
    return fits and any(count > left.get(line, 0) - canceled.get(line, 0) for line, count in lines.items())
