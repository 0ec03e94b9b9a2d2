"""The trader: a shop that sells, ships, cancels and takes returns by itself, without ever breaking a rule."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from simulators.epages.activity.sku_changes import change_at_random
from simulators.epages.activity.trader import Trader, act_out_past
from simulators.epages.model.catalog import Assortment, Catalog
from simulators.epages.model.switches import Switches
from simulators.epages.shop.selling import sell_many
from simulators.epages.shop.shop import Shop
from simulators.order_shares import shop_serves

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


class Day:
    """A day of trading, run at once."""

    def __init__(self, seed: int = 0, **switches: bool) -> None:
        self.now = START
        self.shop = Shop("hof", seed=seed, switches=Switches(**switches), clock=lambda: self.now)  # type: ignore[arg-type]

    def trade(self, seconds: int, rate: float, fulfills: float = 1.0) -> None:
        trader = Trader(self.shop, rate, self.now, seed=5, fulfills=fulfills)
        for _ in range(seconds):
            self.now += timedelta(seconds=1)
            trader.advance(self.now)


def test_a_trader_sells_at_its_rate() -> None:
    day = Day()
    day.trade(seconds=60, rate=2)
    assert len(day.shop.orders) == 121


def test_a_trading_day_has_all_that_can_happen_and_no_violation() -> None:
    day = Day()
    day.trade(seconds=300, rate=3)
    actions = Counter(cause["action"] for cause in day.shop.causes.all)
    expected = {"sell", "pay", "ship", "deliver", "cancel", "return", "ready-for-pickup", "pick-up", "refund", "mail"}
    assert actions.keys() >= expected
    orders = list(day.shop.orders.values())
    assert any(order.test for order in orders)
    assert any(order.coupon for order in orders)
    assert any(not order.billing_address["houseNumber"] for order in orders)
    assert any(len(order.of_kind("shippings")) > 1 for order in orders)
    assert {part.status for o in orders for p in o.of_kind("returns") for part in p.parts} == {"RETURNED", "BROKEN"}
    assert day.shop.causes.violations == []
    assert {cause["by"] for cause in day.shop.causes.all} == {"shop"}


def test_a_shop_hands_over_only_the_share_it_fulfills_but_cancels_any_order() -> None:
    day = Day()
    day.trade(seconds=200, rate=3, fulfills=0.4)
    acted: dict[str, set[str]] = {}
    for cause in day.shop.causes.all:
        acted.setdefault(cause["action"], set()).add(cause["order"])
    served = {order for order in day.shop.orders if shop_serves(order, 0.4)}
    assert acted["ship"] | acted["ready-for-pickup"] | acted["return"] <= served
    assert acted["cancel"] - served
    assert len(acted["ship"]) > 50


@pytest.mark.parametrize("leaves", [True, False])
def test_pieces_of_a_line_always_add_up(leaves: bool) -> None:
    day = Day(returned_leaves_delivered=leaves)
    day.trade(seconds=200, rate=3)
    lines = [line for order in day.shop.orders.values() for line in order.lines]
    assert len(lines) > 200
    for line in lines:
        begun = line.pending + line.shipped + line.delivered + line.ready_for_pickup + line.picked_up
        gone = line.returned + line.broken if leaves else 0
        assert line.open + begun + gone + line.canceled == line.initial
        assert line.sent == begun + gone


def test_the_same_seed_trades_the_same_day() -> None:
    days = [Day(seed=4), Day(seed=4), Day(seed=5)]
    for day in days:
        day.trade(seconds=30, rate=2)
    ledgers = [day.shop.causes.all for day in days]
    assert ledgers[0] == ledgers[1]
    assert ledgers[0] != ledgers[2]


def test_acts_on_orders_of_the_past_stay_in_the_past() -> None:
    day = Day()
    rng = random.Random(2)
    until = START - timedelta(days=1)
    for order in sell_many(day.shop, 200, until - timedelta(days=30), until, rng):
        act_out_past(day.shop, order, until, rng)
    assert max(order.updated_at for order in day.shop.orders.values()) <= until
    assert {order.shipping_status for order in day.shop.orders.values()} >= {"DELIVERED", "CANCELED", "SHIPPED"}
    assert day.shop.causes.violations == []


def test_a_sold_out_shop_sells_nothing_and_goes_on() -> None:
    now = START
    shop = Shop("hof", assortment=Assortment(stock=0), clock=lambda: now)
    Trader(shop, 5, START).advance(START + timedelta(seconds=3))
    assert shop.orders == {}


def test_a_share_must_be_a_share() -> None:
    with pytest.raises(ValueError, match="share"):
        Trader(Shop("hof"), 1, START, fulfills=2)


def test_a_rate_must_be_positive() -> None:
    with pytest.raises(ValueError, match="rate"):
        Trader(Shop("hof"), 0, START)


@pytest.mark.parametrize("counted", [False, True])
def test_products_are_renamed_swapped_and_replaced_again_and_again(counted: bool) -> None:
    day = Day(counted_ids=counted)
    day.shop.catalog = Catalog(1, Assortment(products=4), counted_ids=counted)
    before = {item.id: item.sku for item in day.shop.catalog.items.values()}
    rng = random.Random(1)
    for _ in range(300):
        change_at_random(day.shop, rng)
    items = day.shop.catalog.items
    skus = [item.sku for item in items.values()]
    assert sorted(skus) == sorted(day.shop.catalog.by_sku)
    assert len(set(skus)) == len(items)
    assert items.keys() != before.keys()
    assert max(map(len, skus)) < 20
    assert set(before.values()) - set(skus), "somebody's SKU is borne by nobody"
