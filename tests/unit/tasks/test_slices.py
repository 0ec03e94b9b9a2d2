"""A store is read in slices: every order that a list holds is found, and each once, however many changed at once."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from clients.epages import EpagesClient
from ledger.records import Cursor
from schemas.epages import OrderPage, OrderRow
from tasks.slices import Reader

START = datetime(2026, 11, 1, tzinfo=UTC)
NOW = START + timedelta(hours=1)
PAGE = 4
SECOND = timedelta(seconds=1)
# Seconds after START: few of them, so that many orders share one.
SECONDS = st.integers(0, 3)


@dataclass(frozen=True)
class Listed:
    id: str
    created: datetime
    updated: datetime


class ListOfOrders:
    """The order list of a shop: filters by whole seconds, bounds included, in no order."""

    def __init__(self, orders: list[Listed], changes: Collection[int] = ()) -> None:
        """`changes` are the requests after which somebody changes the first order that nobody changed before."""
        self._orders = orders
        self._changes = changes
        self.requests = 0
        self.changed: set[str] = set()

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
        if self.requests in self._changes and len(self.changed) < len(self._orders):
            self._change_one()
        return OrderPage(rows, size, page, len(found), -(-len(found) // size), NOW)

    def _change_one(self) -> None:
        index, order = next((n, each) for n, each in enumerate(self._orders) if each.id not in self.changed)
        self._orders[index] = replace(order, updated=NOW)
        self.changed.add(order.id)


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


@given(st.lists(SECONDS, min_size=PAGE, max_size=5 * PAGE), st.sets(st.integers(1, 40), max_size=12))
def test_an_order_that_leaves_a_slice_between_two_pages_hides_no_other(times: list[int], changes: set[int]) -> None:
    moments = [START + timedelta(seconds=second) for second in times]
    shop = ListOfOrders([Listed(str(number), at, at) for number, at in enumerate(moments)], changes)
    end = START + timedelta(seconds=8)
    reader, found, reached = _reader("history", shop, upper_end=end), set[str](), START
    while reached < end:
        reading = reader.next()
        found.update(row.id for row in reading.rows)
        reached = reading.end or end
    assert {str(number) for number in range(len(times))} <= found | shop.changed


def test_a_crowd_that_came_a_while_ago_costs_as_many_requests_as_it_has_pages() -> None:
    shop = ListOfOrders([Listed(str(number), START, START) for number in range(5 * PAGE)])
    reading = _reader("live", shop).next()
    assert (len(reading.rows), reading.end, shop.requests) == (5 * PAGE, None, 5)


def test_the_past_of_a_shop_that_is_connected_after_a_crowd_came_costs_few_requests_more_than_it_has_pages() -> None:
    shop = ListOfOrders([Listed(str(number), NOW - 60 * SECOND, NOW - 60 * SECOND) for number in range(5 * PAGE)])
    reader = _reader("history", shop, upper_end=NOW)
    assert [len(reader.next().rows) for _ in range(2)] == [5 * PAGE, 0]
    assert shop.requests == 1 + 5 + 1


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
