"""Prices of the parts of an order with tax, in whole minor units that add up to the total the buyer saw.

All prices go to Afosto with tax, whatever the shop's tax model, so Afosto has nothing to compute or round. If the
exact prices are not whole minor units, the shop's total decides which ones are rounded up and which down.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from schemas.epages import Fee, LineItem, Order
from schemas.values.currencies import digits, from_minor, smallest, to_minor, whole_minor

_NET = "NET"
_FINE = Decimal("0.000001")
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices in minor units: of the wanted units of each line, by line id, and of each fee, in the order's sequence.

    They add up to `total` (in the order's currency), unless the shop's own figures contradict each other.
    """

    lines: Mapping[str, int]
    fees: tuple[int, ...]
    total: Decimal


def price_parts(order: Order, wanted: Mapping[str, int]) -> Prices:
    """Return the prices of the `wanted` units of each line and of all fees.

    It is not known whether the shop's total includes returned units, so both totals are tried.
    """
    lines = [line for line in order.lines if wanted[line.id]]
    totals = (expected_total(order), order.grand_total)
    readings = [_exact(order, lines, wanted, share) for share in _tax_shares(order)]
    for exact in readings:
        for total in totals:
            if found := _added_up(exact, to_minor(total, order.currency), order.currency):
                return _prices(lines, found, total)
    return _prices(lines, [to_minor(part, order.currency) for part in readings[0]], totals[0])


def expected_total(order: Order) -> Decimal:
    """Return the total that Afosto should compute: returned units are imported too, so their price is added."""
    share = _tax_shares(order)[0]
    back = sum((_worth(line, line.returned + line.broken, share) for line in order.lines), _ZERO)
    return order.grand_total + from_minor(to_minor(back, order.currency), order.currency)


def unit_prices(units: int, total: int) -> tuple[tuple[int, int], ...]:
    """Split a total into (number of units, unit price) pairs: three units for 1000 are two at 333 and one at 334."""
    price, dearer = divmod(total, units)
    return tuple((count, each) for count, each in ((units - dearer, price), (dearer, price + 1)) if count)


def _tax_shares(order: Order) -> tuple[int, ...]:
    """The shares of its tax to add to a price: 1 adds it, 0 leaves the price as it is, -1 subtracts it.

    The vendor documents only that `taxable` says whether a tax applies. For an order that is not taxable, it is not
    known whether the gross prices still contain the tax; the total shows it.
    """
    if order.tax_model == _NET:
        return (1,) if order.taxable else (0,)
    return (0,) if order.taxable else (0, -1)


def _exact(order: Order, lines: Sequence[LineItem], wanted: Mapping[str, int], share: int) -> list[Decimal]:
    fees = [fee.amount + share * _fee_tax(order, fee) for fee in order.fees]
    return [*(_worth(line, wanted[line.id], share) for line in lines), *fees]


def _worth(line: LineItem, units: int, share: int) -> Decimal:
    """The price of some units of a line. A line's price is for its `quantity`, which may exclude returned units."""
    full = line.line_price + share * line.line_tax
    if units == line.quantity:
        return full
    if line.quantity:
        return (full * units / line.quantity).quantize(_FINE)
    return (line.unit_price * units * (1 + max(share, 0) * line.tax_rate)).quantize(_FINE)


def _fee_tax(order: Order, fee: Fee) -> Decimal:
    """The tax of a fee. A coupon has no tax of its own: it is what all other taxes exceed the order's total tax by.

    That is zero if the line taxes already exclude the coupon, and never more than the coupon at the highest rate.
    """
    if fee.tax is not None or order.tax_total is None:
        return fee.tax or _ZERO
    named = [line.line_tax for line in order.lines] + [other.tax for other in order.fees if other.tax is not None]
    highest = max((line.tax_rate for line in order.lines), default=_ZERO)
    return min(_ZERO, max(order.tax_total - sum(named, _ZERO), fee.amount * highest - smallest(order.currency)))


def _added_up(exact: Sequence[Decimal], total: int, currency: str) -> list[int] | None:
    """Round each part up or down so that they add up to a total; None if rounding cannot achieve that."""
    found = [whole_minor(part, currency) for part in exact]
    rests = [part.scaleb(digits(currency)) - whole for part, whole in zip(exact, found, strict=True)]
    missing = total - sum(found)
    if not 0 <= missing <= sum(rest > 0 for rest in rests):
        return None
    for index in sorted(range(len(rests)), key=lambda i: -rests[i])[:missing]:
        found[index] += 1
    return found


def _prices(lines: Sequence[LineItem], found: Sequence[int], total: Decimal) -> Prices:
    by_line = {line.id: units for line, units in zip(lines, found, strict=False)}
    return Prices(by_line, tuple(found[len(lines) :]), total)
