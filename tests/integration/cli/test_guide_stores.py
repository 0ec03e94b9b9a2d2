"""Stores connected exactly as the guide says: what the shop does not permit is off with a reason, and alarms nobody."""

import json
from collections.abc import Iterator

import pytest

from jobs.runtime import Runtime
from local.servers.services import Services
from simulators.epages.hosting.tokens import GUIDE_SCOPES
from tasks.inventory import PUBLISH
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver
from tests.support.connector.stock_world import HERE, THERE, StockWorld
from tests.support.connector.world import CHANNEL, CLIENT_ID, CLIENT_SECRET, KEY, TENANT, World

SECRETS = {"CONNECTOR_CLIENT_SECRET": CLIENT_SECRET, "CONNECTOR_AFOSTO_KEY": KEY}


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world")) as started:
        yield started


def test_a_shop_of_the_guide_sells_the_stock_of_the_only_place_there_is_in_afosto(
    world: World, runtime: Runtime
) -> None:
    world.afosto.create(
        "one", "key-of-one", channels=[{"id": CHANNEL, "name": "Shop"}], locations=[{"id": HERE, "name": "Main"}]
    )
    opened = world.epages.open_shop(
        "alone", client_id=CLIENT_ID, client_secret=CLIENT_SECRET, scopes=list(GUIDE_SCOPES)
    )
    shop = StockWorld(world, runtime, "alone")
    for sku in shop.figures():
        world.afosto.recount("one", HERE, sku, 7)
    connector = Commands(shop)
    said = _add(connector, "alone", opened["base_url"], CONNECTOR_AFOSTO_KEY="key-of-one")
    assert "inventory.publish    permitted" in said
    assert f"stock is that of Main ({HERE}), the only location in Afosto" in said
    assert connector("stock", "confirm", "alone", "--yes").exit_code == 0
    shop.settle()
    assert set(shop.figures().values()) == {7}


def test_a_shop_of_the_guide_sells_from_the_locations_that_are_chosen_without_a_location_of_its_own(
    world: World, runtime: Runtime
) -> None:
    opened = world.epages.open_shop("two", client_id=CLIENT_ID, client_secret=CLIENT_SECRET, scopes=list(GUIDE_SCOPES))
    shop = StockWorld(world, runtime, "two")
    connector = Commands(shop)
    said = _add(connector, "two", opened["base_url"])
    assert "inventory.publish    off: it is not chosen which Afosto location's stock it sells" in said
    assert "connector locations sell-from two AFOSTO_ID" in said
    assert "No stock is published" in connector("stock", "two").stdout
    wrong = connector("locations", "sell-from", "two", "mistyped")
    assert (wrong.exit_code, "Afosto has no location 'mistyped'" in wrong.stderr) == (1, True)
    for sku in shop.figures():
        world.afosto.recount(TENANT, HERE, sku, 3)
        world.afosto.recount(TENANT, THERE, sku, 4)
    for place in (HERE, THERE):
        assert connector("locations", "sell-from", "two", place).exit_code == 0
    assert connector("stock", "confirm", "two", "--yes").exit_code == 0
    shop.settle()
    assert set(shop.figures().values()) == {7}
    rows = json.loads(connector("locations", "list", "two", "--json").stdout)
    assert [(row["epages_id"], row["afosto_id"], row["sold"]) for row in rows] == [
        (None, HERE, True),
        (None, THERE, True),
    ]
    assert connector("locations", "unmap", "two", THERE).exit_code == 0
    assert world.ledger.stock.locations("two") == [HERE]


def test_a_job_that_an_older_version_parked_for_its_missing_location_is_done_at_the_next_look(
    world: World, runtime: Runtime
) -> None:
    world.shop("older", publishes=True, scopes=list(GUIDE_SCOPES))
    shop = StockWorld(world, runtime, "older")
    world.ledger.stock.request_all("older")
    world.ledger.database.transaction(
        lambda s: s.execute("update jobs set state = 'parked', reason = 'no-location-mapped' where store = 'older'")
    )
    shop.watch()
    assert "no stock is published" in shop.publish()
    (job,) = world.ledger.jobs.search(store="older")
    assert (job["flow"], job["state"]) == (PUBLISH.name, "done")


def test_a_location_is_checked_where_the_shop_may_be_asked_and_said_not_to_be_where_not(
    world: World, runtime: Runtime
) -> None:
    world.shop("shut", scopes=list(GUIDE_SCOPES))
    shut = Commands(StockWorld(world, runtime, "shut"))
    result = shut("locations", "map", "shut", "any-word", HERE)
    assert result.exit_code == 0
    assert "any-word was not checked: the shop does not permit reading its locations" in result.stdout
    driver = Driver(world, runtime)
    result = Commands(driver)("locations", "map", driver.store, "any-word", HERE)
    assert (result.exit_code, "The shop has no location 'any-word'" in result.stderr) == (1, True)


def test_a_location_given_with_a_new_store_is_checked_in_the_shop_as_well(world: World, runtime: Runtime) -> None:
    connector = Commands(StockWorld(world, runtime, "new"))
    opened = world.epages.open_shop("new", client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    wanted = ("--location", f"any-word={HERE}")
    result = connector(*_adding("new", opened["base_url"]), *wanted, **SECRETS)
    assert (result.exit_code, "The shop has no location 'any-word'" in result.stderr) == (1, True)
    assert "new" not in world.ledger.stores.names()


def _adding(name: str, url: str) -> tuple[str, ...]:
    address = ("--base-url", url, "--trust-base-url")
    return ("store", "add", name, "--client-id", CLIENT_ID, "--channel", CHANNEL, "--since", "2026-01-01", *address)


def _add(connector: Commands, name: str, url: str, **env: str) -> str:
    result = connector(*_adding(name, url), **{**SECRETS, **env})
    assert result.exit_code == 0, result.output
    return result.stdout
