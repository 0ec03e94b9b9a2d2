"""What an order costs: subtotal, discount, fees, taxes. How the vendor adds them up is assumed.

Grand total = lines + coupon (negative) + delivery + payment fee, and the taxes on top where prices are net.
The vendor's recorded example leaves its coupon out of the sum; a real shop cannot.
"""

from dataclasses import dataclass
from decimal import Decimal

from simulators.epages.orders import CENT, ZERO, Order

_FINE = Decimal("0.0001")
DELIVERY_RATE = Decimal("0.19")


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of an order in its currency; `taxes` by rate, with four decimals as the vendor sends them."""

    subtotal: Decimal
    discount: Decimal
    taxes: dict[Decimal, Decimal]
    grand: Decimal

    @property
    def tax(self) -> Decimal:
        """All taxes together."""
        return sum(self.taxes.values(), ZERO)

    @property
    def net(self) -> Decimal:
        """What remains of the grand total without taxes."""
        return self.grand - self.tax


def tax_of(amount: Decimal, rate: Decimal, tax_model: str) -> Decimal:
    """The tax inside (GROSS) or on top of (NET) an amount, with four decimals."""
    tax = amount * rate / (1 + rate) if tax_model == "GROSS" else amount * rate
    return tax.quantize(_FINE)


def totals_of(order: Order) -> Totals:
    """What the order costs now, without what was canceled."""
    fees = order.delivery_fee + order.payment_fee
    return _totals(order, [(line.price(), line.item.tax_rate) for line in order.lines], fees)


def initial_totals_of(order: Order) -> Totals:
    """What the order cost when it was placed."""
    fees = order.initial_delivery_fee + order.payment_method.fee
    return _totals(order, [(line.price(line.initial), line.item.tax_rate) for line in order.lines], fees)


def given_back(order: Order) -> Decimal:
    """The value of returned pieces and of delivery prices given back."""
    pieces = sum((line.price(line.returned + line.broken) for line in order.lines), ZERO)
    return pieces + sum((process.fee_refund or ZERO for process in order.processes), ZERO)


def refunded(order: Order) -> Decimal:
    """What refund processes give back, whether or not the money has moved."""
    return sum((refund.amount for refund in order.refunds), ZERO)


def _totals(order: Order, prices: list[tuple[Decimal, Decimal]], fees: Decimal) -> Totals:
    subtotal = sum((price for price, _ in prices), ZERO)
    discount = order.coupon.discount(subtotal) if order.coupon else ZERO
    kept = 1 + discount / subtotal if subtotal else ZERO
    taxes: dict[Decimal, Decimal] = {}
    for amount, rate in [*((price * kept, rate) for price, rate in prices), (fees, DELIVERY_RATE)]:
        taxes[rate] = taxes.get(rate, ZERO) + tax_of(amount, rate, order.tax_model)
    grand = subtotal + discount + fees
    if order.tax_model == "NET":
        grand = (grand + sum(taxes.values(), ZERO)).quantize(CENT)
    return Totals(subtotal, discount, taxes, grand)
