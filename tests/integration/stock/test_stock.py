"""The shop's stock is what Afosto has available less what the shop has sold and Afosto has not booked."""

import time

import pytest

from jobs.call_budget import CallBudget
from jobs.runtime import Runtime
from jobs.vendor_clients import epages_client
from jobs.vendor_gate import Gate
from local.proof.compare import Report
from local.proof.stock import StockSource, prove_stock
from tests.support.connector.stock_world import HERE, THERE, StockWorld
from tests.support.connector.world import TENANT, World

UNPAID = {"payment": "Rechnung", "paid": False}

pytestmark = pytest.mark.usefixtures("nobody_else_sells")


def test_a_sale_that_afosto_has_not_heard_of_is_not_given_back_to_the_shop(shop: StockWorld) -> None:
    shop.settle()
    sku = shop.sku()
    shop.sell(sku, 3)
    shop.request(sku)
    shop.publish()
    assert shop.figures()[sku] == 7
    assert _figures(shop, sku) == (7, 10, 3)


def test_a_sale_that_afosto_has_booked_is_subtracted_once(shop: StockWorld) -> None:
    shop.settle()
    sku = shop.sku()
    shop.sell(sku, 3)
    shop.settle()
    assert shop.figures()[sku] == 7
    assert _figures(shop, sku) == (7, 7, 0)


def test_an_unpaid_order_is_counted_until_it_is_opened(shop: StockWorld) -> None:
    shop.settle()
    sku = shop.sku()
    shop.sell(sku, 2, payment="Rechnung", paid=False)
    shop.settle()
    assert _figures(shop, sku) == (8, 10, 2)


def test_units_that_are_deducted_late_are_counted_until_they_are(shop: StockWorld, world: World) -> None:
    shop.settle()
    sku = shop.sku()
    world.afosto.set_switches(TENANT, allocate_late=1.0)
    shop.sell(sku, 4)
    shop.poll()
    shop.imports()
    shop.publish()
    assert _figures(shop, sku) == (6, 10, 4)
    time.sleep(1.1)
    shop.settle()
    assert _figures(shop, sku) == (6, 6, 0)


def test_what_afosto_sells_elsewhere_and_what_is_counted_anew_reaches_the_shop(shop: StockWorld, world: World) -> None:
    shop.settle()
    sku = shop.sku()
    world.afosto.sell_elsewhere(TENANT, HERE, sku, 4)
    world.afosto.recount(TENANT, THERE, sku, 5)
    assert shop.watch() == "changed: 1 SKU"
    shop.publish()
    assert shop.figures()[sku] == 11


def test_two_stores_that_sell_from_the_same_locations_share_what_is_there(
    shop: StockWorld, world: World, runtime: Runtime
) -> None:
    other = StockWorld.open(world, runtime, prefix=shop.store[:2])
    sku = shop.sku()
    other.poll()
    shop.settle()
    other.settle()
    shop.sell(sku, 3)
    other.sell(sku, 4)
    other.request(sku)
    other.publish()
    assert other.figures()[sku] == 3
    shop.settle()
    other.settle()
    shop.settle()
    assert (shop.figures()[sku], other.figures()[sku]) == (3, 3)
    assert other.violations() == []


def test_the_simulated_shop_notices_when_more_is_for_sale_than_there_is(shop: StockWorld, world: World) -> None:
    careless = StockWorld.open(world, shop.runtime)
    product = next(row for row in world.epages.stock(careless.store) if not row["variation_of"])
    careless.sell(product["sku"], 2)
    client = epages_client(shop.runtime, world.ledger.stores.get(careless.store), _ungated(shop.runtime))
    client.adjust_stock(product["id"], None, 10 - 48)
    (violation,) = careless.violations()
    assert (violation["rule"], violation["stock"], violation["allowed"]) == ("oversold", 10, 8)
    report = Report()
    since = world.ledger.stores.get(careless.store).import_since
    selling = [StockSource(careless.store, frozenset({HERE, THERE}), since)]
    prove_stock(report, world.epages, world.afosto, TENANT, selling)
    assert [difference.kind for difference in report.differences] == ["stock"]


def test_what_is_sold_beyond_what_there_is_is_shown_and_counts_until_it_is_made_good(
    shop: StockWorld, world: World
) -> None:
    shop.settle()
    sku = shop.sku()
    order = shop.sell(sku, 4, **UNPAID)
    world.afosto.recount(TENANT, HERE, sku, 1)
    shop.settle()
    row = shop.rows()[sku]
    assert (shop.figures()[sku], row["outcome"]) == (0, "oversold")
    assert "3 pieces more are sold than there are" in row["message"]
    world.epages.act(shop.store, order["id"], "cancel", lines={order["lines"][0]["id"]: 1})
    world.afosto.recount(TENANT, HERE, sku, 3)
    shop.settle()
    assert (shop.figures()[sku], shop.rows()[sku]["outcome"]) == (0, "published")
    world.afosto.recount(TENANT, HERE, sku, 5)
    shop.settle()
    assert shop.figures()[sku] == 2


def _ungated(runtime: Runtime) -> Gate:
    return Gate(runtime.epages_limiter, runtime.breaker, "test", 0, CallBudget(), lambda: None)


def _figures(shop: StockWorld, sku: str) -> tuple[int, int, int]:
    row = shop.rows()[sku]
    return row["published"], row["available"], row["promised"]
