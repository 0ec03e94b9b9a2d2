"""The trader of Afosto: it serves its share of the orders by itself, without ever breaking a rule."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest

from simulators.afosto.activity import merchant
from simulators.afosto.activity.trader import Trader
from simulators.afosto.tenant import orders
from simulators.afosto.tenant.model import Order
from simulators.afosto.tenant.tenant import Tenant
from simulators.order_shares import afosto_serves, shop_serves

START = 1_700_000_000_000
SETUP = {
    "name": "acme",
    "key": "secret",
    "channels": [{"id": "web", "name": "Web"}],
    "locations": [{"id": "depot", "name": "Depot"}, {"id": "shop", "name": "Shop"}],
    "inventory": [{"location_id": "depot", "sku": "TEA", "total": 5000}],
}


class Day:
    """A day of Afosto in a moment: `orders` are opened at once, then time passes."""

    def __init__(self, count: int = 200) -> None:
        self.now = START
        self.tenant = Tenant(SETUP, lambda: self.now)
        self.orders = [self._opened(number) for number in range(count)]

    def _opened(self, number: int) -> Order:
        given = {"channel_id": "web", "currency": "EUR", "meta_data": {"reference": f"store/{number}"}}
        if number % 5 == 0:
            given["delivery"] = {"addresses": [{"type": "LOCATION", "location_id": "shop"}]}
        order = orders.create_order(self.tenant, "connector", given)
        item = {"sku": "TEA", "quantity": 1 + number % 4, "price": 500, "meta_data": {"line_ref": "l1"}}
        orders.add_items(self.tenant, "connector", order.id, [item])
        return orders.open_order(self.tenant, "connector", order.id)

    def trade(self, seconds: int = 60, rate: float = 0.0, share: float = 1.0, seed: int = 5) -> None:
        self.go_on(Trader(self.tenant, rate, self.now, seed=seed, share=share), seconds)

    def go_on(self, trader: Trader, seconds: int = 60) -> None:
        for _ in range(seconds):
            self.now += 1000
            trader.advance(self.now)

    def own(self) -> Iterator[tuple[str, str | None]]:
        """Acts of Afosto's people, by order."""
        yield from ((c.action, c.order) for c in self.tenant.causes.all if c.by == "afosto")


def test_a_trading_day_has_all_that_can_happen_and_no_violation() -> None:
    day = Day()
    day.trade(rate=2)
    actions = Counter(action for action, _ in day.own())
    expected = {"ship", "in_transit", "ready_to_collect", "delivered", "cancel", "finish", "restock", "reject"}
    assert actions.keys() >= expected | {"refund", "recount", "sell_elsewhere"}
    progress = {unit.progress for order in day.orders for unit in order.units}
    assert progress == {"OPEN", "CANCELLED", "RESTOCKED", "RETURNED", "REJECTED"}
    assert {len(order.parcels) for order in day.orders} >= {0, 1, 2, 3}
    assert max(Counter(order for action, order in day.own() if action == "receive").values()) > 1
    assert day.tenant.causes.violations == []


def test_some_parcels_are_delivered_without_ever_having_been_marked_shipped() -> None:
    day = Day()
    day.trade()
    moves: dict[str, list[str]] = {}
    for cause in day.tenant.causes.all:
        if cause.parcel:
            moves.setdefault(cause.parcel, []).append(cause.action)
    assert ["ship", "delivered"] in moves.values()
    assert ["ship", "in_transit", "delivered"] in moves.values()
    assert ["ship", "ready_to_collect", "delivered"] in moves.values()


def test_some_cancellations_pay_nothing_back() -> None:
    day = Day()
    day.trade()
    approvals = [cause.detail["is_refund"] for cause in day.tenant.causes.all if cause.action == "approve"]
    assert set(approvals) == {True, False}


def test_only_its_share_of_the_orders_is_touched() -> None:
    day = Day()
    day.trade(share=0.5)
    touched = {order for _, order in day.own() if order}
    served = {order.id for order in day.orders if afosto_serves(order.reference, 0.5)}
    assert touched == served
    assert 70 < len(served) < 130


def test_what_the_connector_did_not_open_is_left_alone() -> None:
    day = Day(count=1)
    draft = orders.create_order(day.tenant, "connector", {"channel_id": "web", "currency": "EUR"})
    day.trade(share=0)
    assert draft.status == "CONCEPT"
    assert [order for _, order in day.own()] == []


def test_an_order_lives_the_same_life_whenever_it_was_imported() -> None:
    days = [Day(count=20), Day(count=40)]
    for day in days:
        day.trade()
    lives = [[action for action, order in day.own() if order == day.orders[7].id] for day in days]
    assert lives[0] == lives[1] != []


def test_acts_follow_each_other_and_the_first_one_takes_its_time() -> None:
    day = Day(count=50)
    day.trade()
    assert len(day.orders) == 50
    for order in day.orders:
        times = [cause.at for cause in day.tenant.causes.all if cause.order == order.id and cause.by == "afosto"]
        assert times == sorted(times)
        assert all(later - earlier < 30_000 for earlier, later in pairwise(times))
        assert not times or times[0] - START >= 9000


def test_an_act_that_became_impossible_is_skipped() -> None:
    day = Day(count=20)
    trader = Trader(day.tenant, 0, day.now)
    day.go_on(trader, seconds=1)
    for order in day.orders:
        merchant.cancel_units(day.tenant, order.id, None)
    before = len(day.tenant.causes.all)
    day.go_on(trader)
    assert len(day.tenant.causes.all) == before


def test_a_new_trader_does_not_touch_orders_that_an_earlier_one_began() -> None:
    day = Day(count=50)
    day.trade(seconds=200)
    before = len(day.tenant.causes.all)
    day.trade(seconds=200)
    later = {cause.order for cause in day.tenant.causes.all[before:]}
    assert not later & {cause.order for cause in day.tenant.causes.all[:before] if cause.by == "afosto"}


def test_a_trader_that_starts_late_does_not_do_everything_at_once() -> None:
    day = Day(count=20)
    day.now += 3_600_000
    day.trade(seconds=8)
    assert list(day.own()) == []
    day.trade(seconds=30)
    assert list(day.own()) != []


def test_stock_moves_at_the_given_rate_and_never_below_what_is_reserved() -> None:
    day = Day(count=0)
    day.trade(seconds=30, rate=3)
    moves = [action for action, _ in day.own()]
    assert len(moves) == 91
    assert set(moves) == {"recount", "sell_elsewhere"}
    [level] = day.tenant.inventory.levels()
    assert level.available >= 0


@pytest.mark.parametrize(("rate", "share"), [(-1.0, 1.0), (1.0, 1.5)])
def test_senseless_settings_are_refused(rate: float, share: float) -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        Trader(Day(count=0).tenant, rate, START, share=share)


def test_shop_and_afosto_agree_who_serves_an_order() -> None:
    ids = [f"order-{number}" for number in range(1000)]
    shop = {order for order in ids if shop_serves(order, 0.3)}
    afosto = {order for order in ids if afosto_serves(f"store/{order}", 0.7)}
    assert shop | afosto == set(ids)
    assert not shop & afosto
    assert 250 < len(shop) < 350
    assert shop & {order for order in ids if afosto_serves(f"store/{order}", 0.9)}


def test_nobody_serves_an_order_without_a_reference() -> None:
    assert not afosto_serves(None, 1.0)
