"""A store is read in slices: every order that a list holds is found, and each once, however many changed at once."""

import random
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from clients.epages import EpagesClient
from ledger.records import Cursor
from schemas.epages import OrderPage, OrderRow
from schemas.errors import Wait
from schemas.wording.phrases import phrase
from sync.discovery.time_slices import Reader

START = datetime(2026, 11, 1, tzinfo=UTC)
NOW = START + timedelta(hours=1)
PAGE = 4
SECOND = timedelta(seconds=1)
OVERLAP = 10 * SECOND
# Seconds after START: few of them, so that many orders share one.
SECONDS = st.integers(0, 3)


@dataclass(frozen=True)
class Listed:
    id: str
    created: datetime
    updated: datetime


class ListOfOrders:
    """The order list of a shop: filters by whole seconds, bounds included, in no order."""

    def __init__(self, orders: list[Listed], changes: Collection[int] = (), *, stable: bool = True) -> None:
        """`changes` are the requests after which somebody changes an order and another, changed before, shows late.

        Of a list that is not `stable` each answer has another order.
        """
        self._orders = orders
        self._changes = changes
        self._random = None if stable else random.Random(7)
        self.requests = 0
        self.interrupt_after: int | None = None
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
        if self.requests == self.interrupt_after:
            raise Wait(phrase("the budget is used up"), after=1)
        self.requests += 1
        found = [
            order
            for order in self._orders
            if _between(order.created, created_after, created_before)
            and _between(order.updated, updated_after, updated_before)
        ]
        if self._random:
            self._random.shuffle(found)
        rows = tuple(OrderRow(order.id, None, None, None) for order in found[page * size : (page + 1) * size])
        if self.requests in self._changes and len(self.changed) < len(self._orders):
            self._change_one()
        return OrderPage(rows, size, page, len(found), -(-len(found) // size), NOW)

    def _change_one(self) -> None:
        index, order = next((n, each) for n, each in enumerate(self._orders) if each.id not in self.changed)
        self._orders[index] = replace(order, updated=NOW)
        late = NOW - OVERLAP + SECOND
        self._orders.append(Listed(f"late-{self.requests}", late, late))
        self.changed |= {order.id, self._orders[-1].id}


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


@given(st.lists(SECONDS, min_size=PAGE, max_size=5 * PAGE), st.sets(st.integers(1, 20), max_size=12))
def test_orders_that_leave_a_slice_between_two_pages_and_others_that_show_late_hide_none(
    times: list[int], changes: set[int]
) -> None:
    moments = [START + timedelta(seconds=second) for second in times]
    shop = ListOfOrders([Listed(str(number), at, at) for number, at in enumerate(moments)], changes)
    assert {str(number) for number in range(len(times))} <= _read_all(shop) | shop.changed


def test_a_crowd_in_one_second_is_read_from_a_list_without_any_order() -> None:
    shop = ListOfOrders([Listed(str(number), START, START) for number in range(6 * PAGE)], stable=False)
    assert len(_read_all(shop)) == 6 * PAGE


def test_a_crowd_that_came_just_now_costs_as_many_requests_as_it_has_pages() -> None:
    moment = NOW - 5 * SECOND
    shop = ListOfOrders([Listed(str(number), moment, moment) for number in range(5 * PAGE)])
    reading = _reader("live", shop, position=NOW).next()
    assert (len(reading.rows), reading.end, shop.requests) == (5 * PAGE, None, 5)


def test_a_crowd_that_came_before_the_overlap_is_read_apart_from_what_may_still_show_late() -> None:
    shop = ListOfOrders([Listed(str(number), START, START) for number in range(5 * PAGE)])
    reader = _reader("live", shop)
    past, present = reader.next(), reader.next()
    assert (len(past.rows), past.end) == (5 * PAGE, NOW - OVERLAP - SECOND)
    assert (present.rows, present.end, shop.requests) == ((), None, 1 + 5 + 1)


def test_runs_of_one_call_each_come_to_slices_of_one_page() -> None:
    moments = [START + timedelta(minutes=minute) for minute in range(5 * PAGE)]
    shop = ListOfOrders([Listed(str(number), at, at) for number, at in enumerate(moments)])
    width, rows = 1e6, 0
    while not rows:
        shop.interrupt_after = shop.requests + 1
        reader = _reader("history", shop, upper_end=NOW, width=width)
        with suppress(Wait):
            rows = len(reader.next().rows)
        width = reader.width
        assert shop.requests < 10
    assert 0 < rows <= PAGE


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
    return Reader(client, cursor, START - timedelta(days=1), PAGE, OVERLAP)


def _read_all(shop: ListOfOrders) -> set[str]:
    """Read a bounded cursor to its end, which lies so that what is changed now leaves it."""
    end = NOW - 3 * SECOND
    reader, found, reached = _reader("history", shop, upper_end=end), set[str](), START
    while reached < end:
        reading = reader.next()
        found.update(row.id for row in reading.rows)
        reached = reading.end or end
    return found


def _between(moment: datetime, after: datetime | None, before: datetime | None) -> bool:
    return (after is None or moment >= after) and (before is None or moment <= before)
