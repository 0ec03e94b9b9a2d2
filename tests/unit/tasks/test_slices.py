"""A store is read in slices: every order that a list holds is found, and each once, however many changed at once."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from clients.epages import EpagesClient
from ledger.records import Cursor
from schemas.epages import OrderPage, OrderRow
from tasks.slices import Reader

START = datetime(2026, 11, 1, tzinfo=UTC)
PAGE = 4
# Seconds after START: few of them, so that many orders share one.
SECONDS = st.integers(0, 3)


@dataclass(frozen=True)
class Listed:
    id: str
    created: datetime
    updated: datetime


class ListOfOrders:
    """The order list of a shop: filters by whole seconds, bounds included, in no order."""

    def __init__(self, orders: list[Listed]) -> None:
        self._orders = orders
        self.requests = 0

    def orders(
        self,
        *,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        updated_after: datetime | None = None,
        updated_before: datetime | None = None,
        size: int = 200,
        page: int = 0,
    ) -> OrderPage:
        self.requests += 1
        found = [
            order
            for order in self._orders
            if _between(order.created, created_after, created_before)
            and _between(order.updated, updated_after, updated_before)
        ]
        rows = tuple(OrderRow(order.id, None, None, None) for order in found[page * size : (page + 1) * size])
        return OrderPage(rows, size, page, len(found), -(-len(found) // size), START + timedelta(hours=1))


@given(st.lists(st.tuples(SECONDS, SECONDS), max_size=40))
def test_every_order_of_a_bounded_cursor_is_found_and_no_slice_holds_one_twice(times: list[tuple[int, int]]) -> None:
    orders = [
        Listed(str(number), START + timedelta(seconds=created), START + timedelta(seconds=created + later))
        for number, (created, later) in enumerate(times)
    ]
    end = START + timedelta(seconds=8)
    found: set[str] = set()
    reader = _reader("history", orders, upper_end=end)
    while True:
        reading = reader.next()
        ids = [row.id for row in reading.rows]
        assert len(ids) == len(set(ids))
        found.update(ids)
        if reading.end is None or reading.end >= end:
            break
    assert found == {order.id for order in orders}


def test_a_store_without_news_costs_one_request() -> None:
    shop = ListOfOrders([Listed("old", START - timedelta(days=9), START - timedelta(days=9))])
    reading = _reader("live", shop).next()
    assert (reading.rows, reading.end, shop.requests) == ((), None, 1)


def test_more_orders_than_a_page_placed_in_one_second_after_a_long_past_cost_few_requests() -> None:
    moment = START + timedelta(days=365)
    shop = ListOfOrders([Listed(str(number), moment, moment) for number in range(2 * PAGE)])
    reader = _reader("history", shop, upper_end=moment + timedelta(seconds=8), width=1.0, position=moment)
    assert len(reader.next().rows) == 2 * PAGE
    assert shop.requests <= 6


def test_the_sweeps_of_a_quiet_shop_can_begin_night_after_night() -> None:
    width = 86_400.0
    for _ in range(100):
        width = _reader("sweep", [], START + timedelta(days=1), width=width).next().width
    assert _reader("sweep", [], START + timedelta(days=1), width=1e18).next().end is not None


def _reader(
    kind: str,
    shop: ListOfOrders | list[Listed],
    upper_end: datetime | None = None,
    width: float = 3600.0,
    position: datetime = START,
) -> Reader:
    client = cast("EpagesClient", shop if isinstance(shop, ListOfOrders) else ListOfOrders(shop))
    cursor = Cursor("shop", kind, position, START, upper_end, width=width, fence=1, lateness=0)
    return Reader(client, cursor, START - timedelta(days=1), PAGE, timedelta(seconds=10))


def _between(moment: datetime, after: datetime | None, before: datetime | None) -> bool:
    return (after is None or moment >= after) and (before is None or moment <= before)
