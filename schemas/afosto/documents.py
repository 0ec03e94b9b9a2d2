"""Documents of the Afosto GraphQL API: frozen dataclasses, loaded from JSON through marshmallow schemas.

Money is `Decimal` in the order's currency (converted from the wire's unit at the edge), times are aware
UTC (the wire has Unix milliseconds), ids are opaque strings. An order item is one *unit* with its own id.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Unit:
    """One piece of a SKU on an order.

    `line_ref` is the ePages line id we stored in the item's meta data; `parcel_id` the parcel it lies in;
    `contra_id` the id of its negative twin once it is canceled or returned; `progress` one of
    OPEN, CANCELLED, RETURNED (received back, not restocked), RESTOCKED, REJECTED, or a value we do not know;
    `is_deducted` whether inventory is held for it or has left with it.
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
    """A box: `status` is OPEN, ANNOUNCED, IN_TRANSIT, READY_TO_COLLECT, DELIVERED or a value we do not know."""

    id: str
    status: str
    tracking_code: str | None
    tracking_url: str | None
    unit_ids: tuple[str, ...]

    @property
    def name(self) -> str:
        """What people know it by: its tracking code, or its id while it has none."""
        return self.tracking_code or self.id


@dataclass(frozen=True, slots=True)
class Action:
    """A next step Afosto asks for: HANDLE_APPROVAL, HANDLE_RESTOCK, HANDLE_FINISH, for these (contra) item ids."""

    action: str
    item_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """An order: `status` is CONCEPT, OPEN or CLOSED.

    The import wrote into its meta data: `reference`, our machine key, and `imported_units`, the units per line id.
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
class ItemDraft:
    """Units of one price to add to an order: `price` per unit with its tax in the order's currency.

    `line_ref` is the ePages line id; a line of two unit prices is two of these.
    """

    sku: str
    quantity: int
    label: str
    price: Decimal
    vat_rate: Decimal
    line_ref: str


@dataclass(frozen=True, slots=True)
class FeeDraft:
    """A fee or discount, with its tax, for an order: `kind` is shipping, payment or discount (which is negative)."""

    kind: str
    description: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class AddressDraft:
    """An address as Afosto takes it; `premise_number` is "-" when the shop's address has none."""

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
    """A phone number as the buyer wrote it, and the country (ISO 3166) of the address it stands in."""

    country_code: str
    number: str


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """Everything an import writes: header, addresses, items, fees. `location_id` is set for orders to be collected.

    Each field is sent, except `total`: what Afosto arrives at is compared with it.
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
    """A place where stock lies or orders are collected."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class InventoryLevel:
    """What may still be sold of a SKU at one location; negative after a recount below what is reserved."""

    sku: str
    location_id: str
    available: int


@dataclass(frozen=True, slots=True)
class InventoryChange:
    """When the inventory of a SKU at one location last moved (aware UTC, by Afosto's clock)."""

    sku: str
    location_id: str
    changed_at: datetime
