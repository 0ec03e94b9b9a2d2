from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import afosto, epages
from schemas.mapping.stock import held_lines, promised, waiting_by_line, wanted_stock

COUNT = st.integers(0, 50)
UNIT = afosto.Unit("u", "A", "l1", None, None, "OPEN")


def in_afosto(*units: afosto.Unit) -> afosto.Order:
    return afosto.Order("o", "1", "OPEN", "EUR", Decimal(1), None, {}, units, (), (), None)


@given(held=COUNT, waiting=st.none() | COUNT)
def test_a_line_never_promises_more_than_the_shop_holds_nor_less_than_nothing(held: int, waiting: int | None) -> None:
    assert 0 <= promised(held, waiting) <= held


@given(available=st.integers(-5, 50), ordered=COUNT, opened=st.booleans(), data=st.data())
def test_facts_that_are_late_never_publish_more_than_there_is(
    available: int, ordered: int, opened: bool, data: st.DataObject
) -> None:
    """Both counts only shrink, so a late one is too large; whether the order is opened may be known late too."""
    held = data.draw(st.integers(0, ordered))
    waiting = data.draw(st.integers(0, ordered)) if opened else None
    late_held = data.draw(st.integers(held, ordered))
    late_waiting = data.draw(st.none() | st.integers(waiting, ordered)) if waiting is not None else None
    truth = wanted_stock(available, promised(held, waiting))
    assert wanted_stock(available, promised(late_held, late_waiting)) <= truth


@given(available=st.integers(0, 50), held=COUNT)
def test_booking_an_order_moves_nothing_in_the_shop(available: int, held: int) -> None:
    booked = min(available, held)
    before = wanted_stock(available, promised(held, None))
    assert before == wanted_stock(available - booked, promised(held, held - booked))


def test_broken_pieces_stay_held_and_returned_and_canceled_ones_do_not(order: epages.Order) -> None:
    line = replace(order.lines[0], initial_quantity=9, canceled=1, returned=2, broken=3)
    (held,) = held_lines(replace(order, lines=(line,)))
    assert (held.order_id, held.line_id, held.sku, held.held) == (order.id, line.id, line.sku, 6)


@pytest.mark.parametrize(
    ("parent", "place"), [(None, ("own", None)), ("parent", ("parent", "own"))], ids=["product", "variation"]
)
def test_a_line_tells_where_the_shop_keeps_the_stock(
    order: epages.Order, parent: str | None, place: tuple[str, str | None]
) -> None:
    line = replace(order.lines[0], product_id="own", variation_product_id=parent)
    (held,) = held_lines(replace(order, lines=(line,)))
    assert (held.product_id, held.variation_id) == place


def test_units_wait_while_they_are_open_and_not_deducted() -> None:
    found = in_afosto(
        UNIT,
        replace(UNIT, is_deducted=True),
        replace(UNIT, progress="CANCELLED"),
        replace(UNIT, contra_id="c"),
        replace(UNIT, line_ref="l2"),
        replace(UNIT, line_ref=None),
    )
    assert waiting_by_line(found) == {"l1": 1, "l2": 1}


def test_the_time_of_a_line_is_that_of_its_order(order: epages.Order) -> None:
    at = datetime(2026, 1, 5, tzinfo=UTC)
    assert {line.document_at for line in held_lines(replace(order, updated_at=at))} == {at}
