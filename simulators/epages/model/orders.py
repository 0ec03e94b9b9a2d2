"""Orders and their lines: what was bought, and how many pieces are in which state. No I/O, no HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from schemas.values.currencies import smallest
from simulators.epages.model.catalog import Item, PaymentMethod, PickupOption, ShippingMethod
from simulators.epages.model.processes import Payment, Process

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Accounting:
    """How the shop adds up an order where the vendor documents nothing; `switches.Switches` explains each field."""

    taxable: bool = True
    tax_discounted: bool = False
    rounds_each: bool = False
    unit_price_rounded: bool = False
    untaxed_less_tax: bool = False
    fee_tax_split: bool = False
    free_is_paid: bool = False


@dataclass(slots=True)
class Line:
    """One product line. `initial` pieces were bought; the other numbers count them by state.

    A piece is in one of the states unshipped … picked_up or canceled. `returned` and `broken` are counted in addition
    (a switch of the shop says whether returned pieces also leave delivered). `sent` counts the pieces for which a
    shipping or pickup was ever created; it never decreases.
    """

    id: str
    item: Item
    initial: int
    unit_price: Decimal
    currency: str = "EUR"
    unshipped: int = 0
    pending: int = 0
    shipped: int = 0
    delivered: int = 0
    not_picked_up: int = 0
    ready_for_pickup: int = 0
    picked_up: int = 0
    returned: int = 0
    broken: int = 0
    canceled: int = 0
    sent: int = 0
    sku: str = field(init=False)

    def __post_init__(self) -> None:
        """Keep the item's present SKU: the item may get another one later."""
        self.sku = self.item.sku

    @property
    def quantity(self) -> int:
        """The pieces left after cancellations."""
        return self.initial - self.canceled

    @property
    def open(self) -> int:
        """Pieces without a shipping or pickup: they can be shipped, made ready, or canceled."""
        return self.unshipped + self.not_picked_up

    @property
    def returnable(self) -> int:
        """Pieces that left the shop and did not come back."""
        return self.handed_over - self.returned - self.broken

    @property
    def handed_over(self) -> int:
        """Pieces that left the shop, whether or not they came back."""
        return self.sent - self.pending - self.ready_for_pickup

    def move(self, quantity: int, source: str, target: str) -> None:
        """Move `quantity` pieces from one state to another."""
        setattr(self, source, getattr(self, source) - quantity)
        setattr(self, target, getattr(self, target) + quantity)

    def price(self, quantity: int | None = None) -> Decimal:
        """The price of `quantity` pieces (default: those left after cancellations), in whole minor units."""
        exact = self.unit_price * (self.quantity if quantity is None else quantity)
        return exact.quantize(smallest(self.currency), ROUND_HALF_UP)


@dataclass(slots=True)
class Coupon:
    """A redeemed coupon: it takes a share (`share` 0.1) or an amount (`amount`) off the subtotal."""

    id: str
    code: str
    name: str
    share: Decimal | None = None
    amount: Decimal | None = None

    def discount(self, subtotal: Decimal, currency: str) -> Decimal:
        """What it takes off, as a negative amount."""
        if self.share is not None:
            return -(subtotal * self.share).quantize(smallest(currency))
        return -min(self.amount or ZERO, subtotal)


@dataclass(slots=True, eq=False)
class Order:
    """An order with its history. Addresses are the vendor's documents, because nothing here reads their fields.

    `placed_at` is the exact time of the order, also where the shop cuts its times. `shown_payment_status` replaces the
    real payment status until the order is paid.
    """

    id: str
    number: str
    created_at: datetime
    updated_at: datetime
    cart_id: str
    currency: str
    tax_model: str
    lines: list[Line]
    payment_method: PaymentMethod
    billing_address: Mapping[str, Any]
    shipping_address: Mapping[str, Any] | None
    shipping_method: ShippingMethod | None
    pickup_option: PickupOption | None
    coupon: Coupon | None = None
    accounting: Accounting = field(default_factory=Accounting)
    test: bool = False
    comment: str | None = None
    note: str | None = None
    email: str | None = None
    received: Decimal = ZERO
    canceled: bool = False
    shown_payment_status: str | None = None
    malformed: str | None = None
    placed_at: datetime | None = None
    processes: list[Process] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    refunds: list[Payment] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    version: int = 0
    rendered: bytes | None = field(default=None, repr=False)

    @property
    def is_pickup(self) -> bool:
        """Whether the customer collects it."""
        return self.pickup_option is not None

    @property
    def delivery_fee(self) -> Decimal:
        """Price of shipping or pickup; a canceled order costs none."""
        return ZERO if self.canceled else self.initial_delivery_fee

    @property
    def initial_delivery_fee(self) -> Decimal:
        """Price of shipping or pickup as ordered."""
        option = self.shipping_method or self.pickup_option
        return option.price if option else ZERO

    @property
    def payment_fee(self) -> Decimal:
        """What the payment method costs; a canceled order costs none."""
        return ZERO if self.canceled else self.payment_method.fee

    def line(self, line_id: str) -> Line | None:
        """The line with this id, if it is one of this order's."""
        return next((line for line in self.lines if line.id == line_id), None)

    def of_kind(self, kind: str) -> list[Process]:
        """Its processes of a kind: shippings, pickups, returns or cancellations."""
        return [process for process in self.processes if process.kind == kind]

    @property
    def payment_status(self) -> str:
        """The order's payment status in the vendor's words; how it follows from the payments is assumed."""
        if self.shown_payment_status:
            return self.shown_payment_status
        if any(refund.status == "PENDING" for refund in self.refunds):
            return "REFUND_PENDING"
        pending = any(payment.status == "PENDING" for payment in self.payments)
        if self.received > 0:
            return "PARTIALLY_PAID" if pending else "PAID"
        if not self.payments:
            return "PAID" if self.accounting.free_is_paid else "PENDING"
        return "PENDING" if pending and not self.canceled else "VOIDED"

    @property
    def shipping_status(self) -> str:
        """The order's shipping status in the vendor's words; how it follows from the lines is assumed."""
        left = sum(line.quantity for line in self.lines)
        if left <= 0:
            return "CANCELED"
        back = sum(line.returned + line.broken for line in self.lines)
        if back:
            return "RETURNED" if back >= left else "PARTIALLY_RETURNED"
        return self._pickup_status() if self.is_pickup else self._parcel_status(left)

    def _pickup_status(self) -> str:
        if any(line.picked_up for line in self.lines):
            return "PICKED_UP"
        return "READY_FOR_PICKUP" if any(line.ready_for_pickup for line in self.lines) else "NOT_PICKED_UP"

    def _parcel_status(self, left: int) -> str:
        delivered = sum(line.delivered for line in self.lines)
        under_way = sum(line.shipped for line in self.lines) + delivered
        if delivered >= left:
            return "DELIVERED"
        if under_way >= left:
            return "SHIPPED"
        if under_way:
            return "PARTIALLY_SHIPPED"
        return "PENDING" if any(line.pending for line in self.lines) else "UNSHIPPED"
