"""What an Afosto tenant holds: orders, lines of units, parcels.

Amounts are integer minor units, times Unix milliseconds. Attributes have the names of the GraphQL schema, so most
fields need no resolver.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

By = Literal["afosto", "connector"]

APPROVAL, RESTOCK, FINISH = "HANDLE_APPROVAL", "HANDLE_RESTOCK", "HANDLE_FINISH"
PARCEL_STATUSES = ("OPEN", "ANNOUNCED", "IN_TRANSIT", "READY_TO_COLLECT", "DELIVERED")
ON_THE_WAY = PARCEL_STATUSES[2:]


@dataclass(frozen=True, slots=True)
class Place:
    """A channel or a location: an id and a name."""

    id: str
    name: str


@dataclass(slots=True, eq=False)
class Unit:
    """One piece. `step` is the next action its cancellation or return asks for, None when nothing is open.

    `position` is the state of its inventory: NONE, WAITING, RESERVED, SHIPPED, RELEASED, RESTOCKED.
    """

    id: str
    line: "Line"
    price: int
    progress: str = "OPEN"
    contra_item_id: str | None = None
    parcel: "Parcel | None" = None
    step: str | None = None
    location_id: str | None = None
    position: str = "NONE"

    @property
    def parcel_id(self) -> str | None:
        """The parcel that the unit is in."""
        return self.parcel.id if self.parcel else None

    @property
    def action_id(self) -> str:
        """The id that approve, restock and finish take: the contra id of a cancellation, else the unit's own."""
        return self.contra_item_id or self.id

    @property
    def is_deducted(self) -> bool:
        """Whether inventory is reserved for this unit, or has left with it."""
        return self.position in ("RESERVED", "SHIPPED")

    @property
    def inventory(self) -> dict[str, Any]:
        """The unit's inventory as the API shows it."""
        return {"position": self.location_id, "is_deducted": self.is_deducted, "progress": self.position}


@dataclass(slots=True, eq=False)
class Line:
    """Units of one SKU with equal meta data: an order item of the API."""

    sku: str
    label: str
    vat_rate: float
    meta_data: dict[str, Any]
    units: list[Unit] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        """The id of each unit."""
        return [unit.id for unit in self.units]

    @property
    def details(self) -> list[Unit]:
        """One entry per unit."""
        return self.units

    @property
    def quantity(self) -> int:
        """How many units there are, canceled ones included."""
        return len(self.units)

    @property
    def subtotal(self) -> int:
        """The sum of the prices of units that are not canceled."""
        return sum(unit.price for unit in self.units if unit.progress != "CANCELLED")

    @property
    def total(self) -> int:
        """The same as `subtotal`: discounts belong to the order here."""
        return self.subtotal

    @property
    def vat(self) -> int:
        """Tax on top of the subtotal, for orders whose prices exclude it. `vat_rate` is a fraction (0.19)."""
        return round(self.subtotal * self.vat_rate)


@dataclass(slots=True, eq=False)
class Parcel:
    """A box with a tracking code."""

    id: str
    order: "Order"
    track_trace_code: str | None
    track_trace_url: str | None
    carrier: str | None
    units: list[Unit]
    status: str = "ANNOUNCED"

    @property
    def item_ids(self) -> list[str]:
        """The units inside."""
        return [unit.id for unit in self.units]


@dataclass(slots=True, eq=False)
class Order:
    """A purchase. `seq` numbers a tenant's orders by creation; `drift` is added to the total to make it wrong."""

    id: str
    seq: int
    number: str
    channel: Place
    currency: str
    country_code: str | None
    is_including_vat: bool
    meta_data: dict[str, Any]
    customer: dict[str, Any]
    billing: dict[str, Any] | None
    delivery: dict[str, Any]
    fees: dict[str, list[dict[str, Any]]]
    adjustments: list[dict[str, Any]]
    created_at: int
    updated_at: int
    status: str = "CONCEPT"
    expires_at: int | None = None
    drift: int = 0
    lines: list[Line] = field(default_factory=list)
    parcels: list[Parcel] = field(default_factory=list)

    @property
    def reference(self) -> str | None:
        """The reference that the connector writes into the meta data."""
        value = self.meta_data.get("reference")
        return None if value is None else str(value)

    @property
    def items(self) -> list[Line]:
        """The order's items, grouped by SKU and meta data."""
        return self.lines

    @property
    def units(self) -> list[Unit]:
        """Every unit of the order, line by line."""
        return [unit for line in self.lines for unit in line.units]

    @property
    def location(self) -> Place | None:
        """Where the order is collected; None when it is sent to an address."""
        place: Place | None = self.delivery["location"]
        return place

    @property
    def subtotal(self) -> int:
        """The sum of the items, without fees and adjustments."""
        return sum(line.subtotal for line in self.lines)

    @property
    def total(self) -> int:
        """Items, tax that the prices exclude, fees and adjustments."""
        vat = 0 if self.is_including_vat else sum(line.vat for line in self.lines)
        fees: int = sum(fee["total"] for kind in self.fees.values() for fee in kind)
        adjusted: int = sum(-abs(a["amount"]) if a["is_discount"] else a["amount"] for a in self.adjustments)
        return self.subtotal + vat + fees + adjusted + (self.drift if self.lines else 0)

    @property
    def actions(self) -> list[dict[str, Any]]:
        """The open next steps, each with the ids of its units."""
        steps: dict[str, list[str]] = {}
        for unit in self.units:
            if unit.step:
                steps.setdefault(unit.step, []).append(unit.action_id)
        return [{"action": step, "item_ids": ids} for step, ids in sorted(steps.items())]
