"""Loads documents from the JSON of the Afosto GraphQL API. Every function here may raise MalformedDocument."""

from collections.abc import Mapping
from typing import Any

from schemas.afosto.documents import Channel, InventoryChange, InventoryLevel, Location, Order, OrderPrices, Parcel
from schemas.afosto.wire import (
    ChannelsSchema,
    IdsSchema,
    InventoryChangeSchema,
    InventoryLevelsSchema,
    LocationsSchema,
    OrderPricesSchema,
    OrderSchema,
    PageInfoSchema,
    ParcelSchema,
)
from schemas.errors import MalformedDocument
from schemas.values.loading import entries, load
from schemas.wording.phrases import phrase

_ORDER, _PARCEL, _CHANNELS, _LOCATIONS = OrderSchema(), ParcelSchema(), ChannelsSchema(), LocationsSchema()
_LEVELS, _CHANGE = InventoryLevelsSchema(), InventoryChangeSchema()
_PRICES = OrderPricesSchema()
_IDS, _PAGE_INFO = IdsSchema(), PageInfoSchema()


def load_order(doc: Mapping[str, Any]) -> Order:
    """Read an `Order`."""
    order: Order = load(_ORDER, doc, phrase("Afosto order"))
    return order


def load_order_prices(doc: Mapping[str, Any]) -> OrderPrices:
    """Read what an `Order` and its parts cost."""
    prices: OrderPrices = load(_PRICES, doc, "Afosto order")
    return prices


def load_parcel(doc: Mapping[str, Any]) -> Parcel:
    """Read a `Parcel`."""
    parcel: Parcel = load(_PARCEL, doc, phrase("Afosto parcel"))
    return parcel


def load_channels(doc: Mapping[str, Any]) -> tuple[Channel, ...]:
    """Read one page of a `ChannelConnection`: an object with `nodes`."""
    channels: tuple[Channel, ...] = load(_CHANNELS, doc, phrase("Afosto channels"))["nodes"]
    return channels


def load_locations(doc: Mapping[str, Any]) -> tuple[Location, ...]:
    """Read one page of a `LocationConnection`: an object with `nodes`."""
    locations: tuple[Location, ...] = load(_LOCATIONS, doc, phrase("Afosto locations"))["nodes"]
    return locations


def load_next_page(doc: Mapping[str, Any]) -> str | None:
    """Read the cursor of a connection's next page; None if this page is the last."""
    info = load(_PAGE_INFO, doc, phrase("Afosto list"))
    return info["cursor"] if info["goes_on"] else None


def load_ids(doc: Mapping[str, Any]) -> tuple[str, ...]:
    """Read the ids of one page of a connection: an object with `nodes`."""
    return tuple(node["id"] for node in load(_IDS, doc, phrase("Afosto list"))["nodes"])


def load_inventory(doc: Mapping[str, Any]) -> tuple[InventoryLevel, ...]:
    """Read the stock levels under `inventory`."""
    levels: tuple[InventoryLevel, ...] = load(_LEVELS, doc, phrase("Afosto inventory"))["inventory"]
    return levels


def load_inventory_changes(doc: Mapping[str, Any]) -> tuple[InventoryChange | MalformedDocument, ...]:
    """Read one page of an `InventoryChangeConnection`; a node that does not load is replaced by its error."""
    return tuple(_change(node) for node in entries(doc.get("nodes"), phrase("Afosto inventory changes"), "nodes"))


def _change(doc: Any) -> InventoryChange | MalformedDocument:
    try:
        change: InventoryChange = load(_CHANGE, doc, phrase("Afosto inventory change"))
    except MalformedDocument as error:
        return error
    return change
