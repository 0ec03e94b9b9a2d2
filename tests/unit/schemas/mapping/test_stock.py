from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import afosto, epages
from schemas.mapping.stock import sold_lines, unbooked_stock, undeducted_by_line, wanted_stock

COUNT = st.integers(0, 50)
UNIT = afosto.Unit("u", "A", "l1", None, None, "OPEN")


def in_afosto(*units: afosto.Unit) -> afosto.Order:
    return afosto.Order("o", "1", "OPEN", "EUR", Decimal(1), None, {}, units, (), (), None)


@given(sold=COUNT, undeducted=st.none() | COUNT)
def test_of_a_line_neither_more_than_was_sold_nor_less_than_nothing_is_unbooked(
    sold: int, undeducted: int | None
) -> None:
    assert 0 <= unbooked_stock(sold, undeducted) <= sold


@given(available=st.integers(-5, 50), ordered=COUNT, opened=st.booleans(), data=st.data())
def test_facts_that_are_late_never_publish_more_than_there_is(
    available: int, ordered: int, opened: bool, data: st.DataObject
) -> None:
    """Both counts only shrink, so a late one is too large; whether the order is opened may be known late too."""
    sold = data.draw(st.integers(0, ordered))
    undeducted = data.draw(st.integers(0, ordered)) if opened else None
    late_sold = data.draw(st.integers(sold, ordered))
    late_undeducted = data.draw(st.none() | st.integers(undeducted, ordered)) if undeducted is not None else None
    truth = wanted_stock(available, unbooked_stock(sold, undeducted))
    assert wanted_stock(available, unbooked_stock(late_sold, late_undeducted)) <= truth


@given(available=st.integers(0, 50), sold=COUNT)
def test_booking_an_order_moves_nothing_in_the_shop(available: int, sold: int) -> None:
    booked = min(available, sold)
    before = wanted_stock(available, unbooked_stock(sold, None))
    assert before == wanted_stock(available - booked, unbooked_stock(sold, sold - booked))


def test_broken_pieces_stay_sold_and_returned_and_canceled_ones_do_not(order: epages.Order) -> None:
    line = replace(order.lines[0], initial_quantity=9, canceled=1, returned=2, broken=3)
    (sold,) = sold_lines(replace(order, lines=(line,)))
    assert (sold.order_id, sold.line_id, sold.sku, sold.sold_units) == (order.id, line.id, line.sku, 6)


@pytest.mark.parametrize(
    ("parent", "place"), [(None, ("own", None)), ("parent", ("parent", "own"))], ids=["product", "variation"]
)
def test_a_line_tells_where_the_shop_keeps_the_stock(
    order: epages.Order, parent: str | None, place: tuple[str, str | None]
) -> None:
    line = replace(order.lines[0], product_id="own", variation_product_id=parent)
    (sold,) = sold_lines(replace(order, lines=(line,)))
    assert (sold.product_id, sold.variation_id) == place


def test_units_count_while_they_are_open_and_not_deducted() -> None:
    found = in_afosto(
        UNIT,
        replace(UNIT, is_deducted=True),
        replace(UNIT, progress="CANCELLED"),
        replace(UNIT, contra_id="c"),
        replace(UNIT, line_ref="l2"),
        replace(UNIT, line_ref=None),
    )
    assert undeducted_by_line(found) == {"l1": 1, "l2": 1}


def test_the_time_of_a_line_is_that_of_its_order(order: epages.Order) -> None:
    at = datetime(2026, 1, 5, tzinfo=UTC)
    assert {line.document_at for line in sold_lines(replace(order, updated_at=at))} == {at}
