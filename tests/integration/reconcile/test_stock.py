"""Stock that differs from what Afosto has less what is sold and not booked there is found, and published anew."""

from collections.abc import Iterator
from typing import LiteralString

import pytest

from jobs.runtime import Runtime
from local.servers.services import Services
from tests.support.connector.commands import Commands
from tests.support.connector.stock_world import HERE, StockWorld
from tests.support.connector.world import TENANT, World
from tests.support.ledger.reconcile_cases import found


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world")) as started:
        yield started


def test_stock_that_was_edited_in_the_shop_is_found_and_published_anew(world: World, runtime: Runtime) -> None:
    stock = StockWorld.open(world, runtime)
    connector = Commands(stock)
    stock.settle()
    assert found(connector) == []
    world.epages.adjust_stock(stock.store, stock.sku(), 7)
    (row,) = found(connector, "--repair")
    assert (row["kind"], row["sku"], row["shop"], row["afosto"]) == ("stock", stock.sku(), "17", "10 (10 − 0)")
    assert (row["state"], row["repair"]) == ("repairable", ["inventory.publish"])
    stock.publish()
    assert found(connector) == []
    assert stock.figures()[stock.sku()] == 10


def test_a_sale_and_a_recount_that_nobody_has_read_yet_are_on_their_way(world: World, runtime: Runtime) -> None:
    stock = StockWorld.open(world, runtime)
    connector = Commands(stock)
    stock.settle()
    world.afosto.recount(TENANT, HERE, stock.sku(0), 4)
    stock.sell(stock.sku(1), 2)
    rows = found(connector, code=0)
    assert {(row["kind"], row["sku"]) for row in rows if row["kind"] == "stock"} == {
        ("stock", stock.sku(0)),
        ("stock", stock.sku(1)),
    }
    stock.settle()
    assert found(connector) == []


def test_stock_that_is_to_be_published_is_on_its_way(world: World, runtime: Runtime) -> None:
    stock = StockWorld.open(world, runtime)
    stock.settle()
    world.epages.adjust_stock(stock.store, stock.sku(), 7)
    stock.request(stock.sku())
    (row,) = found(Commands(stock), code=0)
    assert row["cause"] == "it is to be published"


def test_a_product_that_the_shop_has_elsewhere_now_is_found_and_published_there(world: World, runtime: Runtime) -> None:
    stock = StockWorld.open(world, runtime)
    connector = Commands(stock)
    stock.settle()
    _tell(stock, "update stock set product_id = 'where-it-was', variation_id = null where store = %s")
    rows = found(connector, "--repair")
    assert {(row["shop"], row["state"], row["cause"]) for row in rows} == {
        ("gone", "repairable", "the shop no longer has the product where it was")
    }
    stock.publish()
    assert found(connector) == []


def test_a_parked_publishing_is_the_cause_of_stock_that_differs(world: World, runtime: Runtime) -> None:
    stock = StockWorld.open(world, runtime)
    connector = Commands(stock)
    stock.settle()
    world.epages.adjust_stock(stock.store, stock.sku(), 7)
    _tell(
        stock,
        "update jobs set state = 'parked', reason = 'wrong-afosto-key', resolution = 'make a new key' "
        "where store = %s and flow = 'inventory'",
    )
    (row,) = found(connector, "--repair")
    assert (row["kind"], row["state"], row["advice"]) == ("stock", "for a person", "make a new key")


def test_stock_is_not_compared_before_the_past_was_read_nor_without_a_location(world: World, runtime: Runtime) -> None:
    stock = StockWorld.open(world, runtime)
    connector = Commands(stock)
    assert f"the past orders of {stock.store} are still being read" in connector("reconcile", stock.store).stdout
    stock.settle()
    _tell(stock, "delete from locations where store = %s")
    assert (
        "stock is not compared: it is not chosen which Afosto location's stock"
        in connector("reconcile", stock.store).stdout
    )


def _tell(stock: StockWorld, statement: LiteralString) -> None:
    stock.runtime.ledger.database.transaction(lambda s: s.execute(statement, (stock.store,)))
