"""The order list of the simulated shop: filters, pages, and the switches for what the vendor does not document."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulators.epages.activity import merchant
from simulators.epages.model.order_list import Query
from simulators.epages.model.orders import Order
from simulators.epages.model.switches import Switches
from simulators.epages.shop.selling import sell_many, sell_something
from simulators.epages.shop.shop import Shop

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Market:
    """A shop of ten orders, one a minute, and its clock."""

    def __init__(self, **switches: Any) -> None:
        self.now = START
        self.shop = Shop("hof", seed=1, switches=Switches(**switches), clock=lambda: self.now)
        self.orders: list[Order] = []
        for number in range(10):
            self.now = START + number * MINUTE
            self.orders.append(sell_something(self.shop, self.shop.random))
        self.now = START + timedelta(hours=1)

    def find(self, **filters: Any) -> list[int]:
        """The positions of the orders a query finds, in list order."""
        switches = self.shop.switches
        found = self.shop.order_list.select(Query(**filters), self.now, switches.bounds == "inclusive")
        pages = self.shop.order_list.page(found, 200, 0, switches.list_order, self.shop.random)
        ids = [order.id for order in self.orders]
        return [ids.index(json.loads(body)["_id"]) for body in pages]

    def listed(self, order: Order) -> Any:
        """The order's document as the list shows it."""
        found = self.shop.order_list.select(Query(number=order.number), self.now, True)
        return json.loads(self.shop.order_list.page(found, 1, 0, "created-asc", self.shop.random)[0])


def test_times_filter_by_creation_and_by_update() -> None:
    market = Market()
    merchant.cancel(market.shop, market.orders[3])
    assert market.find(created_after=START + 6.5 * MINUTE) == [7, 8, 9]
    assert market.find(updated_after=START + 8.5 * MINUTE) == [3, 9]
    assert market.find(updated_after=START + 8.5 * MINUTE, created_before=START + 5 * MINUTE) == [3]
    assert market.find(updated_before=START + 1.5 * MINUTE) == [0, 1]


@pytest.mark.parametrize(("bounds", "found"), [("exclusive", [4]), ("inclusive", [3, 4, 5])])
def test_bounds_are_as_switched(bounds: str, found: list[int]) -> None:
    market = Market(bounds=bounds)
    assert market.find(created_after=START + 3 * MINUTE, created_before=START + 5 * MINUTE) == found
    assert market.find(updated_after=START + 3 * MINUTE, updated_before=START + 5 * MINUTE) == found


def test_states_filter() -> None:
    market = Market()
    merchant.cancel(market.shop, market.orders[3])
    assert market.find(canceled=True) == market.find(shipping_status="CANCELED") == [3]
    assert 3 not in market.find(canceled=False)
    assert market.find(number=market.orders[4].number) == [4]
    assert market.find(test=True) == [i for i, order in enumerate(market.orders) if order.test]
    statuses = [order.payment_status for order in market.orders]
    assert market.find(payment_status="PENDING") == [i for i, status in enumerate(statuses) if status == "PENDING"]


def test_the_list_comes_newest_first_when_switched_so() -> None:
    assert Market(list_order="created-desc").find() == list(range(9, -1, -1))


def test_a_random_list_is_complete_and_shuffled_for_each_request() -> None:
    market = Market(list_order="random")
    lists = [market.find() for _ in range(5)]
    assert all(sorted(found) == list(range(10)) for found in lists)
    assert len({tuple(found) for found in lists}) > 1


def test_equal_timestamps_have_no_fraction() -> None:
    market = Market(equal_timestamps=True)
    market.now = START + timedelta(seconds=90, microseconds=654321)
    merchant.cancel(market.shop, market.orders[0])
    assert market.orders[0].updated_at == START + timedelta(seconds=90)


def test_a_late_row_appears_later_with_the_time_of_its_write() -> None:
    market = Market()
    market.shop.switches = Switches(late_rows=30)
    order, written = market.orders[2], market.now
    merchant.cancel(market.shop, order)
    new = sell_something(market.shop, market.shop.random)
    assert json.loads(market.shop.order_list.body(order))["canceled"] is True
    assert market.listed(order)["canceled"] is False
    assert len(market.find()) == 10
    market.orders.append(new)
    market.now += timedelta(seconds=30)
    assert market.listed(order)["canceled"] is True
    assert order.updated_at == written
    assert market.find(updated_after=written - MINUTE) == [2, 10]


def test_a_late_row_shows_each_write_in_its_turn() -> None:
    market = Market()
    market.shop.switches = Switches(late_rows=30)
    order = next(order for order in market.orders if not order.is_pickup and order.lines[0].initial > 1)
    merchant.ship(market.shop, order, {order.lines[0].id: 1})
    market.now += timedelta(seconds=20)
    merchant.deliver(market.shop, order)
    market.now += timedelta(seconds=15)
    states = market.listed(order)["productLineItems"][0]["shippingStatus"]
    assert (states["shipped"]["quantity"], states["delivered"]["quantity"]) == (1, 0)


def test_a_process_that_does_not_bump_leaves_the_time_but_changes_the_document() -> None:
    market = Market(no_bump=("shippings",))
    order = next(order for order in market.orders if not order.is_pickup)
    before = order.updated_at
    merchant.ship(market.shop, order)
    assert order.updated_at == before
    assert market.listed(order)["shippingStatus"] == "SHIPPED"
    merchant.take_return(market.shop, order)
    assert order.updated_at == market.now


def test_orders_of_the_past_are_spread_over_their_period() -> None:
    market = Market()
    until = START - timedelta(days=1)
    made = list(sell_many(market.shop, 4, until - timedelta(hours=4), until, market.shop.random))
    market.orders += made
    assert [order.created_at for order in made] == [until - timedelta(hours=hours) for hours in (4, 3, 2, 1)]
    assert market.find(created_before=START - MINUTE) == [10, 11, 12, 13]
    assert market.shop.now() == market.now


def test_a_document_is_written_once_until_the_order_changes() -> None:
    market = Market()
    first = market.shop.order_list.body(market.orders[0])
    assert market.shop.order_list.body(market.orders[0]) is first
    merchant.cancel(market.shop, market.orders[0])
    assert market.shop.order_list.body(market.orders[0]) != first


@pytest.mark.parametrize("wrong", [{"list_order": "up"}, {"bounds": "half"}, {"gravity": True}])
def test_a_switch_that_does_not_exist_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"up|half|gravity"):
        Switches().changed(wrong)
