"""What an order costs: subtotal, discount, fees, taxes. The way the vendor adds them up is assumed.

Grand total = lines + coupon (negative) + delivery + payment fee, plus the taxes where prices are net.
The vendor's recorded example does not subtract its coupon; a real shop must.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from schemas.values.currencies import smallest
from simulators.epages.model.orders import ZERO, Line, Order

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
    def kept(self) -> Decimal:
        """The share of the subtotal that the coupon leaves."""
        return 1 + self.discount / self.subtotal if self.subtotal else ZERO

    @property
    def tax(self) -> Decimal:
        """All taxes together."""
        return sum(self.taxes.values(), ZERO)

    @property
    def net(self) -> Decimal:
        """The grand total without taxes."""
        return self.grand - self.tax


def tax_of(amount: Decimal, rate: Decimal, tax_model: str, unit: Decimal = _FINE) -> Decimal:
    """The tax inside (GROSS) or on top of (NET) an amount, with four decimals or in whole `unit`s."""
    tax = amount * rate / (1 + rate) if tax_model == "GROSS" else amount * rate
    return tax.quantize(unit)


def _tax(order: Order, amount: Decimal, rate: Decimal) -> Decimal:
    """The tax of an amount, also in an order that is not taxable: the vendor's example of one names taxes."""
    unit = smallest(order.currency) if order.accounting.rounds_each else _FINE
    return tax_of(amount, rate, order.tax_model, unit)


def line_tax(order: Order, line: Line) -> Decimal:
    """The tax in a line's document: of its price, or of its price less its share of the coupon."""
    kept = totals_of(order).kept if order.accounting.tax_discounted else Decimal(1)
    return _tax(order, line.price() * kept, line.item.tax_rate)


def fee_taxes(order: Order, amount: Decimal) -> list[tuple[Decimal, Decimal]]:
    """The taxes of a fee as (rate, tax): at one rate, or at the rates of the goods in proportion."""
    if not order.accounting.fee_tax_split:
        return [(DELIVERY_RATE, _tax(order, amount, DELIVERY_RATE))]
    goods: dict[Decimal, Decimal] = {}
    for line in order.lines:
        goods[line.item.tax_rate] = goods.get(line.item.tax_rate, ZERO) + line.price(line.initial)
    whole = sum(goods.values(), ZERO) or Decimal(1)
    return [(rate, _tax(order, amount * part / whole, rate)) for rate, part in goods.items()]


def totals_of(order: Order) -> Totals:
    """What the order costs now, without canceled pieces."""
    fees = (order.delivery_fee, order.payment_fee)
    return _totals(order, [(line.price(), line.item.tax_rate) for line in order.lines], fees)


def initial_totals_of(order: Order) -> Totals:
    """What the order cost when it was placed."""
    fees = (order.initial_delivery_fee, order.payment_method.fee)
    return _totals(order, [(line.price(line.initial), line.item.tax_rate) for line in order.lines], fees)


def given_back(order: Order) -> Decimal:
    """The value of returned pieces plus refunded delivery prices."""
    pieces = sum((line.price(line.returned + line.broken) for line in order.lines), ZERO)
    return pieces + sum((process.fee_refund or ZERO for process in order.processes), ZERO)


def refunded(order: Order) -> Decimal:
    """The sum of all refunds, pending ones included."""
    return sum((refund.amount for refund in order.refunds), ZERO)


def paid_back(order: Order) -> Decimal:
    """The sum of paid refunds: in the vendor's example a pending refund does not count yet."""
    return sum((refund.amount for refund in order.refunds if refund.status == "PAID"), ZERO)


def _totals(order: Order, prices: list[tuple[Decimal, Decimal]], fees: tuple[Decimal, ...]) -> Totals:
    subtotal = sum((price for price, _ in prices), ZERO)
    discount = order.coupon.discount(subtotal, order.currency) if order.coupon else ZERO
    plain = Totals(subtotal, discount, {}, subtotal + discount + sum(fees, ZERO))
    taxes: dict[Decimal, Decimal] = {}
    goods = [(rate, _tax(order, price * plain.kept, rate)) for price, rate in prices]
    for rate, tax in [*goods, *(taxed for fee in fees for taxed in fee_taxes(order, fee))]:
        taxes[rate] = taxes.get(rate, ZERO) + tax
    grand = plain.grand + _added(order) * sum(taxes.values(), ZERO)
    return Totals(subtotal, discount, taxes, grand.quantize(smallest(order.currency), ROUND_HALF_UP))


def _added(order: Order) -> int:
    """The factor of the taxes in the grand total: 1 adds them, 0 leaves them out, -1 subtracts them."""
    if order.tax_model == "NET":
        return 1 if order.accounting.taxable else 0
    return -1 if order.accounting.untaxed_less_tax and not order.accounting.taxable else 0
