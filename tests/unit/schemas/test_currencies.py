"""Amounts and minor units, of currencies with no, two and three decimals."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.values.currencies import digits, from_minor, smallest, to_minor, whole_minor, written

CURRENCIES = ("JPY", "EUR", "BHD")


@pytest.mark.parametrize(
    ("currency", "decimals", "units", "text"),
    [("JPY", 0, 1230, "1230 JPY"), ("EUR", 2, 123000, "1230.00 EUR"), ("BHD", 3, 1230000, "1230.000 BHD")],
)
def test_an_amount_is_counted_in_the_minor_units_of_its_currency(
    currency: str, decimals: int, units: int, text: str
) -> None:
    assert digits(currency) == digits(currency.lower()) == decimals
    assert to_minor(Decimal(1230), currency) == units
    assert written(Decimal(1230), currency) == text
    assert to_minor(smallest(currency), currency) == 1


def test_a_currency_that_is_not_listed_has_two_decimals() -> None:
    assert digits("XYZ") == 2


@given(st.integers(-(10**11), 10**11), st.sampled_from(CURRENCIES))
def test_money_is_the_same_after_a_round_trip(units: int, currency: str) -> None:
    amount = from_minor(units, currency)
    assert to_minor(amount, currency) == whole_minor(amount, currency) == units


def test_half_a_cent_is_rounded_away_from_zero() -> None:
    assert [to_minor(Decimal(text), "EUR") for text in ("0.005", "-0.005", "2.9449")] == [1, -1, 294]


def test_the_whole_units_of_an_amount_are_the_next_lower_ones() -> None:
    assert [whole_minor(Decimal(text), "EUR") for text in ("0.019", "-0.011")] == [1, -2]
