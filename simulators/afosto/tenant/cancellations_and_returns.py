"""Cancellations and returns: the first step of each, and the actions that both go through.

The actions of a cancellation are approve, restock, finish; they take contra ids. The actions of a return are approve,
restock (optional), finish; they take the units' own ids. A return ends as RESTOCKED, or without a restock as RETURNED.
"""

from collections.abc import Sequence

from simulators.afosto.tenant.errors import invalid
from simulators.afosto.tenant.model import APPROVAL, FINISH, ON_THE_WAY, RESTOCK, By, Order, Unit
from simulators.afosto.tenant.tenant import Tenant


def cancel(tenant: Tenant, by: By, order_id: str, pairs: Sequence[tuple[str, str | None]]) -> Order:
    """Cancel units of an open order that are in no parcel: (unit id, contra id) each; None makes a contra id.

    Raises VALIDATION_ERROR naming `items.N.item_id` or `items.N.contra_item_id`; then none was canceled.
    """
    order = tenant.order(order_id)
    if order.status != "OPEN":
        raise invalid("order_id", "the order is not open")
    units = _cancelable(tenant, order, pairs)
    for unit, (_, contra_id) in zip(units, pairs, strict=True):
        unit.progress, unit.step = "CANCELLED", APPROVAL
        unit.contra_item_id = contra_id or tenant.new_id("unit")
        tenant.actionable[unit.contra_item_id] = (order, unit)
    tenant.record_write(by, "cancel", order, units)
    return order


def receive(tenant: Tenant, by: By, order_id: str, unit_ids: Sequence[str]) -> Order:
    """Receive returned units that had been shipped. A closed order opens again. Raises VALIDATION_ERROR (`items.N`)."""
    order = tenant.order(order_id)
    _check_each_once(unit_ids)
    units = [tenant.unit(order, unit_id, f"items.{n}")[1] for n, unit_id in enumerate(unit_ids)]
    for n, unit in enumerate(units):
        _check_returnable(f"items.{n}", unit)
    for unit in units:
        unit.step = APPROVAL
        tenant.actionable[unit.id] = (order, unit)
    order.status = "OPEN"
    tenant.record_write(by, "receive", order, units)
    return order


def approve(tenant: Tenant, by: By, order_id: str, ids: Sequence[str], is_refund: bool) -> Order:
    """Approve: with `is_refund` Afosto pays the money back. The connector must never ask for that."""
    order, units = _asked(tenant, order_id, ids, (APPROVAL,))
    _advance(units, RESTOCK)
    tenant.record_write(by, "approve", order, units, is_refund=is_refund)
    if is_refund:
        tenant.causes.record(by, "refund", order, units, amount=sum(unit.price for unit in units))
        if by == "connector":
            tenant.causes.violate("refund-by-import", order, units=list(ids))
    return order


def restock(tenant: Tenant, by: By, order_id: str, ids: Sequence[str], location_id: str | None) -> Order:
    """Restock the units at `location_id`, or at the location that they came from."""
    place = tenant.location(location_id, "location_id").id if location_id is not None else None
    order, units = _asked(tenant, order_id, ids, (RESTOCK,))
    _advance(units, FINISH)
    for unit in units:
        tenant.inventory.restock(unit, place)
    tenant.record_write(by, "restock", order, units, location_id=place)
    return order


def finish(tenant: Tenant, by: By, order_id: str, ids: Sequence[str]) -> Order:
    """Finish: a return may be finished without a restock, a cancellation may not."""
    order, units = _asked(tenant, order_id, ids, (FINISH, RESTOCK))
    for n, unit in enumerate(units):
        if unit.step == RESTOCK and unit.progress == "CANCELLED":
            raise invalid(f"items.{n}", f"the item asks for {RESTOCK}")
    for unit in units:
        if unit.progress != "CANCELLED":
            unit.progress = "RESTOCKED" if unit.step == FINISH else "RETURNED"
        unit.step = None
    tenant.record_write(by, "finish", order, units)
    tenant.close_if_done(order)
    return order


def reject(tenant: Tenant, by: By, order_id: str, unit_ids: Sequence[str]) -> Order:
    """Reject a return that was received: no refund, no restock."""
    order, units = _asked(tenant, order_id, unit_ids, (APPROVAL,))
    for unit in units:
        unit.progress, unit.step = "REJECTED", None
    tenant.record_write(by, "reject", order, units)
    tenant.close_if_done(order)
    return order


def _cancelable(tenant: Tenant, order: Order, pairs: Sequence[tuple[str, str | None]]) -> list[Unit]:
    _check_each_once([unit_id for unit_id, _ in pairs])
    units, seen = [], set()
    for n, (unit_id, contra_id) in enumerate(pairs):
        _, unit = tenant.unit(order, unit_id, f"items.{n}.item_id")
        _check_cancelable(f"items.{n}.item_id", unit)
        if contra_id is not None and (contra_id in tenant.actionable or contra_id in tenant.units or contra_id in seen):
            raise invalid(f"items.{n}.contra_item_id", f"{contra_id!r} is already in use")
        seen.add(contra_id)
        units.append(unit)
    return units


def _check_cancelable(field: str, unit: Unit) -> None:
    if unit.progress != "OPEN":
        raise invalid(field, f"the item is already {unit.progress}")
    if unit.parcel is not None:
        raise invalid(field, "the item is in a parcel")


def _check_returnable(field: str, unit: Unit) -> None:
    if unit.progress != "OPEN" or unit.step is not None:
        raise invalid(field, f"the item is {unit.progress}, or its return is under way")
    if unit.parcel is None or unit.parcel.status not in ON_THE_WAY:
        raise invalid(field, "the item was not shipped")


def _check_each_once(ids: Sequence[str]) -> None:
    if not ids or len(set(ids)) != len(ids):
        raise invalid("items", "give each item once, and at least one")


def _asked(tenant: Tenant, order_id: str, ids: Sequence[str], steps: tuple[str, ...]) -> tuple[Order, list[Unit]]:
    """The order and its units with these action ids; the next step of each unit must be one of `steps`."""
    order = tenant.order(order_id)
    _check_each_once(ids)
    units = []
    for n, id_ in enumerate(ids):
        owner, unit = tenant.actionable.get(id_, (None, None))
        if unit is None or owner is not order:
            raise invalid(f"items.{n}", f"item {id_!r} does not exist or has no open action")
        if unit.step not in steps:
            raise invalid(f"items.{n}", f"the item asks for {unit.step or 'nothing'}")
        units.append(unit)
    return order, units


def _advance(units: Sequence[Unit], step: str) -> None:
    for unit in units:
        unit.step = step
