"""Reads the numbers of a JSON document safely: a number with very many digits must not block the interpreter.

A number that is too large or too long becomes NaN. Fields refuse NaN and name themselves in the error, so one bad
number fails one order, not the whole page.
"""

from decimal import Decimal, InvalidOperation

# The largest power of ten, up or down: no amount, count or time of a vendor comes near it.
_FARTHEST = 30
# Most digits of a number: enough for the longest numeric id.
_MOST_DIGITS = 40
_NO_NUMBER = Decimal("NaN")


def read_int(digits: str) -> int | Decimal:
    """Read a whole number from the digits that `json` passes."""
    return int(digits) if len(digits) <= _MOST_DIGITS else _NO_NUMBER


def read_decimal(digits: str) -> Decimal:
    """Read a number with a point or an exponent, exactly."""
    if len(digits) > _MOST_DIGITS:
        return _NO_NUMBER
    try:
        number = Decimal(digits)
    except InvalidOperation:
        # The exponent is too large even for Decimal.
        return _NO_NUMBER
    return number if abs(number.adjusted()) <= _FARTHEST else _NO_NUMBER


def read_constant(word: str) -> Decimal:
    """Read NaN, Infinity and -Infinity, which are not valid JSON, as NaN."""
    return _NO_NUMBER


def in_range(value: object, least: int, most: int) -> bool:
    """Whether a value is a finite number within a range, bounds included; True and False are not numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return False
    return _is_finite(value) and least <= value <= most


def _is_finite(value: int | float | Decimal) -> bool:
    return value.is_finite() if isinstance(value, Decimal) else value - value == 0
