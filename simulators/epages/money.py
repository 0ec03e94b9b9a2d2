"""Money as the vendor writes it: a JSON number with a currency, for prices also with the tax model."""

from decimal import Decimal
from typing import Any, Protocol


class Priced(Protocol):
    """Whatever knows the currency and tax model of its prices."""

    currency: str
    tax_model: str


def number(value: Decimal) -> float | int:
    """A JSON number that reads back as exactly this decimal: a float prints its shortest form, up to 15 digits."""
    return int(value) if value == value.to_integral_value() else float(value)


def money(currency: str, amount: Decimal) -> dict[str, Any]:
    """An amount in a currency."""
    return {"currency": currency, "amount": number(amount)}


def price(owner: Priced, amount: Decimal) -> dict[str, Any]:
    """An amount with the tax model it is meant in."""
    return {"taxModel": owner.tax_model, "currency": owner.currency, "amount": number(amount)}
