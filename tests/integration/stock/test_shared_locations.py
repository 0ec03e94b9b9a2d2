"""Shops that sell the same stock: one that cannot be asked never holds up another, and nothing is raised meanwhile."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from jobs.call_budget import epages_bucket
from jobs.runtime import Runtime
from local.servers.services import Services
from tests.support.connector.stock_world import HERE, StockWorld, close_all
from tests.support.connector.world import LOSES_ANSWERS, TENANT, World

LIVE = 1
SILENT = [{"kind": "503", "path": "/orders"}]


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **LOSES_ANSWERS) as started:
        yield started


@pytest.fixture
def shop(world: World, runtime: Runtime) -> Iterator[StockWorld]:
    opened = StockWorld.open(world, runtime)
    yield opened
    assert opened.violations() == []
    close_all(world)


@pytest.fixture
def other(shop: StockWorld, world: World, runtime: Runtime) -> StockWorld:
    """Another shop that sells the same; both are at rest."""
    opened = StockWorld.open(world, runtime, prefix=shop.store[:2])
    opened.poll()
    shop.settle()
    opened.settle()
    return opened


def test_while_another_shop_is_silent_stock_is_lowered_by_what_is_known_of_its_orders(
    shop: StockWorld, other: StockWorld, world: World
) -> None:
    sku = shop.sku()
    other.sell(sku, 4)
    other.poll()
    world.epages.set_faults(other.store, faults=SILENT)
    assert "1 published" in shop.publish()
    assert shop.figures()[sku] == 6


def test_while_another_shop_is_silent_nothing_is_raised_and_afterwards_it_is(
    shop: StockWorld, other: StockWorld, world: World
) -> None:
    sku = shop.sku()
    world.afosto.recount(TENANT, HERE, sku, 25)
    world.epages.set_faults(other.store, faults=SILENT)
    shop.watch()
    assert "1 not-raised" in shop.publish()
    assert shop.figures()[sku] == 10
    assert other.store in shop.rows()[sku]["message"]
    world.epages.set_faults(other.store, faults=[])
    shop.settle()
    assert shop.figures()[sku] == 25


def test_a_silent_shop_whose_past_is_not_read_holds_up_no_other(
    shop: StockWorld, world: World, runtime: Runtime
) -> None:
    shop.settle()
    since = datetime.now(UTC) - timedelta(days=1)
    newcomer = StockWorld.open(world, runtime, prefix=shop.store[:2], since=since)
    world.ledger.stores.blame(newcomer.store, "epages", "does-not-answer", "it is silent", 60)
    sku = shop.sku()
    world.afosto.recount(TENANT, HERE, sku, 4)
    shop.watch()
    assert "still being read" not in shop.publish()
    assert shop.figures()[sku] == 4


def test_a_shop_whose_calls_are_used_up_holds_up_no_other(
    shop: StockWorld, other: StockWorld, world: World, runtime: Runtime
) -> None:
    lower, higher = shop.sku(0), shop.sku(1)
    world.afosto.recount(TENANT, HERE, lower, 4)
    world.afosto.recount(TENANT, HERE, higher, 12)
    runtime.epages_limiter.reserve(epages_bucket(other.store), 30_000, LIVE)
    shop.watch()
    said = shop.publish()
    assert ("1 published" in said, "1 not-raised" in said) == (True, True)
    assert (shop.figures()[lower], shop.figures()[higher]) == (4, 10)
