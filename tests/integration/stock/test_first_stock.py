"""A shop that is connected keeps its stock until somebody has seen what it becomes, and what Afosto does not know."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from jobs.runtime import Runtime
from local.servers.services import Services
from tests.support.connector.commands import Commands
from tests.support.connector.stock_world import HERE, StockWorld, close_all
from tests.support.connector.world import CHANNEL, CLIENT_ID, CLIENT_SECRET, KEY, TENANT, World, wait_for

PRODUCTS, PIECES = 18, 25  # of which every third comes in four variations: 36 SKUs


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), INVENTORY_INTERVAL="1") as started:
        yield started


@pytest.fixture(autouse=True)
def _nobody_else_sells(world: World) -> Iterator[None]:
    yield
    close_all(world)


def _open(world: World, runtime: Runtime, *, confirmed: bool = False, pieces: int | None = None) -> StockWorld:
    return StockWorld.open(world, runtime, pieces=pieces, products=PRODUCTS, stock=PIECES, confirmed=confirmed)


def _total(shop: StockWorld) -> int:
    return sum(stock or 0 for stock in shop.figures().values())


def _outcomes(shop: StockWorld) -> list[str]:
    return [row["outcome"] for row in shop.rows().values()]


def test_a_shop_that_is_connected_to_an_empty_afosto_keeps_all_of_its_stock(world: World, runtime: Runtime) -> None:
    shop = StockWorld(world, runtime, "first-day")
    world.epages.open_shop(
        shop.store, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, products=PRODUCTS, stock=PIECES
    )
    count = len(shop.figures())
    connector = Commands(shop)
    since = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"
    secrets = {"CONNECTOR_CLIENT_SECRET": CLIENT_SECRET, "CONNECTOR_AFOSTO_KEY": KEY}
    world.start()
    added = connector(
        "store", "add", shop.store, "--client-id", CLIENT_ID, "--channel", CHANNEL, "--since", since, **secrets
    )
    assert added.exit_code == 0, added.output
    assert f"connector stock confirm {shop.store}" in added.stdout
    time.sleep(5)
    assert (_total(shop), shop.writes(), shop.rows()) == (PIECES * count, [], {})

    told = connector("stock", "confirm", shop.store, given="y\n")
    assert told.exit_code == 0, told.output
    assert f"{count} SKUs: 0 would change, 0 of them to zero." in told.stdout
    wait_for(lambda: _outcomes(shop) == ["not-in-afosto"] * count, 60, "all to be looked at", lambda: str(shop.rows()))
    assert (_total(shop), shop.writes(), shop.violations()) == (PIECES * count, [], [])

    world.afosto.recount(TENANT, HERE, shop.sku(), 0)
    wait_for(lambda: shop.figures()[shop.sku()] == 0, 30, "a known zero to be published")
    assert _total(shop) == PIECES * (count - 1)
    for process in world.workers:
        process.kill()


def test_a_new_stores_stock_is_shown_first_and_written_when_it_is_confirmed(world: World, runtime: Runtime) -> None:
    shop = _open(world, runtime)
    connector = Commands(shop)
    low, none, unknown = shop.sku(0), shop.sku(1), shop.sku(2)
    world.afosto.recount(TENANT, HERE, low, 7)
    world.afosto.recount(TENANT, HERE, none, 0)
    shop.poll()
    shop.watch()
    assert shop.publish() == "nothing to do: done already, on its way elsewhere, not due, or switched off"
    rows = {row["sku"]: row for row in json.loads(connector("stock", "preview", shop.store, "--json").stdout)["skus"]}
    assert [(rows[sku]["now"], rows[sku]["then"]) for sku in (low, none)] == [(25, 7), (25, 0)]
    assert (rows[unknown]["then"], rows[unknown]["outcome"]) == (None, "not-in-afosto")
    told = connector("stock", "preview", shop.store).stdout
    assert "2 would change, 1 of them to zero." in told
    assert _total(shop) == PIECES * len(rows)

    assert connector("stock", "confirm", shop.store, given="n\n").exit_code == 1
    shop.publish()
    assert shop.writes() == []
    assert connector("stock", "confirm", shop.store, "--yes").exit_code == 0
    shop.settle()
    figures = shop.figures()
    assert [figures[sku] for sku in (low, none, unknown)] == [7, 0, 25]


def test_a_store_that_waits_to_be_confirmed_is_no_alarm_and_says_what_to_do(world: World, runtime: Runtime) -> None:
    shop = _open(world, runtime)
    connector = Commands(shop)
    shop.poll()
    told = connector("status").stdout
    assert f"{shop.store} publishes no stock: nobody has confirmed yet what its stock becomes" in told
    assert f"if that is right: connector stock confirm {shop.store}" in told
    assert f"if that is right: connector stock confirm {shop.store}" in connector("store", "show", shop.store).stdout
    (row,) = json.loads(connector("status", "--json").stdout)["stores"]
    assert row["state"] == "fresh"
    resumed = connector("store", "resume", shop.store, "--flow", "inventory.publish").stdout
    assert f"its stock waits until you confirm it; see: connector stock preview {shop.store}" in resumed
    shop.publish()
    assert shop.writes() == []


def test_an_afosto_that_is_emptied_stops_the_stock_before_any_of_it_is_written(world: World, runtime: Runtime) -> None:
    shop = _open(world, runtime, confirmed=True, pieces=20)
    connector = Commands(shop)
    shop.settle()
    before = len(shop.writes())
    for sku in shop.figures():
        world.afosto.recount(TENANT, HERE, sku, 0)
    shop.watch()
    said = shop.publish()
    count = len(shop.figures())
    assert said == f"about {count} of the {count} SKUs that {shop.store} has in stock would go to zero within an hour"
    assert len(shop.writes()) == before
    told = connector("status")
    assert told.exit_code == 1
    assert f"connector stock preview {shop.store}" in told.stdout
    (row,) = json.loads(connector("status", "--json").stdout)["stores"]
    assert row["state"] == "stopped"

    assert connector("stock", "confirm", shop.store, "--yes").exit_code == 0
    shop.settle()
    assert set(shop.figures().values()) == {0}


def test_stock_goes_on_as_it_was_once_afosto_is_corrected_and_confirmed(world: World, runtime: Runtime) -> None:
    shop = _open(world, runtime, confirmed=True, pieces=20)
    shop.settle()
    for pieces in (0, 21):
        for sku in shop.figures():
            world.afosto.recount(TENANT, HERE, sku, pieces)
        shop.watch()
        shop.publish()
    assert set(shop.figures().values()) == {20}
    assert "0 of them to zero" in Commands(shop)("stock", "confirm", shop.store, "--yes").stdout
    shop.settle()
    assert set(shop.figures().values()) == {21}


def test_a_shop_that_is_emptied_bit_by_bit_is_stopped_at_the_share_that_is_set(world: World, runtime: Runtime) -> None:
    shop = _open(world, runtime, confirmed=True, pieces=20)
    shop.settle()
    count = len(shop.figures())
    for number in range(count):
        world.afosto.recount(TENANT, HERE, shop.sku(number), 0)
        shop.watch()
        shop.publish()
    assert Counter(shop.figures().values()) == {0: count // 2, 20: count - count // 2}


def test_a_few_skus_may_go_to_zero_whatever_share_of_a_small_shop_they_are(world: World, runtime: Runtime) -> None:
    shop = StockWorld.open(world, runtime, products=2)
    shop.settle()
    for sku in shop.figures():
        world.afosto.recount(TENANT, HERE, sku, 0)
    shop.settle()
    assert set(shop.figures().values()) == {0}


def test_what_afosto_knew_and_knows_no_more_is_asked_for_once_more_and_left_alone(
    world: World, runtime: Runtime
) -> None:
    shop = StockWorld.open(world, runtime, products=2)
    shop.settle()
    before = shop.figures()
    world.afosto.set_switches(TENANT, leaves_out=1.0)
    shop.request()
    assert f"stock: {len(before)} not-in-afosto; more is due" in shop.publish()
    assert shop.figures() == before
    world.afosto.set_switches(TENANT, leaves_out=0.0)
    shop.settle()
    assert {shop.rows()[sku]["outcome"] for sku in before} == {"published"}
