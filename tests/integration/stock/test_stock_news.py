"""No news of a sale, a move or a changed catalog is lost to the publication of stock."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from unittest.mock import patch

import pytest

from clients.afosto.client import AfostoClient
from jobs.runtime import Runtime
from ledger.records import Cursor, Store
from local.servers.services import Services
from schemas.epages import loaders
from schemas.errors import MalformedDocument
from schemas.wording.phrases import phrase
from sync.discovery import scan_catalog
from sync.stock.shared_locations import Reading, SharingStores
from tests.support.connector.stock_world import HERE, THERE, StockWorld, close_all
from tests.support.connector.world import TENANT, World

UNPAID: dict[str, Any] = {"payment": "Rechnung", "paid": False}


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    waits = {"AMBIGUITY_WAIT": "1.5", "POLL_OVERLAP": "2", "CLOCK_MARGIN": "1"}
    with World(services, tmp_path_factory.mktemp("world"), **waits) as started:
        yield started


@pytest.fixture(autouse=True)
def _nobody_else_sells(world: World) -> Iterator[None]:
    yield
    close_all(world)


@pytest.fixture
def shop(world: World, runtime: Runtime) -> StockWorld:
    """A shop whose stock is published."""
    opened = StockWorld.open(world, runtime)
    opened.settle()
    return opened


def test_a_sale_heard_of_in_a_second_reading_makes_wanted_what_was_published_after_the_first(
    world: World, runtime: Runtime
) -> None:
    shop = StockWorld.open(world, runtime, products=2)
    other = StockWorld.open(world, runtime, products=2, prefix=shop.store[:2])
    _settle(shop, other)
    first, second = shop.sku(0), shop.sku(1)

    def between(reading: int) -> None:
        if reading == 2:
            shop.sell(second, 1, **UNPAID)
        if reading == 3:
            other.sell(first, 3, **UNPAID)

    shop.request(first)
    shop.request(second)
    with _before_each_reading(between):
        shop.publish()
    _settle(shop, other)
    assert shop.figures()[first] == other.figures()[first] == 7


def test_a_sku_that_sells_during_every_reading_is_lowered(shop: StockWorld, world: World) -> None:
    sku = shop.sku(0)
    world.afosto.sell_elsewhere(TENANT, HERE, sku, 4)
    shop.watch()

    def between(reading: int) -> None:
        if reading % 2 == 0:
            shop.sell(sku, 1, **UNPAID)

    with _before_each_reading(between):
        shop.publish()
    assert (shop.figures()[sku] or 0) <= 10 - 4 - 4
    assert shop.rows()[sku]["open"]
    shop.settle()
    assert shop.figures()[sku] == 10 - 4 - 4
    assert shop.violations() == []


def test_a_move_during_a_long_walk_over_the_catalog_is_published(shop: StockWorld, world: World) -> None:
    sku = shop.sku(0)
    world.ledger.stock.publish_all_again()
    whole = scan_catalog.scan_catalog

    def all_but_the_end(runtime: Runtime, store: Store, passed: int) -> tuple[set[str], bool]:
        return whole(runtime, store, passed)[0], False

    with patch("sync.stock.watch_inventory.scan_catalog", all_but_the_end):
        shop.watch()
    shop.publish()
    world.afosto.recount(TENANT, HERE, sku, 4)
    time.sleep(2.6)  # longer than what is read twice
    shop.settle()
    assert shop.figures()[sku] == 4


@pytest.mark.parametrize("loader", ["load_product", "load_variation"])
def test_a_product_that_does_not_load_holds_up_the_walk_over_no_other(
    world: World, runtime: Runtime, loader: str
) -> None:
    shop = StockWorld.open(world, runtime)
    odd, sound = list[str](), getattr(loaders, loader)

    def all_but_one(document: Any) -> Any:
        odd.append(document["sku"]) if document["sku"] and not odd else None
        if document["sku"] in odd:
            raise MalformedDocument(phrase("the field 'sku' is odd"), field="sku")
        return sound(document)

    with patch.object(loaders, loader, all_but_one):
        shop.settle()
    assert {shop.rows()[sku]["outcome"] for sku in shop.figures() if sku not in odd} == {"published"}
    assert len(odd) == 1


def test_an_afosto_order_that_does_not_load_holds_up_no_stock(shop: StockWorld, world: World) -> None:
    waiting, other = shop.sku(0), shop.sku(1)
    for place in (HERE, THERE):
        world.afosto.recount(TENANT, place, waiting, 0)
    shop.sell(waiting, 1)
    shop.poll()
    shop.imports()
    world.afosto.recount(TENANT, HERE, other, 3)
    broken = MalformedDocument(phrase("the order does not load"), field="total")
    with patch.object(AfostoClient, "order", autospec=True, side_effect=broken):
        shop.watch()
        shop.publish()
    assert shop.figures()[other] == 3


def test_once_the_orders_of_a_store_count_what_it_has_sold_is_published(shop: StockWorld, world: World) -> None:
    sku = shop.sku(0)
    world.ledger.stores.switch_flow(shop.store, "orders.import", enabled=False)
    shop.sell(sku, 4, **UNPAID)
    shop.poll()
    shop.publish()
    world.ledger.stores.switch_flow(shop.store, "orders.import", enabled=True)
    shop.settle()
    assert shop.figures()[sku] == 6


def test_a_renamed_sku_leaves_its_place_to_the_new_name(shop: StockWorld, world: World) -> None:
    old, new = shop.sku(0), "NEW-NAME"
    (row,) = [row for row in world.ledger.stock.list(shop.store) if row["sku"] == old]
    place = _place(world, shop.store, old)
    world.ledger.stock.remember(shop.store, {new: place})
    assert row["outcome"] is not None
    assert _place(world, shop.store, new) == place
    assert _place(world, shop.store, old) == (None, None)


def _place(world: World, store: str, sku: str) -> tuple[Any, Any]:
    row = world.ledger.database.transaction(
        lambda s: s.execute(
            "select product_id, variation_id from stock where store = %s and sku = %s", (store, sku)
        ).fetchone()
    )
    assert row is not None
    return row["product_id"], row["variation_id"]


def _settle(*shops: StockWorld) -> None:
    for shop in shops:
        shop.poll()
    for _ in range(2):
        for shop in shops:
            shop.settle()


def _before_each_reading(act: Callable[[int], None]) -> Any:
    """Let something happen before each reading of the sellers' orders, of which it is told the number."""
    read, count = SharingStores.read, 0

    def reading(sellers: SharingStores, cursors: Sequence[Cursor], moving: frozenset[str]) -> Reading:
        nonlocal count
        count += 1
        act(count)
        return read(sellers, cursors, moving)

    return patch.object(SharingStores, "read", autospec=True, side_effect=reading)
