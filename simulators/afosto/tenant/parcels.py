"""Parcels: created from units of one order with a tracking code, then moved forward."""

from collections.abc import Sequence

from simulators.afosto.tenant.errors import invalid
from simulators.afosto.tenant.model import ON_THE_WAY, PARCEL_STATUSES, By, Order, Parcel, Unit
from simulators.afosto.tenant.tenant import Tenant


def add_track_trace(
    tenant: Tenant, by: By, unit_ids: Sequence[str], code: str | None, url: str | None, carrier: str | None
) -> Parcel:
    """Create an ANNOUNCED parcel from these units: all of one open order, none canceled, none in a parcel yet."""
    order, units = _shippable(tenant, unit_ids)
    parcel = Parcel(tenant.new_id("parcel"), order, code, url, carrier, units)
    for unit in units:
        unit.parcel = parcel
    order.parcels.append(parcel)
    tenant.parcels[parcel.id] = parcel
    tenant.record_write(by, "ship", order, units, parcel, track_trace_code=code)
    return parcel


def set_status(tenant: Tenant, by: By, parcel_id: str, status: str) -> Parcel:
    """Move a parcel to a later status. Raises VALIDATION_ERROR for its present status and earlier ones.

    Also for READY_TO_COLLECT, if the order is not collected at a location.
    """
    parcel = tenant.parcel(parcel_id)
    _check_move(parcel, status)
    parcel.status = status
    if status in ON_THE_WAY:
        for unit in parcel.units:
            tenant.inventory.ship(unit)
    _record_status(tenant, by, parcel)
    tenant.close_if_done(parcel.order)
    return parcel


def _shippable(tenant: Tenant, unit_ids: Sequence[str]) -> tuple[Order, list[Unit]]:
    if not unit_ids or len(set(unit_ids)) != len(unit_ids):
        raise invalid("items", "give each item once, and at least one")
    found = [tenant.unit(None, unit_id, f"items.{n}") for n, unit_id in enumerate(unit_ids)]
    order = found[0][0]
    if order.status != "OPEN":
        raise invalid("items", "the order is not open")
    for n, (owner, unit) in enumerate(found):
        _check_shippable(f"items.{n}", owner is order, unit)
    return order, [unit for _, unit in found]


def _check_shippable(field: str, same_order: bool, unit: Unit) -> None:
    if not same_order:
        raise invalid(field, "the items belong to different orders")
    if unit.progress != "OPEN":
        raise invalid(field, f"the item is {unit.progress}")
    if unit.parcel is not None:
        raise invalid(field, "the item is already in a parcel")


def _check_move(parcel: Parcel, status: str) -> None:
    if status == parcel.status:
        raise invalid("status", f"already {status}")
    if PARCEL_STATUSES.index(status) < PARCEL_STATUSES.index(parcel.status):
        raise invalid("status", f"a parcel that is {parcel.status} cannot become {status}")
    if status == "READY_TO_COLLECT" and parcel.order.location is None:
        raise invalid("status", "the order is not collected at a location")


def _record_status(tenant: Tenant, by: By, parcel: Parcel) -> None:
    """Record the new status. Two statuses have an event of their own; the others are updates of the order."""
    order, action = parcel.order, parcel.status.lower()
    if parcel.status in ("IN_TRANSIT", "DELIVERED"):
        order.updated_at = tenant.now()
        tenant.causes.record(by, action, order, parcel.units, parcel)
        tenant.announce(parcel, parcel.status)
    else:
        tenant.record_write(by, action, order, parcel.units, parcel)
