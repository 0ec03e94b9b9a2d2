"""Money as the vendor writes it: a JSON number with a currency; a price also has the tax model."""

from decimal import Decimal
from typing import Any, Protocol


class Priced(Protocol):
    """Anything that has a currency and a tax model for its prices."""

    currency: str
    tax_model: str


def number(value: Decimal) -> float | int:
    """A JSON number that reads back as exactly this decimal, for up to 15 digits."""
    return int(value) if value == value.to_integral_value() else float(value)


def money(currency: str, amount: Decimal) -> dict[str, Any]:
    """An amount in a currency."""
    return {"currency": currency, "amount": number(amount)}


def price(owner: Priced, amount: Decimal) -> dict[str, Any]:
    """An amount in the owner's currency, with its tax model."""
    return {"taxModel": owner.tax_model, "currency": owner.currency, "amount": number(amount)}
