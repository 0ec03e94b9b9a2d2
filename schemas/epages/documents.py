"""Documents of the ePages Beyond API: frozen dataclasses, loaded from JSON through marshmallow schemas.

Field meanings and status names follow the vendor's OpenAPI document. Quantities are whole units, money is `Decimal` in
the order's currency, times are aware UTC (the vendor sends them without a zone).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Address:
    """A billing or shipping address; absent texts are None."""

    first_name: str | None
    middle_name: str | None
    last_name: str | None
    company: str | None
    street: str | None
    house_number: str | None
    street_details: str | None
    city: str | None
    postal_code: str | None
    country: str
    state: str | None
    email: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class LineItem:
    """One product line of an order with all its status quantities, in whole units."""

    id: str
    product_id: str
    variation_product_id: str | None
    sku: str
    name: str
    quantity: int
    initial_quantity: int
    unit_price: Decimal
    line_price: Decimal
    line_tax: Decimal
    tax_rate: Decimal
    unshipped: int
    pending: int
    shipped: int
    delivered: int
    not_picked_up: int
    ready_for_pickup: int
    picked_up: int
    returned: int
    broken: int
    canceled: int


@dataclass(frozen=True, slots=True)
class Fee:
    """A cost of an order besides its products: `kind` is shipping, pickup, payment or coupon (which is negative).

    `amount` follows the order's tax model. `tax` is the sum of its taxes, None if the vendor sends none (a coupon).
    """

    kind: str
    name: str
    amount: Decimal
    tax: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """An order as `GET /orders` and `GET /orders/{id}` return it.

    `is_pickup`: the buyer collects it. Only a pickup line shows that; an order without a shipping address may also be
    one of gift cards.

    `grand_total` is the total after cancellations and returns, `initial_grand_total` the total when it was placed.
    `taxable` says whether tax applies at all, `tax_total` is the sum of all taxes. `open_amount` is still to be paid;
    it is negative while more was paid than is due (the vendor's example is a paid order that was canceled).
    """

    id: str
    number: str
    created_at: datetime
    updated_at: datetime
    currency: str
    tax_model: str
    taxable: bool
    test_order: bool
    customer_email: str | None
    customer_comment: str | None
    order_note: str | None
    billing_address: Address | None
    shipping_address: Address | None
    pickup_location_id: str | None
    lines: tuple[LineItem, ...]
    fees: tuple[Fee, ...]
    refund_policy: str | None
    grand_total: Decimal
    payment_status: str
    shipping_status: str
    canceled: bool
    initial_grand_total: Decimal = Decimal(0)
    tax_total: Decimal | None = None
    open_amount: Decimal | None = None
    is_pickup: bool = False


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One row of the order list: the order, or what is known of one that does not load.

    `unforeseen` is the error if the connector itself failed to read it. `document` is the order as the shop sent it.
    """

    id: str
    order: Order | None
    field: str | None
    message: str | None
    number: str | None = None
    unforeseen: Exception | None = None
    document: Any = None


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One answer of `GET /orders`: its rows, the page's totals, and the server's time from the `Date` header."""

    rows: tuple[OrderRow, ...]
    size: int
    number: int
    total_elements: int
    total_pages: int
    served_at: datetime


@dataclass(frozen=True, slots=True)
class ProcessLine:
    """A number of units of one order line in a process; only return lines have a `status` (RETURNED or BROKEN)."""

    line_id: str
    quantity: int
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Process:
    """A shipping, pickup, return or cancellation process of an order.

    `kind` is shippings, pickups, returns or cancellations, as in the vendor's paths. `status` is PENDING, SHIPPED or
    DELIVERED for shippings, READY_FOR_PICKUP or PICKED_UP for pickups, else None. `moves` are the names of the status
    changes that the process still offers as links (mark-shipped, mark-delivered, mark-picked-up).
    """

    id: str
    kind: str
    status: str | None
    tracking_code: str | None
    tracking_link: str | None
    lines: tuple[ProcessLine, ...]
    moves: frozenset[str]


LONGEST_MARGIN = timedelta(minutes=5)  # a token is renewed at most this long before it expires


@dataclass(frozen=True, slots=True)
class Token:
    """An access token of a shop, its scopes, and when it expires (aware UTC).

    `issued_at` is when it was fetched; None for a token that was stored before this was recorded.
    """

    access_token: str
    scopes: frozenset[str]
    expires_at: datetime
    issued_at: datetime | None = None

    @property
    def renew_at(self) -> datetime:
        """When to fetch a new one: a tenth of its lifetime before it expires, at most five minutes before."""
        life = self.expires_at - self.issued_at if self.issued_at else LONGEST_MARGIN * 10
        return self.expires_at - min(LONGEST_MARGIN, life / 10)

    def __repr__(self) -> str:
        return f"Token(scopes={sorted(self.scopes)}, expires_at={self.expires_at.isoformat()})"


@dataclass(frozen=True, slots=True)
class Availability:
    """The stock of a product or variation. `available_stock` may be negative; None while stock management is off."""

    available_stock: int | None
    purchasable: bool


@dataclass(frozen=True, slots=True)
class Product:
    """A product with its stock. A variation product has neither SKU nor stock: its variations hold both."""

    id: str
    sku: str | None
    is_variation_product: bool
    availability: Availability


@dataclass(frozen=True, slots=True)
class Variation:
    """One variation of a product, with its stock."""

    id: str
    sku: str | None
    availability: Availability


@dataclass(frozen=True, slots=True)
class Location:
    """A location of the shop where orders can be collected (`GET /shop/locations`)."""

    id: str
    name: str
