"""Afosto answers something else than it was asked for: it holds up nobody else's stock, and no other order."""

from collections.abc import Iterator

import pytest

from jobs.runtime import Runtime
from local.servers.services import Services
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver
from tests.support.connector.stock_world import HERE, StockWorld, close_all
from tests.support.connector.world import LOSES_ANSWERS, TENANT, World
from tests.support.ledger.reconcile_cases import found

AS_USUAL = {"other_case": False, "names_twice": False, "leaves_out": 0.0, "inventory_changes_list": True}


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **LOSES_ANSWERS) as started:
        yield started


@pytest.fixture(autouse=True)
def _as_usual(world: World) -> Iterator[None]:
    yield
    world.afosto.set_switches(TENANT, **AS_USUAL)
    close_all(world)


@pytest.mark.parametrize("lists", [True, False])
def test_a_sku_that_afosto_spells_in_another_case_is_published_and_its_moves_are_heard(
    world: World, runtime: Runtime, lists: bool
) -> None:
    world.afosto.set_switches(TENANT, other_case=True, inventory_changes_list=lists)
    shop = StockWorld.open(world, runtime)
    shop.settle()
    assert set(shop.figures().values()) == {10}
    world.afosto.recount(TENANT, HERE, shop.sku(), 4)
    assert shop.watch() == "changed: 1 SKU"
    shop.publish()
    assert shop.figures()[shop.sku()] == 4
    assert found(Commands(shop)) == []
    assert set(shop.rows()) == set(shop.figures())


def test_a_level_that_is_named_twice_is_no_second_stock(world: World, runtime: Runtime) -> None:
    world.afosto.set_switches(TENANT, names_twice=True)
    shop = StockWorld.open(world, runtime)
    shop.settle()
    assert set(shop.figures().values()) == {10}
    assert shop.violations() == []


def test_two_shops_that_spell_one_sku_differently_are_told_and_keep_their_stock(world: World, runtime: Runtime) -> None:
    world.afosto.set_switches(TENANT, other_case=True)
    shop, other = StockWorld.open(world, runtime), StockWorld.open(world, runtime)
    other.poll()
    shop.settle()
    sku = shop.sku()
    world.ledger.stock.remember(other.store, {sku.swapcase(): ("a-product", None)})
    before = shop.figures()
    world.afosto.recount(TENANT, HERE, sku, 3)
    shop.request()
    shop.publish()
    assert shop.figures() == before
    row = shop.rows()[sku]
    assert row["outcome"] == "unclear-in-afosto"
    assert "spell this SKU differently in upper and lower case" in row["resolution"]
    assert shop.rows()[shop.sku(1)]["outcome"] == "published"


def test_a_parcel_that_is_named_twice_is_one_in_the_shop_and_a_sku_in_another_case_no_difference(
    world: World, runtime: Runtime
) -> None:
    world.afosto.set_switches(TENANT, names_twice=True, other_case=True)
    driver = Driver(world, runtime)
    order, copy = driver.imported(lines=driver.lines(2))
    world.afosto.ship(TENANT, copy["id"], code="T1")
    driver.both()
    assert len(driver.shop(order)["processes"]) == 1
    assert found(Commands(driver)) == []
    assert driver.differences() == []
