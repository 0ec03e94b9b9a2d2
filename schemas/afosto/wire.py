"""The marshmallow schemas that read the JSON of the Afosto GraphQL API."""

from collections import Counter
from typing import Any

from marshmallow import ValidationError, post_load

from schemas.afosto.documents import (
    Action,
    Channel,
    InventoryChange,
    InventoryLevel,
    Location,
    Order,
    OrderPrices,
    Parcel,
    Unit,
)
from schemas.values.currencies import from_minor
from schemas.values.fields import At, Counts, Document, Flag, Ident, Idents, Integer, Many, MillisTime, Text
from schemas.values.loading import unique_by_id
from schemas.values.numbers import in_range
from schemas.values.texts import LONGEST_ID

# Most characters of our own reference: a store's name, a slash and the id of an order.
LONGEST_REFERENCE = 2 * LONGEST_ID
# Above any amount of money, in minor units.
_MOST_MINOR = 10**14


class Money(At[int]):
    """A Money value: a whole number of minor units, negative on contra items. Its currency is that of the order."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, int) and in_range(value, -_MOST_MINOR, _MOST_MINOR):
            return int(value)
        raise ValidationError("is not an amount in whole minor units")


class UnitSchema(Document):
    """One unit (in the API: a *detail* of an item), without the fields that all units of the item share."""

    target = dict

    id = Ident("id")
    contra_id = Ident("contra_item_id", default=None)
    parcel_id = Ident("parcel_id", default=None)
    progress = Ident("progress")
    is_deducted = Flag("inventory.is_deducted", default=False)


class ItemSchema(Document):
    """An item: units of one SKU. It loads as a tuple of units."""

    target = Unit

    sku = Ident("sku")
    line_ref = Ident("meta_data.line_ref", default=None)
    details = Many("details", UnitSchema())

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> tuple[Unit, ...]:
        return tuple(Unit(sku=values["sku"], line_ref=values["line_ref"], **detail) for detail in values["details"])


class ParcelSchema(Document):
    target = Parcel

    id = Ident("id")
    status = Ident("status")
    tracking_code = Text("track_trace_code", default=None)
    tracking_url = Text("track_trace_url", default=None)
    unit_ids = Idents("item_ids", default=())


class ActionSchema(Document):
    target = Action

    action = Ident("action")
    item_ids = Idents("item_ids", default=())


class OrderSchema(Document):
    """An order. Answers of mutations that select fewer fields have no units, parcels or actions."""

    target = Order

    id = Ident("id")
    number = Ident("number")
    status = Ident("status")
    currency = Ident("currency")
    total = Money("total")
    reference = Ident("meta_data.reference", longest=LONGEST_REFERENCE, default=None)
    imported_units = Counts("meta_data.units", default=dict)
    updated_at = MillisTime("updated_at", default=None)
    items = Many("items", ItemSchema(), default=())
    parcels = Many("parcels", ParcelSchema(), default=())
    actions = Many("actions", ActionSchema(), default=())

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> Order:
        units = unique_by_id(unit for item in values.pop("items") for unit in item)
        values["parcels"] = unique_by_id(values["parcels"])
        values["total"] = from_minor(values["total"], values["currency"])
        return Order(**values, units=units)


class PricedItemSchema(Document):
    target = dict

    line_ref = Ident("meta_data.line_ref", default=None)
    total = Money("total")


class FeeTotalSchema(Document):
    target = dict

    total = Money("total")


class AdjustmentSchema(Document):
    target = dict

    amount = Money("amount")
    is_discount = Flag("is_discount")


class OrderPricesSchema(Document):
    target = OrderPrices

    id = Ident("id")
    currency = Ident("currency")
    total = Money("total")
    items = Many("items", PricedItemSchema(), default=())
    shipping = Many("fees.shipping", FeeTotalSchema(), default=())
    payment = Many("fees.payment", FeeTotalSchema(), default=())
    adjustments = Many("adjustments", AdjustmentSchema(), default=())

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> OrderPrices:
        currency, lines = values["currency"], Counter[str]()
        for item in values["items"]:
            lines[item["line_ref"] or ""] += item["total"]
        fees = sum(fee["total"] for fee in (*values["shipping"], *values["payment"]))
        for each in values["adjustments"]:
            fees += -abs(each["amount"]) if each["is_discount"] else each["amount"]
        return OrderPrices(
            id=values["id"],
            currency=currency,
            total=from_minor(values["total"], currency),
            lines={line: from_minor(total, currency) for line, total in lines.items()},
            fees=from_minor(fees, currency),
        )


class ChannelSchema(Document):
    target = Channel

    id = Ident("id")
    name = Text("name", default="")


class LocationSchema(Document):
    target = Location

    id = Ident("id")
    name = Text("name", default="")


class PageInfoSchema(Document):
    """Whether a connection has another page, and its cursor."""

    target = dict

    goes_on = Flag("pageInfo.hasNextPage")
    cursor = Ident("pageInfo.endCursor", longest=2_000, default=None)


class ChannelsSchema(Document):
    """One page of a connection of channels."""

    target = dict

    nodes = Many("nodes", ChannelSchema())


class LocationsSchema(Document):
    """One page of a connection of locations."""

    target = dict

    nodes = Many("nodes", LocationSchema())


class IdSchema(Document):
    target = dict

    id = Ident("id")


class IdsSchema(Document):
    """One page of any connection, with only the ids selected."""

    target = dict

    nodes = Many("nodes", IdSchema())


class InventoryLevelSchema(Document):
    target = InventoryLevel

    sku = Ident("sku")
    location_id = Ident("location_id")
    available = Integer("available")


class InventoryChangeSchema(Document):
    target = InventoryChange

    sku = Ident("sku")
    location_id = Ident("location_id")
    changed_at = MillisTime("changed_at")


class InventoryLevelsSchema(Document):
    """All stock levels that were asked for."""

    target = dict

    inventory = Many("inventory", InventoryLevelSchema())
