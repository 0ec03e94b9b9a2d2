"""Orders from draft to open: create, add items, set an expiration, open."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from simulators.afosto.tenant.errors import invalid
from simulators.afosto.tenant.model import By, Line, Order, Place, Unit
from simulators.afosto.tenant.tenant import Tenant

Document = Mapping[str, Any]
FIRST_NUMBER = 1000


def create_order(tenant: Tenant, by: By, draft: Document) -> Order:
    """Create an order in CONCEPT from a CreateOrderInput. Raises VALIDATION_ERROR for channel, location or fee type."""
    channel = tenant.channel(draft.get("channel_id"), "channel_id")
    now, seq = tenant.now(), next(tenant.numbers)
    order = Order(
        id=tenant.new_id("order"),
        seq=seq,
        number=str(FIRST_NUMBER + seq),
        channel=channel,
        currency=draft["currency"],
        country_code=draft.get("country_code"),
        is_including_vat=draft.get("is_including_vat") is not False,
        meta_data=dict(draft.get("meta_data") or {}),
        customer=_customer(tenant, draft.get("customer") or {}),
        billing=draft.get("billing"),
        delivery=_delivery(tenant, draft.get("delivery") or {}),
        fees=_fees(tenant, draft.get("fees") or ()),
        adjustments=[
            {"id": tenant.new_id("adjustment"), "is_percentage": False, **row} for row in draft.get("adjustments") or ()
        ],
        created_at=now,
        updated_at=now,
        drift=tenant.switches.total_drift,
    )
    tenant.orders[order.id] = order
    if order.reference is not None:
        tenant.by_reference.setdefault(order.reference, []).append(order)
    tenant.record_write(by, "create_order", order, reference=order.reference)
    return order


def add_items(tenant: Tenant, by: By, order_id: str, items: Sequence[Document]) -> Order:
    """Add items (OrderItemInput each), also to an open order: prices as given, else from the catalog.

    Raises VALIDATION_ERROR for the first wrong item (`items.N.sku`, …); then none was added.
    """
    order = tenant.order(order_id)
    if order.status == "CLOSED":
        raise invalid("order_id", "the order is closed")
    if not items:
        raise invalid("items", "no items given")
    for n, item in enumerate(items):
        _check_item(tenant, f"items.{n}", item)
    added = [unit for item in items for unit in _add_item(tenant, order, item)]
    tenant.record_write(by, "add_items", order, added)
    if order.status == "OPEN":
        _allocate(tenant, order, added)
        _check_units(tenant, order)
    return order


def set_expiration(tenant: Tenant, by: By, order_id: str, expires_at: int) -> Order:
    """Let a draft expire at `expires_at` (Unix milliseconds); from then on it cannot be opened."""
    order = tenant.order(order_id)
    if order.status != "CONCEPT":
        raise invalid("order_id", "only a draft can expire")
    order.expires_at = expires_at
    tenant.record_write(by, "expire_order", order, expires_at=expires_at)
    return order


def open_order(tenant: Tenant, by: By, order_id: str) -> Order:
    """CONCEPT becomes OPEN and its inventory is reserved. Raises VALIDATION_ERROR when open, expired or empty."""
    order = tenant.order(order_id)
    if order.status != "CONCEPT":
        raise invalid("order_id", "already open")
    expired = order.expires_at is not None and order.expires_at <= tenant.now()
    if expired and not tenant.switches.expired_opens:
        raise invalid("order_id", "the order has expired")
    if not order.lines:
        raise invalid("order_id", "the order has no items")
    order.status = "OPEN"
    tenant.record_write(by, "open_order", order, order.units, event="ORDER_OPENED", reference=order.reference)
    _allocate(tenant, order, order.units)
    _check_units(tenant, order)
    _check_doubled(tenant, order)
    return order


def _check_item(tenant: Tenant, field: str, item: Document) -> None:
    if item["quantity"] < 1:
        raise invalid(f"{field}.quantity", "the quantity must be at least 1")
    if (item.get("price") or 0) < 0:
        raise invalid(f"{field}.price", "the price must not be negative")
    if not item["sku"] or not (tenant.switches.accept_any_sku or item["sku"] in tenant.catalog):
        raise invalid(f"{field}.sku", f"unknown SKU {item['sku']!r}")


def _add_item(tenant: Tenant, order: Order, item: Document) -> list[Unit]:
    known = tenant.catalog.get(item["sku"], {})
    line = _line(order, item, known, merge=tenant.switches.merge_items)
    price = item["price"] if item.get("price") is not None else known.get("price", 0)
    units = [Unit(tenant.new_id("unit"), line, price) for _ in range(item["quantity"])]
    line.units.extend(units)
    tenant.units.update({unit.id: (order, unit) for unit in units})
    return units


def _line(order: Order, item: Document, known: Document, *, merge: bool) -> Line:
    meta_data = dict(item.get("meta_data") or {})
    for line in order.lines:
        if merge and line.sku == item["sku"] and line.meta_data == meta_data:
            return line
    label = item.get("label") or known.get("label") or item["sku"]
    order.lines.append(Line(item["sku"], label, item.get("vat_rate") or 0.0, meta_data))
    return order.lines[-1]


def _allocate(tenant: Tenant, order: Order, units: Sequence[Unit]) -> None:
    locations = tenant.selling_from[order.channel.id]
    if order.location:
        locations = (order.location.id, *(at for at in locations if at != order.location.id))
    tenant.inventory.allocate(units, locations, tenant.switches.allocate_late)


def _check_units(tenant: Tenant, order: Order) -> None:
    """Check that no unit was added twice: the meta data say how many units the connector wants, in all or per line."""
    expected = order.meta_data.get("units")
    if isinstance(expected, Mapping):
        held: Mapping[Any, int] = Counter(line.meta_data.get("line_ref") for line in order.lines for _ in line.units)
        if any(count > expected.get(line_ref, 0) for line_ref, count in held.items()):
            tenant.causes.violate("too-many-units", order, expected=dict(expected), units=dict(held))
    elif isinstance(expected, int) and len(order.units) > expected:
        tenant.causes.violate("too-many-units", order, expected=expected, units=len(order.units))


def _check_doubled(tenant: Tenant, order: Order) -> None:
    if order.reference is None:
        return
    opened = [other.id for other in tenant.by_reference[order.reference] if other.status != "CONCEPT"]
    if len(opened) > 1:
        tenant.causes.violate("doubled", order, reference=order.reference, orders=opened)


def _customer(tenant: Tenant, given: Document) -> dict[str, Any]:
    parties = {
        name: {"id": tenant.new_id(name), **given[name]}
        for name in ("contact", "organisation")
        if given.get(name) is not None
    }
    return {"notes": given.get("notes"), "reference": given.get("reference"), **parties}


def _delivery(tenant: Tenant, given: Document) -> dict[str, Any]:
    address: Document | None = None
    location: Place | None = None
    for n, target in enumerate(given.get("addresses") or ()):
        field = f"delivery.addresses.{n}"
        if target["type"] == "LOCATION":
            location = tenant.location(target.get("location_id") or "", f"{field}.location_id")
        elif target["type"] == "ADDRESS" and target.get("address"):
            address = target["address"]
        else:
            raise invalid(f"{field}.type", "neither an ADDRESS with its address nor a LOCATION")
    return {"address": address, "location": location, "method": None}


def _fees(tenant: Tenant, given: Sequence[Document]) -> dict[str, list[dict[str, Any]]]:
    fees: dict[str, list[dict[str, Any]]] = {"shipping": [], "payment": []}
    for n, fee in enumerate(given):
        if fee["type"] not in fees:
            raise invalid(f"fees.{n}.type", "neither shipping nor payment")
        row = {
            "id": tenant.new_id("fee"),
            "description": fee["description"],
            "is_contra": False,
            "total": fee["amount"],
        }
        fees[fee["type"]].append(row)
    return fees
