"""No number of a vendor blocks the interpreter, and a number out of range fails only its own field."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from schemas import epages
from schemas.epages.wire import MOST_PIECES
from schemas.errors import MalformedDocument
from schemas.values.fields import Amount, Document, Integer, MillisTime, Time, WholeNumber
from schemas.values.loading import load
from schemas.values.numbers import read_constant, read_decimal, read_int

HOSTILE = [
    "1e9999999", "-1e9999999", "1e-9999999", "1e31", "9" * 4000, "0." + "3" * 4000, "NaN", "Infinity", "-Infinity",
    "1e9999999999999999999", "-1e9999999999999999999", "1e-9999999999999999999", "0e9999999999999999999", "0e-99999999",
]  # fmt: skip
NOW = datetime(2026, 11, 28, tzinfo=UTC)


class Figures(Document):
    target = dict

    count = WholeNumber("count", default=0)
    whole = Integer("whole", default=0)
    amount = Amount("amount", default=Decimal(0))
    millis = MillisTime("millis", default=None)
    time = Time("time", default=None)


def _parsed(text: str) -> Any:
    return json.loads(text, parse_float=read_decimal, parse_int=read_int, parse_constant=read_constant)


@pytest.mark.parametrize("literal", HOSTILE)
@pytest.mark.parametrize("field", ["count", "whole", "amount", "millis", "time"])
def test_a_hostile_number_is_an_error_of_its_field(field: str, literal: str) -> None:
    with pytest.raises(MalformedDocument) as refused:
        load(Figures(), _parsed(f'{{"{field}": {literal}}}'), "document")
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("count", 2**31), ("count", -1), ("count", 1.5), ("count", True), ("count", float("nan")),
        ("whole", 2**31), ("whole", -(2**31)), ("amount", 10**13), ("amount", float("inf")),
        ("millis", -1), ("millis", 10**17), ("millis", "12"),
        ("time", "0001-01-01T00:00:00+14:00"), ("time", "9999-12-31T23:59:59"), ("time", "1969-12-31T23:59:59"),
    ],
)  # fmt: skip
def test_every_figure_has_a_range(field: str, value: object) -> None:
    with pytest.raises(MalformedDocument) as refused:
        load(Figures(), {field: value}, "document")
    assert refused.value.field == field


@pytest.mark.parametrize("literal", ["0", "-0.0", "3", "3.0", "1e3", "12345678901234567890.12", "1e-30"])
def test_an_ordinary_number_is_read_exactly(literal: str) -> None:
    assert _parsed(literal) == Decimal(literal)


def test_one_bad_number_fails_one_order_and_not_the_page() -> None:
    page = _parsed(
        '{"page": {"size": 2, "number": 0, "totalElements": 2, "totalPages": 1},'
        ' "_embedded": {"orders": [{"_id": "bad", "orderNumber": "7", "grandTotal": {"amount": 1e9999999}},'
        ' {"_id": "other"}]}}'
    )
    rows = epages.load_order_page(page, NOW).rows
    assert [(row.id, row.order) for row in rows] == [("bad", None), ("other", None)]


@pytest.mark.parametrize("literal", HOSTILE)
def test_a_hostile_count_of_pages_is_a_malformed_list(literal: str) -> None:
    with pytest.raises(MalformedDocument) as refused:
        epages.load_page_count(_parsed(f'{{"page": {{"totalPages": {literal}}}}}'))
    assert refused.value.field == "page.totalPages"


def test_a_token_that_never_expires_is_refused() -> None:
    with pytest.raises(MalformedDocument) as refused:
        epages.load_token({"access_token": "t", "expires_in": 10**12}, NOW)
    assert refused.value.field == "expires_in"


def test_a_line_of_more_pieces_than_a_shop_sells_is_refused_before_anything_is_counted_out(order_doc: Any) -> None:
    order_doc["productLineItems"][0]["initialQuantity"] = 10**8
    with pytest.raises(MalformedDocument, match=f"from 0 to {MOST_PIECES}"):
        epages.load_order(order_doc)


def test_an_order_of_more_pieces_than_a_shop_sells_is_refused_as_a_whole(order_doc: Any) -> None:
    for line in order_doc["productLineItems"]:
        line["initialQuantity"] = MOST_PIECES
    with pytest.raises(MalformedDocument, match=f"more than {MOST_PIECES} pieces"):
        epages.load_order(order_doc)
