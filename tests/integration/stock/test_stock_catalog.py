"""Which SKUs a store publishes: those in the shop's catalog, once the past orders of all sellers are read."""

from datetime import UTC, datetime, timedelta

import pytest

from clients.limiter import Limiter
from jobs.runtime import Runtime
from tests.support.connector.commands import Commands
from tests.support.connector.stock_world import HERE, StockWorld
from tests.support.connector.world import TENANT, World

pytestmark = pytest.mark.usefixtures("nobody_else_sells")


def test_the_first_time_all_that_the_shop_sells_is_published_variations_too(shop: StockWorld) -> None:
    shop.poll()
    assert shop.watch() == "wanted: 6 SKUs of the shop"
    assert shop.publish() == "stock: 6 published"
    assert set(shop.figures().values()) == {10}


def test_a_shop_that_sells_other_things_is_not_asked(shop: StockWorld, world: World, runtime: Runtime) -> None:
    other = StockWorld.open(world, runtime)
    shop.poll()
    other.settle()
    shop.settle()
    before = world.epages.stats(other.store)["total"]
    shop.sell(shop.sku())
    shop.settle()
    assert world.epages.stats(other.store)["total"] == before


def test_nothing_is_published_before_the_past_orders_of_every_seller_are_read(world: World, runtime: Runtime) -> None:
    since = datetime.now(UTC) - timedelta(days=1)
    shop = StockWorld.open(world, runtime, since=since)
    shop.request(shop.sku())
    assert "still being read" in shop.publish()
    assert "still being read" in shop.watch()
    shop.settle()
    assert set(shop.figures().values()) == {10}


def test_a_walk_over_a_catalog_goes_on_where_the_budget_ended(
    world: World, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = StockWorld.open(world, runtime, products=25)
    shop.poll()
    calls = iter([0.0, *[1.0] * 100])  # the first turn has what it reserved, and no call more
    with monkeypatch.context() as few:
        few.setattr(Limiter, "reserve", lambda *_, longest_wait=None: next(calls))
        assert shop.watch().startswith("waits: ")
    cursor = world.ledger.stock.cursor(shop.store)
    assert cursor is not None
    assert (cursor["walked"], cursor["position"]) == (8, None)
    with monkeypatch.context() as few:
        few.setattr(Limiter, "reserve", lambda *_, longest_wait=None: 1.0)
        assert "reserved" in shop.watch()
    shop.settle(rounds=30)
    assert {shop.rows()[sku]["published"] for sku in shop.figures()} == {10}


def test_a_sku_that_the_shop_does_not_have_is_noted_and_costs_no_call_until_it_is_wished(
    shop: StockWorld, world: World
) -> None:
    shop.settle()
    unknown, before = f"{shop.store[:2].upper()}-UNKNOWN", _finds(world, shop)
    for total in (5, 6):
        world.afosto.recount(TENANT, HERE, unknown, total)
        shop.watch()
        shop.publish()
    asked = _finds(world, shop) - before
    assert shop.rows()[unknown]["outcome"] == "unknown-sku"
    told = Commands(shop)("stock", shop.store, unknown)
    shop.request(unknown)
    shop.publish()
    assert (asked, _finds(world, shop) - before) == (0, 1)
    assert (told.exit_code, told.stdout) == (1, "")
    assert f"The store {shop.store} has no SKU {unknown}" in told.stderr


def test_without_stock_management_nothing_is_moved_and_it_is_said(world: World, runtime: Runtime) -> None:
    unmanaged = StockWorld.open(world, runtime, managed=False)
    unmanaged.settle()
    assert unmanaged.writes() == []
    assert {unmanaged.rows()[sku]["outcome"] for sku in unmanaged.figures()} == {"not-kept"}


def test_a_product_with_variations_holds_no_stock_of_its_own(shop: StockWorld, world: World) -> None:
    shop.settle()
    variation = next(row for row in world.epages.stock(shop.store) if row["variation_of"])
    world.ledger.stock.remember(shop.store, {"PARENT": (variation["variation_of"], None)})
    world.afosto.recount(TENANT, HERE, "PARENT", 10)
    shop.request("PARENT")
    shop.publish()
    assert shop.rows()["PARENT"]["outcome"] == "looked-for"
    assert len(shop.writes()) == 6


def test_what_another_shop_sells_is_not_looked_for_in_a_catalog_that_is_still_walked_over(
    shop: StockWorld, world: World, runtime: Runtime
) -> None:
    shop.settle()
    other = StockWorld.open(world, runtime)
    other.poll()
    shop.sell(shop.sku())
    shop.settle()
    assert shop.sku() not in other.rows()
    other.settle()
    assert _finds(world, other) == 0


def _finds(world: World, shop: StockWorld) -> int:
    rows = world.epages.stats(shop.store)["requests"]
    return sum(row["count"] for row in rows if row["path"].endswith("find-by-sku"))
