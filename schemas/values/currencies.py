"""Minor units: the smallest amount of each currency (ISO 4217, list one, column "minor unit").

We assume that Afosto's Money is a whole number of minor units. Check this with the vendor for currencies with no or
three decimals.
"""

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

_USUAL = 2
_NONE = (
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "ISK",
    "JPY",
    "KMF",
    "KRW",
    "PYG",
    "RWF",
    "UGX",
    "UYI",
    "VND",
    "VUV",
    "XAF",
    "XOF",
    "XPF",
)
_THREE = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_FOUR = ("CLF", "UYW")
_DIGITS = dict.fromkeys(_NONE, 0) | dict.fromkeys(_THREE, 3) | dict.fromkeys(_FOUR, 4)


def digits(currency: str) -> int:
    """Return how many decimals a currency has: 2 for EUR, 0 for JPY, 3 for BHD."""
    return _DIGITS.get(currency.upper(), _USUAL)


def smallest(currency: str) -> Decimal:
    """Return the smallest amount of a currency, such as 0.01."""
    return Decimal(1).scaleb(-digits(currency))


def to_minor(amount: Decimal, currency: str) -> int:
    """Return an amount in minor units; half a unit is rounded away from zero."""
    return int(amount.scaleb(digits(currency)).to_integral_value(ROUND_HALF_UP))


def whole_minor(amount: Decimal, currency: str) -> int:
    """Return an amount in minor units, rounded down to a whole number, also below zero."""
    return int(amount.scaleb(digits(currency)).to_integral_value(ROUND_FLOOR))


def from_minor(units: int, currency: str) -> Decimal:
    """Return the amount of a number of minor units."""
    return Decimal(units).scaleb(-digits(currency))


def written(amount: Decimal, currency: str) -> str:
    """Return an amount as people read it: 12.30 EUR, 1230 JPY."""
    return f"{amount:.{digits(currency)}f} {currency}"
