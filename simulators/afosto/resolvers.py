"""The root fields of the schema, each handing over to the domain, and the scalars."""

from collections.abc import Callable
from typing import Any

from ariadne import MutationType, QueryType, ScalarType
from graphql import GraphQLResolveInfo

from simulators.afosto import orders, parcels, undoing
from simulators.afosto.errors import not_found
from simulators.afosto.model import Line, Order, Parcel, Place
from simulators.afosto.pages import page
from simulators.afosto.tenant import Tenant

Info = GraphQLResolveInfo[Tenant]
Input = dict[str, Any]
Payload = dict[str, Any]


def resolve_me(_: Any, info: Info) -> Payload:
    """The user behind the key."""
    return {"id": info.context.name, "email": f"api@{info.context.name}.example"}


def resolve_order(_: Any, info: Info, id: str) -> Order:
    """One order by id."""
    return info.context.order(id)


def resolve_orders(
    _: Any, info: Info, first: int | None = None, after: str | None = None, filters: Input | None = None
) -> Payload:
    """Orders in the order of their creation."""
    rows = _matching(info.context, filters or {})
    return page(rows, lambda order: (order.seq,), first, after)


def resolve_channel(_: Any, info: Info, id: str | None = None) -> Place:
    """One channel; without an id only a storefront token would tell which."""
    if id is None or id not in info.context.channels:
        raise not_found("Channel", id or "")
    return info.context.channels[id]


def resolve_channels(_: Any, info: Info, first: int | None = None, after: str | None = None) -> Payload:
    """All channels by id."""
    return _places(info.context.channels, first, after)


def resolve_locations(_: Any, info: Info, first: int | None = None, after: str | None = None) -> Payload:
    """All locations by id."""
    return _places(info.context.locations, first, after)


def resolve_inventory(_: Any, info: Info, skus: list[str], location_ids: list[str]) -> list[Any]:
    """The levels of these SKUs at these locations, as far as they exist."""
    return info.context.inventory.select(skus, location_ids)


def resolve_inventory_changes(
    _: Any,
    info: Info,
    since: int,
    location_ids: list[str],
    first: int | None = None,
    after: str | None = None,
) -> Payload:
    """What moved since a time, oldest first."""
    rows = info.context.inventory.changes(since, location_ids)
    return page(rows, lambda change: (change.changed_at, change.location_id, change.sku), first, after)


def create_order(_: Any, info: Info, input: Input) -> Payload:
    """A new draft."""
    return {"order": orders.create_order(info.context, "connector", input)}


def set_expiration_date(_: Any, info: Info, input: Input) -> Payload:
    """Let a draft expire."""
    return {"order": orders.set_expiration(info.context, "connector", input["order_id"], input["expires_at"])}


def add_items(_: Any, info: Info, input: Input) -> Payload:
    """Add units to an order."""
    return {"order": orders.add_items(info.context, "connector", input["order_id"], input["items"])}


def open_order(_: Any, info: Info, input: Input) -> Payload:
    """Draft to open."""
    return {"order": orders.open_order(info.context, "connector", input["order_id"])}


def cancel_items(_: Any, info: Info, input: Input) -> Payload:
    """Cancel units before shipment."""
    pairs = [(item["item_id"], item.get("contra_item_id")) for item in input["items"]]
    return {"order": undoing.cancel(info.context, "connector", input["order_id"], pairs)}


def receive_items(_: Any, info: Info, input: Input) -> Payload:
    """Take units back."""
    return {"order": undoing.receive(info.context, "connector", input["order_id"], input["items"])}


def approve_items(_: Any, info: Info, input: Input) -> Payload:
    """Settle the money of a cancellation or return."""
    ids, is_refund = input["items"], input["is_refund"]
    return {"order": undoing.approve(info.context, "connector", input["order_id"], ids, is_refund)}


def restock_items(_: Any, info: Info, input: Input) -> Payload:
    """Put units back into stock."""
    ids, place = input["items"], input.get("location_id")
    return {"order": undoing.restock(info.context, "connector", input["order_id"], ids, place)}


def finish_items(_: Any, info: Info, input: Input) -> Payload:
    """End a cancellation or return."""
    return {"order": undoing.finish(info.context, "connector", input["order_id"], input["items"])}


def add_track_trace(_: Any, info: Info, input: Input) -> Payload:
    """A parcel over units."""
    details = (input.get(name) for name in ("track_trace_code", "track_trace_url", "carrier"))
    parcel = parcels.add_track_trace(info.context, "connector", input["items"], *details)
    return {"parcel": parcel, "items": _lines_in(parcel)}


def set_parcel_status(_: Any, info: Info, input: Input) -> Payload:
    """Move a parcel forward."""
    return {"parcel": parcels.set_status(info.context, "connector", input["parcel_id"], input["status"])}


QUERIES: dict[str, Callable[..., Any]] = {
    "me": resolve_me,
    "order": resolve_order,
    "orders": resolve_orders,
    "channel": resolve_channel,
    "channels": resolve_channels,
    "locations": resolve_locations,
    "inventory": resolve_inventory,
    "inventoryChanges": resolve_inventory_changes,
}
MUTATIONS: dict[str, Callable[..., Any]] = {
    "createOrder": create_order,
    "setExpirationDateForOrder": set_expiration_date,
    "addItemsToOrder": add_items,
    "openOrder": open_order,
    "cancelOrderItems": cancel_items,
    "receiveOrderItems": receive_items,
    "approveOrderItems": approve_items,
    "restockOrderItems": restock_items,
    "finishOrderItems": finish_items,
    "addTrackTraceToItems": add_track_trace,
    "setParcelStatus": set_parcel_status,
}


def bindables(hidden: frozenset[str]) -> list[Any]:
    """Everything the schema binds, without the query fields in `hidden`."""
    query, mutation = QueryType(), MutationType()
    for name in QUERIES.keys() - hidden:
        query.set_field(name, QUERIES[name])
    for name, resolver in MUTATIONS.items():
        mutation.set_field(name, resolver)
    return [query, mutation, *_scalars()]


def _scalars() -> list[ScalarType]:
    parsers = {"DateTime": _whole, "Money": _whole, "Currency": _currency, "PremiseNumber": _premise}
    parsers["JsonObject"] = _json_object
    return [ScalarType(name, value_parser=parser) for name, parser in parsers.items()]


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"an integer is expected, not {value!r}")
    return value


def _currency(value: Any) -> str:
    if not (isinstance(value, str) and len(value) == 3 and value.isalpha() and value.isupper()):
        raise ValueError(f"{value!r} is not an ISO 4217 code")
    return value


def _premise(value: Any) -> str | int:
    if isinstance(value, str) and value:
        return value
    return _whole(value)


def _json_object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"an object is expected, not {value!r}")
    return value


def _matching(tenant: Tenant, filters: Input) -> list[Order]:
    reference, channel_id = filters.get("reference"), filters.get("channel_id")
    status, after = filters.get("status"), filters.get("updated_after")
    among = tenant.orders.values() if reference is None else tenant.by_reference.get(reference, [])
    return [
        order
        for order in among
        if channel_id in (None, order.channel.id)
        and status in (None, order.status)
        and (after is None or order.updated_at > after)
    ]


def _places(places: dict[str, Place], first: int | None, after: str | None) -> Payload:
    rows = sorted(places.values(), key=lambda place: place.id)
    return page(rows, lambda place: (place.id,), first, after)


def _lines_in(parcel: Parcel) -> list[Line]:
    return list({id(unit.line): unit.line for unit in parcel.units}.values())
