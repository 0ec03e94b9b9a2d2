"""Which parcels Afosto must get for the shop's shipping and pickup processes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from schemas import afosto
from schemas.epages import Process
from schemas.errors import NeedsPerson
from schemas.mapping.counts import UnitPool, waiting

# Nothing has left the shop yet: the parcel is made once it has.
_NOT_YET = "PENDING"

_PARCEL_STATUS = {
    "SHIPPED": "IN_TRANSIT",
    "DELIVERED": "DELIVERED",
    "READY_FOR_PICKUP": "READY_TO_COLLECT",
    "PICKED_UP": "DELIVERED",
}


@dataclass(frozen=True, slots=True)
class ParcelPlan:
    """A parcel to create: for which process, with which units, and the status it must end in."""

    process_id: str
    unit_ids: tuple[str, ...]
    code: str | None
    url: str | None
    status: str


def parcels_to_create(
    processes: Iterable[Process], links: Mapping[str, str], afosto_order: afosto.Order
) -> list[ParcelPlan]:
    """Plan a parcel for every process that has left the shop and has no parcel; `links` gives those that have.

    Raises NeedsPerson: ship-conflict when Afosto has too few units left to pack, unknown-status.
    """
    pool = UnitPool(afosto_order, waiting)
    return [_plan(process, pool) for process in processes if process.status != _NOT_YET and process.id not in links]


def status_for(process: Process) -> str:
    """Give the status a process's parcel must have. Raises NeedsPerson (unknown-status), also for a pending one."""
    if process.status not in _PARCEL_STATUS:
        raise NeedsPerson(
            f"Process {process.id} of the shop has the status {process.status!r}, for which no parcel status is known.",
            reason="unknown-status",
            resolution="Set the parcel's status in Afosto by hand, and have the status added to the connector.",
        )
    return _PARCEL_STATUS[process.status]


def _plan(process: Process, pool: UnitPool) -> ParcelPlan:
    status = status_for(process)
    units = [
        unit
        for line in process.lines
        for unit in pool.take(line.line_id, line.quantity, reason="ship-conflict", purpose="packed")
    ]
    return ParcelPlan(process.id, tuple(units), process.tracking_code, process.tracking_link, status)
