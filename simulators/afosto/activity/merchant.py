"""What the merchant does in Afosto's admin, recorded as `by` afosto. Each function does all steps at once."""

from collections.abc import Sequence

from simulators.afosto.tenant.cancellations_and_returns import approve, cancel, finish, receive, reject, restock
from simulators.afosto.tenant.errors import invalid
from simulators.afosto.tenant.model import Order, Parcel, Unit
from simulators.afosto.tenant.parcels import add_track_trace, set_status
from simulators.afosto.tenant.tenant import Tenant


def cancel_units(tenant: Tenant, order_id: str, unit_ids: Sequence[str] | None, refund: bool = True) -> Order:
    """Cancel these units (None: all that can be canceled), refund them unless `refund` is false, and finish."""
    order = tenant.order(order_id)
    units = _named(tenant, order, unit_ids) if unit_ids else untouched(order)
    cancel(tenant, "afosto", order_id, [(unit.id, None) for unit in units])
    ids = [unit.action_id for unit in units]
    approve(tenant, "afosto", order_id, ids, refund)
    restock(tenant, "afosto", order_id, ids, None)
    return finish(tenant, "afosto", order_id, ids)


def return_units(
    tenant: Tenant, order_id: str, unit_ids: Sequence[str], outcome: str, location_id: str | None = None
) -> Order:
    """Process a return. `outcome`: restocked, broken (accepted, not restocked) or rejected."""
    if outcome not in ("restocked", "broken", "rejected"):
        raise invalid("outcome", "neither restocked, broken nor rejected")
    receive(tenant, "afosto", order_id, unit_ids)
    if outcome == "rejected":
        return reject(tenant, "afosto", order_id, unit_ids)
    approve(tenant, "afosto", order_id, unit_ids, is_refund=True)
    if outcome == "restocked":
        restock(tenant, "afosto", order_id, unit_ids, location_id)
    return finish(tenant, "afosto", order_id, unit_ids)


def announce(
    tenant: Tenant, order_id: str, unit_ids: Sequence[str] | None, code: str | None, url: str | None
) -> Parcel:
    """Pack these units (None: all that are left); the parcel is ANNOUNCED and has not left."""
    order = tenant.order(order_id)
    units = _named(tenant, order, unit_ids) if unit_ids else untouched(order)
    return add_track_trace(tenant, "afosto", [unit.id for unit in units], code, url, None)


def ship(tenant: Tenant, order_id: str, unit_ids: Sequence[str] | None, code: str | None, url: str | None) -> Parcel:
    """Ship these units (None: all that are left) with a carrier."""
    parcel = announce(tenant, order_id, unit_ids, code, url)
    return set_status(tenant, "afosto", parcel.id, "IN_TRANSIT")


def ready_to_collect(tenant: Tenant, order_id: str, unit_ids: Sequence[str] | None) -> Parcel:
    """Make these units (None: all that are left) ready to be collected at the location."""
    if tenant.order(order_id).location is None:
        raise invalid("order_id", "the order is not collected at a location")
    parcel = announce(tenant, order_id, unit_ids, None, None)
    return set_status(tenant, "afosto", parcel.id, "READY_TO_COLLECT")


def deliver(tenant: Tenant, order_id: str, parcel_id: str | None) -> list[Parcel]:
    """Mark a parcel (None: each one not delivered yet) delivered, or collected."""
    waiting = [p for p in tenant.order(order_id).parcels if p.status != "DELIVERED" and parcel_id in (None, p.id)]
    if not waiting:
        raise invalid("parcel", "no such parcel is on its way")
    return [set_status(tenant, "afosto", parcel.id, "DELIVERED") for parcel in waiting]


def recount(tenant: Tenant, location_id: str, sku: str, total: int) -> None:
    """Set the stock after a count: `total` pieces are there."""
    tenant.inventory.recount(tenant.location(location_id, "location_id").id, sku, total)
    tenant.causes.record("afosto", "recount", location_id=location_id, sku=sku, total=total)


def sell_elsewhere(tenant: Tenant, location_id: str, sku: str, quantity: int) -> None:
    """Sell pieces over another channel."""
    tenant.inventory.sell(tenant.location(location_id, "location_id").id, sku, quantity)
    tenant.causes.record("afosto", "sell_elsewhere", location_id=location_id, sku=sku, quantity=quantity)


def untouched(order: Order) -> list[Unit]:
    """The units that are neither canceled nor packed."""
    return [unit for unit in order.units if unit.progress == "OPEN" and unit.parcel is None]


def _named(tenant: Tenant, order: Order, unit_ids: Sequence[str]) -> list[Unit]:
    return [tenant.unit(order, unit_id, f"units.{n}")[1] for n, unit_id in enumerate(unit_ids)]
