"""Documents of the Afosto GraphQL API: frozen dataclasses, loaded from JSON through marshmallow schemas.

Money is `Decimal` in the order's currency (the API has minor units), times are aware UTC (the API has Unix
milliseconds), ids are opaque strings. An order item is one *unit* with its own id.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Unit:
    """One piece of a SKU on an order.

    `line_ref` is the ePages line id that we stored in the item's meta data. `parcel_id` is the parcel it is in.
    `contra_id` is the id of its contra item (its negative counterpart) once it is canceled or returned. `progress` is
    OPEN, CANCELLED, RETURNED (received, not restocked), RESTOCKED, REJECTED, or a value we do not know. `is_deducted`
    says whether inventory is reserved for it or has left with it.
    """

    id: str
    sku: str
    line_ref: str | None
    parcel_id: str | None
    contra_id: str | None
    progress: str
    is_deducted: bool = False


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel; `status` is OPEN, ANNOUNCED, IN_TRANSIT, READY_TO_COLLECT, DELIVERED or a value we do not know."""

    id: str
    status: str
    tracking_code: str | None
    tracking_url: str | None
    unit_ids: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name for people: its tracking code, or its id if it has none."""
        return self.tracking_code or self.id


@dataclass(frozen=True, slots=True)
class Action:
    """A next step that Afosto asks for: HANDLE_APPROVAL, HANDLE_RESTOCK or HANDLE_FINISH, for (contra) item ids."""

    action: str
    item_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """An order; `status` is CONCEPT, OPEN or CLOSED.

    Our import wrote two values to its meta data: `reference` is our key, `imported_units` the units per line id.
    """

    id: str
    number: str
    status: str
    currency: str
    total: Decimal
    reference: str | None
    imported_units: Mapping[str, int]
    units: tuple[Unit, ...]
    parcels: tuple[Parcel, ...]
    actions: tuple[Action, ...]
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderPrices:
    """What Afosto computed for the parts of an order, in its currency: per line of the shop, fees and discounts.

    They may not add up to `total`. An item without a line of the shop counts under the line id "".
    """

    id: str
    currency: str
    total: Decimal
    lines: Mapping[str, Decimal]
    fees: Decimal


@dataclass(frozen=True, slots=True)
class ItemDraft:
    """Units to add to an order at one price: `price` is per unit, with tax, in the order's currency.

    `line_ref` is the ePages line id; a line with two unit prices becomes two items.
    """

    sku: str
    quantity: int
    label: str
    price: Decimal
    vat_rate: Decimal
    line_ref: str


@dataclass(frozen=True, slots=True)
class FeeDraft:
    """A fee or discount of an order, with tax; `kind` is shipping, payment or discount (which is negative)."""

    kind: str
    description: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class AddressDraft:
    """An address in Afosto's form; `premise_number` is "-" if the shop's address has no house number."""

    given_name: str | None
    additional_name: str | None
    family_name: str | None
    organisation: str | None
    country_code: str
    administrative_area: str | None
    locality: str
    postal_code: str | None
    thoroughfare: str
    premise_number: str
    premise_number_suffix: str | None
    address_line_1: str
    address_line_2: str | None


@dataclass(frozen=True, slots=True)
class PhoneDraft:
    """A phone number as the buyer wrote it, and the country (ISO 3166) of its address."""

    country_code: str
    number: str


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """Everything an import writes: header, addresses, items, fees. Pickup orders have a `location_id`.

    All fields are sent except `total`: it is compared with the total that Afosto computes.
    """

    channel_id: str
    currency: str
    country_code: str
    meta_data: dict[str, Any]
    customer_reference: str
    customer_notes: str | None
    email: str | None
    given_name: str | None
    family_name: str | None
    organisation: str | None
    phone: PhoneDraft | None
    billing: AddressDraft | None
    delivery: AddressDraft | None
    location_id: str | None
    items: tuple[ItemDraft, ...]
    fees: tuple[FeeDraft, ...]
    total: Decimal


@dataclass(frozen=True, slots=True)
class Channel:
    """A sales channel."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Location:
    """A location that holds stock or where orders are collected."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class InventoryLevel:
    """What may still be sold of a SKU at one location; negative if a recount found less than is reserved."""

    sku: str
    location_id: str
    available: int


@dataclass(frozen=True, slots=True)
class InventoryChange:
    """When the inventory of a SKU at one location last changed (aware UTC, by Afosto's clock)."""

    sku: str
    location_id: str
    changed_at: datetime
