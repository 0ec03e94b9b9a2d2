"""The proof over both traders: it finds no difference for a connector without faults, whoever ships the orders."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.demo.latency import by_source, latencies
from local.proof.compare import Report, compare, violation_differences
from simulators.afosto.activity.trader import Trader as AfostoTrader
from simulators.afosto.control.state import cause_documents, order_state
from simulators.afosto.tenant.tenant import Tenant
from simulators.epages.activity.trader import Trader as ShopTrader
from simulators.epages.control.state import order_state as shop_state
from simulators.epages.model.switches import Switches
from simulators.epages.shop.shop import Shop
from tests.unit.local.perfect_connector import PerfectConnector

pytestmark = pytest.mark.slow

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
SETUP = {
    "name": "acme",
    "key": "secret",
    "channels": [{"id": "web", "name": "Web"}],
    "locations": [{"id": "depot", "name": "Depot"}, {"id": "shop", "name": "Shop"}],
}


class Day:
    """A shop and Afosto trade for some minutes; the connector runs every `pause` seconds."""

    def __init__(self, shops_share: float, afostos_share: float, pause: int, seed: int, **switches: bool) -> None:
        self.now = START
        self.shop = Shop("hof", seed=seed, switches=Switches().changed(switches), clock=lambda: self.now)
        self.tenant = Tenant(SETUP, lambda: round(self.now.timestamp() * 1000))
        self._shop_trades = ShopTrader(self.shop, 1, self.now, seed=seed, fulfills=shops_share)
        self._afosto_trades = AfostoTrader(self.tenant, 0, self.tenant.now(), seed=seed, share=afostos_share)
        self._connector = PerfectConnector(self.shop, self.tenant)
        for second in range(200):
            self.now += timedelta(seconds=1)
            self._shop_trades.advance(self.now)
            self._afosto_trades.advance(self.tenant.now())
            if second % pause == 0:
                self._connector.run()
        self._connector.run()
        self._connector.run()

    def states(self) -> tuple[Any, ...]:
        """Return the arguments of `compare` after the report."""
        shop_orders = [shop_state(self.shop.causes, order) for order in self.shop.orders.values()]
        afosto_orders = [order_state(order) for order in self.tenant.orders.values()]
        return (
            {"hof": shop_orders},
            afosto_orders,
            {"hof": self.shop.causes.all},
            cause_documents(self.tenant.causes.all),
        )

    def report(self) -> Report:
        """Return the proof of the day."""
        report = Report()
        compare(report, *self.states())
        report.differences += violation_differences("hof", self.shop.causes.violations)
        report.differences += violation_differences("acme", cause_documents(self.tenant.causes.violations))
        return report


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(("shops", "afostos"), [(0.5, 0.5), (0.0, 1.0), (1.0, 0.0), (0.8, 0.6)])
@pytest.mark.parametrize("pause", [1, 7])
def test_the_proof_finds_no_difference_for_a_connector_without_faults(
    shops: float, afostos: float, pause: int, seed: int
) -> None:
    report = Day(shops, afostos, pause, seed).report()
    assert report.differences == []
    for way in ("Afosto → shop", "shop → Afosto"):
        assert report.counts[f"{way}: causes"] == report.counts[f"{way}: effects"]


@pytest.mark.parametrize("seed", range(3))
def test_the_proof_depends_on_nothing_that_is_unknown_about_the_shop(seed: int) -> None:
    odd = {"returned_leaves_delivered": True, "whole_cancel_makes_process": False, "restock_canceled": False}
    assert Day(0.5, 0.5, 3, seed, **odd).report().differences == []


def test_a_day_without_overlap_leaves_next_to_nothing_to_a_person() -> None:
    report = Day(0.5, 0.5, 1, 3).report()
    kinds = Counter(found.kind for found in report.left_to_person)
    assert kinds["contested"] == 0
    assert report.counts["Afosto → shop: effects"] > 100
    assert report.counts["shop → Afosto: effects"] > 100


def test_the_latency_of_a_connector_without_faults_is_at_most_its_pause() -> None:
    day = Day(0.5, 0.5, 7, 1)
    shop_orders, afosto_orders, shop_causes, afosto_causes = day.states()
    found = by_source(latencies(shop_orders, afosto_orders, shop_causes, afosto_causes, []))
    assert found["found by a scan"].count > 100
    assert 0 < found["all"].p50 <= found["all"].p99 <= 7
