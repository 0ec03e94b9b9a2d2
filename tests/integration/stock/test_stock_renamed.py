"""Products get other SKUs, change them, or are replaced: only the SKU that a product bears now decides."""

from collections.abc import Iterator
from itertools import count

import pytest

from jobs.runtime import Runtime
from local.servers.services import Services
from sync.stock import watch_inventory
from tests.support.connector.stock_world import HERE, StockWorld, before_each, before_each_move, close_all
from tests.support.connector.world import TENANT, World


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world")) as started:
        yield started


@pytest.fixture(autouse=True)
def _no_rest_between_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_inventory, "SEARCH_REST", 0)


@pytest.fixture
def shop(world: World, runtime: Runtime) -> Iterator[StockWorld]:
    """A shop of six SKUs, four of them variations, of each of which Afosto has ten pieces, all published."""
    opened = StockWorld.open(world, runtime)
    opened.settle()
    yield opened
    assert opened.violations() == []
    close_all(world)


def test_an_order_with_an_old_sku_moves_no_stock_of_the_new_one(shop: StockWorld, world: World) -> None:
    old, new = shop.sku(), f"{shop.sku()}-NEW"
    world.afosto.recount(TENANT, HERE, new, 98)
    shop.sell(old, 1)
    world.epages.change_catalog(shop.store, "rename", old, to=new)
    world.ledger.stock.publish_all_again(shop.store)
    shop.watch()
    shop.publish()
    assert shop.figures()[new] == 98
    world.afosto.recount(TENANT, HERE, old, 0)
    shop.settle()
    assert shop.figures()[new] == 98


def test_an_order_with_an_old_sku_tells_nobody_where_the_new_one_is(shop: StockWorld, world: World) -> None:
    old, new = shop.sku(), f"{shop.sku()}-NEW"
    world.afosto.recount(TENANT, HERE, new, 3)
    world.epages.change_catalog(shop.store, "rename", old, to=new)
    shop.request(old)
    shop.settle()
    assert (shop.rows()[old]["outcome"], shop.figures()[new]) == ("looked-for", 3)
    assert shop.watch().startswith("changed")
    assert shop.rows()[old]["outcome"] == "unknown-sku"


@pytest.mark.parametrize("leads", [False, True], ids=["variations are not found", "variations lead to their product"])
@pytest.mark.parametrize(
    "numbers", [(0, 1), (0, 2), (2, 3)], ids=["two products", "a product and a variation", "two variations"]
)
def test_two_that_change_skus_change_what_they_are_given(
    shop: StockWorld, world: World, numbers: tuple[int, int], leads: bool
) -> None:
    world.epages.set_switches(shop.store, variation_finds_product=leads)
    one, other = (shop.sku(number) for number in numbers)
    world.afosto.recount(TENANT, HERE, one, 4)
    world.afosto.recount(TENANT, HERE, other, 7)
    world.epages.change_catalog(shop.store, "swap", one, **{"with": other})
    _rest(shop)
    assert (shop.figures()[one], shop.figures()[other]) == (4, 7)


@pytest.mark.parametrize(
    "numbers", [(0, 1), (0, 2), (2, 3)], ids=["two products", "a product and a variation", "two variations"]
)
def test_two_that_change_skus_while_they_are_read_are_read_again(
    shop: StockWorld, world: World, numbers: tuple[int, int]
) -> None:
    one, other = (shop.sku(number) for number in numbers)
    world.afosto.recount(TENANT, HERE, one, 14)
    world.afosto.recount(TENANT, HERE, other, 7)
    shop.watch()
    calls = count()

    def swap_after_the_first() -> None:
        if next(calls) == 1:
            world.epages.change_catalog(shop.store, "swap", one, **{"with": other})

    with before_each("/products/", swap_after_the_first):
        shop.publish()
    _rest(shop)
    assert (shop.figures()[one], shop.figures()[other]) == (14, 7)


@pytest.mark.parametrize("number", [0, 2], ids=["a product", "a variation"])
@pytest.mark.parametrize("keep_as", [None, "OLD"], ids=["deleted", "kept as another"])
def test_what_replaces_a_product_is_given_its_stock(
    shop: StockWorld, world: World, number: int, keep_as: str | None
) -> None:
    sku = shop.sku(number)
    shop.sell(sku, 3)
    world.epages.change_catalog(shop.store, "replace", sku, keep_as=keep_as and f"{shop.store[:2].upper()}-{keep_as}")
    world.afosto.recount(TENANT, HERE, sku, 12)
    _rest(shop)
    assert shop.figures()[sku] == 12 - 3


def test_a_place_on_an_order_that_is_gone_replaces_none_that_the_catalog_has_shown(
    shop: StockWorld, world: World
) -> None:
    sku = shop.sku(2)
    shop.sell(sku, 3)
    world.epages.change_catalog(shop.store, "replace", sku)
    world.ledger.stock.publish_all_again(shop.store)
    shop.watch()
    before = shop.place(sku)
    shop.poll()
    assert shop.place(sku) == before
    shop.settle()
    assert (shop.rows()[sku]["outcome"], shop.figures()[sku]) == ("published", 7)


def test_pieces_that_are_put_back_under_another_sku_are_not_for_sale_beside_its_own(
    shop: StockWorld, world: World
) -> None:
    old, new = shop.sku(), f"{shop.sku()}-NEW"
    world.afosto.recount(TENANT, HERE, new, 5)
    order = shop.sell(old, 3)
    shop.settle()
    world.epages.change_catalog(shop.store, "rename", old, to=new)
    world.ledger.stock.publish_all_again(shop.store)
    shop.settle()
    world.epages.act(shop.store, order["id"], "cancel")
    shop.settle()
    assert shop.figures()[new] == 5


def test_a_product_that_is_deleted_between_its_reading_and_its_move_is_looked_for(
    shop: StockWorld, world: World
) -> None:
    sku = shop.sku()
    world.afosto.recount(TENANT, HERE, sku, 4)
    shop.watch()
    with before_each_move(lambda: world.epages.change_catalog(shop.store, "replace", sku)):
        shop.publish()
    assert shop.rows()[sku]["outcome"] == "looked-for"
    _rest(shop)
    assert shop.figures()[sku] == 4


def test_a_search_over_the_catalog_publishes_nothing_else(shop: StockWorld) -> None:
    before = {sku: row["checked_at"] for sku, row in shop.rows().items()}
    shop.world.afosto.recount(TENANT, HERE, "NEVER-SOLD-HERE", 1)
    shop.request("NEVER-SOLD-HERE")
    shop.publish()
    _rest(shop)
    rows = shop.rows()
    assert rows.pop("NEVER-SOLD-HERE")["outcome"] == "unknown-sku"
    assert {sku: row["checked_at"] for sku, row in rows.items()} == before


def _rest(shop: StockWorld) -> None:
    """Come to rest, with every search over the catalog at its end."""
    for _ in range(3):
        shop.settle()
        shop.watch()
    shop.settle()
