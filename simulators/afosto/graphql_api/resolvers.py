"""The resolvers of the root fields, which call the rules of the tenant, and the scalars.

A query gets its arguments, a mutation the value of its one argument `input`.
"""

from collections.abc import Callable, Iterator
from random import random
from typing import Any

from ariadne import MutationType, ObjectType, QueryType, ScalarType
from graphql import GraphQLFieldResolver, GraphQLResolveInfo

from simulators.afosto.graphql_api.pages import page
from simulators.afosto.tenant import cancellations_and_returns, orders, parcels
from simulators.afosto.tenant.errors import not_found
from simulators.afosto.tenant.inventory import Change, Level
from simulators.afosto.tenant.model import Line, Order, Parcel, Place
from simulators.afosto.tenant.tenant import Tenant

Input = dict[str, Any]
Payload = dict[str, Any]
Resolver = Callable[[Tenant, Input], object]


def resolve_me(tenant: Tenant, _: Input) -> Payload:
    """The user behind the key."""
    return {"id": tenant.name, "email": f"api@{tenant.name}.example"}


def resolve_order(tenant: Tenant, given: Input) -> Order:
    """One order by id."""
    return tenant.order(given["id"])


def resolve_orders(tenant: Tenant, given: Input) -> Payload:
    """Orders by creation, oldest first."""
    rows = _matching(tenant, given.get("filters") or {})
    return page(rows, lambda order: (order.seq,), given.get("first"), given.get("after"))


def resolve_channel(tenant: Tenant, given: Input) -> Place:
    """One channel by id. Without an id it is not found: only a storefront token implies a channel."""
    channel_id = given.get("id")
    if channel_id is None or channel_id not in tenant.channels:
        raise not_found("Channel", channel_id or "")
    return tenant.channels[channel_id]


def resolve_channels(tenant: Tenant, given: Input) -> Payload:
    """All channels by id."""
    return _places(tenant.channels, given)


def resolve_locations(tenant: Tenant, given: Input) -> Payload:
    """All locations by id."""
    return _places(tenant.locations, given)


def resolve_inventory(tenant: Tenant, given: Input) -> list[Level]:
    """The levels of these SKUs at these locations, as far as they exist."""
    found = tenant.inventory.read(given["skus"], given["location_ids"])
    left_out = {sku for sku in given["skus"] if random() < tenant.switches.leaves_out}
    levels = [level for level in found if level.sku not in left_out]
    return levels * 2 if tenant.switches.names_twice else levels


def resolve_inventory_changes(tenant: Tenant, given: Input) -> Payload:
    """The levels that changed since a time, oldest first."""
    rows = tenant.inventory.changes(given["since"], given["location_ids"])
    return page(rows, lambda row: (row.changed_at, row.location_id, row.sku), given.get("first"), given.get("after"))


def create_order(tenant: Tenant, given: Input) -> Payload:
    """A new draft."""
    return {"order": orders.create_order(tenant, "connector", given)}


def set_expiration_date(tenant: Tenant, given: Input) -> Payload:
    """Let a draft expire."""
    return {"order": orders.set_expiration(tenant, "connector", given["order_id"], given["expires_at"])}


def add_items(tenant: Tenant, given: Input) -> Payload:
    """Add units to an order."""
    return {"order": orders.add_items(tenant, "connector", given["order_id"], given["items"])}


def open_order(tenant: Tenant, given: Input) -> Payload:
    """Draft to open."""
    return {"order": orders.open_order(tenant, "connector", given["order_id"])}


def cancel_items(tenant: Tenant, given: Input) -> Payload:
    """Cancel units before shipment."""
    pairs = [(item["item_id"], item.get("contra_item_id")) for item in given["items"]]
    return {"order": cancellations_and_returns.cancel(tenant, "connector", given["order_id"], pairs)}


def receive_items(tenant: Tenant, given: Input) -> Payload:
    """Receive returned units."""
    return {"order": cancellations_and_returns.receive(tenant, "connector", given["order_id"], given["items"])}


def approve_items(tenant: Tenant, given: Input) -> Payload:
    """Approve a cancellation or return, with or without a refund."""
    ids, is_refund = given["items"], given["is_refund"]
    return {"order": cancellations_and_returns.approve(tenant, "connector", given["order_id"], ids, is_refund)}


def restock_items(tenant: Tenant, given: Input) -> Payload:
    """Put units back into stock."""
    ids, place = given["items"], given.get("location_id")
    return {"order": cancellations_and_returns.restock(tenant, "connector", given["order_id"], ids, place)}


def finish_items(tenant: Tenant, given: Input) -> Payload:
    """End a cancellation or return."""
    return {"order": cancellations_and_returns.finish(tenant, "connector", given["order_id"], given["items"])}


def add_track_trace(tenant: Tenant, given: Input) -> Payload:
    """Create a parcel from units."""
    details = (given.get(name) for name in ("track_trace_code", "track_trace_url", "carrier"))
    parcel = parcels.add_track_trace(tenant, "connector", given["items"], *details)
    return {"parcel": parcel, "items": _lines_in(parcel)}


def set_parcel_status(tenant: Tenant, given: Input) -> Payload:
    """Move a parcel forward."""
    return {"parcel": parcels.set_status(tenant, "connector", given["parcel_id"], given["status"])}


QUERIES: dict[str, Resolver] = {
    "me": resolve_me,
    "order": resolve_order,
    "orders": resolve_orders,
    "channel": resolve_channel,
    "channels": resolve_channels,
    "locations": resolve_locations,
    "inventory": resolve_inventory,
    "inventoryChanges": resolve_inventory_changes,
}
MUTATIONS: dict[str, Resolver] = {
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
    """All resolvers and scalars for the schema, without the query fields in `hidden`."""
    query, mutation = QueryType(), MutationType()
    for name in QUERIES.keys() - hidden:
        query.set_field(name, _query(QUERIES[name]))
    for name, resolver in MUTATIONS.items():
        mutation.set_field(name, _mutation(resolver))
    return [query, mutation, *_types_with_sku(), *_parcels(), *_scalars()]


def _types_with_sku() -> Iterator[ObjectType]:
    """The types with a SKU: a switch changes its case."""
    for name in ("OrderItem", "InventoryLevel", "InventoryChange"):
        kind = ObjectType(name)
        kind.set_field("sku", _sku)
        yield kind


def _sku(row: Line | Level | Change, info: GraphQLResolveInfo[Tenant]) -> str:
    return row.sku.swapcase() if info.context.switches.other_case else row.sku


def _parcels() -> Iterator[ObjectType]:
    order = ObjectType("Order")
    order.set_field("parcels", lambda row, info: row.parcels * (2 if info.context.switches.names_twice else 1))
    yield order


def _query(resolver: Resolver) -> GraphQLFieldResolver:
    def resolve(_: object, info: GraphQLResolveInfo[Tenant], **arguments: object) -> object:
        return resolver(info.context, arguments)

    return resolve


def _mutation(resolver: Resolver) -> GraphQLFieldResolver:
    return _query(lambda tenant, arguments: resolver(tenant, arguments["input"]))


def _scalars() -> list[ScalarType]:
    parsers = {"DateTime": _whole, "Money": _whole, "Currency": _currency, "PremiseNumber": _premise}
    parsers["JsonObject"] = _json_object
    return [ScalarType(name, value_parser=parser) for name, parser in parsers.items()]


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"an integer is expected, not {value!r}")
    return value


def _currency(value: object) -> str:
    if not (isinstance(value, str) and len(value) == 3 and value.isalpha() and value.isupper()):
        raise ValueError(f"{value!r} is not an ISO 4217 code")
    return value


def _premise(value: object) -> str | int:
    if isinstance(value, str) and value:
        return value
    return _whole(value)


def _json_object(value: object) -> dict[str, Any]:
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


def _places(places: dict[str, Place], given: Input) -> Payload:
    rows = sorted(places.values(), key=lambda place: place.id)
    return page(rows, lambda place: (place.id,), given.get("first"), given.get("after"))


def _lines_in(parcel: Parcel) -> list[Line]:
    return list({id(unit.line): unit.line for unit in parcel.units}.values())
