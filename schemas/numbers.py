"""The numbers of a JSON document, read so that none can hold the interpreter: a vendor may send any number of digits.

What is out of reach becomes not-a-number. Every field refuses that by its own name, so that one bad figure spoils one
order and not the page in which it stands.
"""

from decimal import Decimal, InvalidOperation

# Powers of ten beyond which no amount, count or time of a vendor lies.
_FARTHEST = 30
# Digits of a number: those of the longest id, not of an amount.
_MOST_DIGITS = 40
_NO_NUMBER = Decimal("NaN")


def read_int(digits: str) -> int | Decimal:
    """Read a whole number as `json` hands it over."""
    return int(digits) if len(digits) <= _MOST_DIGITS else _NO_NUMBER


def read_decimal(digits: str) -> Decimal:
    """Read a number with a point or an exponent, exactly."""
    if len(digits) > _MOST_DIGITS:
        return _NO_NUMBER
    try:
        number = Decimal(digits)
    except InvalidOperation:
        # An exponent that Decimal itself cannot hold.
        return _NO_NUMBER
    return number if abs(number.adjusted()) <= _FARTHEST else _NO_NUMBER


def read_constant(word: str) -> Decimal:
    """Read NaN and the infinities, which are no JSON."""
    return _NO_NUMBER


def in_range(value: object, least: int, most: int) -> bool:
    """Whether a value is a finite number within a range; True and False are none."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return False
    return _is_finite(value) and least <= value <= most


def _is_finite(value: int | float | Decimal) -> bool:
    return value.is_finite() if isinstance(value, Decimal) else value - value == 0
