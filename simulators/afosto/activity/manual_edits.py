"""Manual edits of orders in Afosto's admin that are not part of normal trade: they make the two sides differ."""

from collections.abc import Mapping
from typing import Any

from simulators.afosto.tenant.errors import invalid
from simulators.afosto.tenant.model import Order
from simulators.afosto.tenant.orders import add_items, create_order, open_order
from simulators.afosto.tenant.tenant import Tenant


def delete(tenant: Tenant, order: Order) -> None:
    """Delete an order with its units and parcels; its reserved pieces may be sold again."""
    for unit in order.units:
        _forget(tenant, order, unit.id)
    for parcel in order.parcels:
        del tenant.parcels[parcel.id]
    if order.reference is not None:
        tenant.by_reference[order.reference].remove(order)
    del tenant.orders[order.id]
    tenant.causes.record("afosto", "delete_order", order)


def remove_units(tenant: Tenant, order: Order, units: list[str]) -> None:
    """Remove units from an order as if they had never been on it."""
    for unit_id in units:
        _forget(tenant, order, unit_id)
    tenant.record_write("afosto", "edit_order", order)


def add_units(tenant: Tenant, order: Order, sku: str, quantity: int, line_ref: str | None = None) -> None:
    """Add pieces to an order; with a `line_ref` they look like pieces of that line of the shop's order."""
    meta_data = {"line_ref": line_ref} if line_ref else {}
    add_items(tenant, "afosto", order.id, [{"sku": sku, "quantity": quantity, "meta_data": meta_data}])


def reprice(tenant: Tenant, order: Order, amount: int) -> None:
    """Change the price of each piece by `amount` minor units."""
    for unit in order.units:
        unit.price += amount
    tenant.record_write("afosto", "edit_order", order)


def unpack(tenant: Tenant, order: Order, parcel: str) -> None:
    """Delete a parcel; its units are in no parcel then."""
    found = tenant.parcel(parcel)
    if found.order is not order:
        raise invalid("parcel", "the parcel is not one of the order's")
    for unit in found.units:
        unit.parcel = None
    order.parcels.remove(found)
    del tenant.parcels[found.id]
    tenant.record_write("afosto", "delete_parcel", order)


def retrack(tenant: Tenant, order: Order, parcel: str, code: str) -> None:
    """Change the tracking code of a parcel."""
    found = tenant.parcel(parcel)
    found.track_trace_code = code
    tenant.record_write("afosto", "retrack", order, found.units, found, track_trace_code=code)


def copy(tenant: Tenant, order: Order) -> Order:
    """Open a second order with the same meta data and pieces."""
    draft: Mapping[str, Any] = {
        "channel_id": order.channel.id,
        "currency": order.currency,
        "is_including_vat": order.is_including_vat,
        "meta_data": order.meta_data,
    }
    duplicate = create_order(tenant, "afosto", draft)
    items = [
        {"sku": line.sku, "quantity": line.quantity, "price": line.units[0].price, "meta_data": line.meta_data}
        for line in order.lines
    ]
    add_items(tenant, "afosto", duplicate.id, items)
    return open_order(tenant, "afosto", duplicate.id)


def _forget(tenant: Tenant, order: Order, unit_id: str) -> None:
    _, unit = tenant.unit(order, unit_id, "units")
    if unit.position in ("RESERVED", "WAITING"):
        tenant.inventory.restock(unit, None)
    unit.line.units.remove(unit)
    del tenant.units[unit_id]
    tenant.actionable.pop(unit.action_id, None)


def open_by_hand(tenant: Tenant, order: Order) -> None:
    """Open a draft that the connector has not opened."""
    open_order(tenant, "afosto", order.id)
