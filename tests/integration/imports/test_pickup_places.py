"""Where an order goes that has no shipping address, or is to be collected where nobody expects it."""

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from cli.stores import locations
from local.servers.services import Services
from simulators.epages.hosting.tokens import GUIDE_SCOPES
from sync.connecting.locations import Places, read_places
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver
from tests.support.connector.world import CHANNEL, CLIENT_ID, CLIENT_SECRET, KEY, World


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world")) as started:
        yield started


def _placed(driver: Driver, kind: str) -> None:
    while driver.world.epages.place_malformed(driver.store, kind)["test"]:
        continue
    driver.poll()
    driver.run()


def test_an_order_without_a_shipping_address_is_imported_and_not_taken_for_a_pickup(driver: Driver) -> None:
    _, copy = driver.imported(gift_card=True)
    assert driver.parked() == []
    assert copy["location_id"] is None


def test_a_pickup_that_names_no_location_says_so(driver: Driver, connector: Commands) -> None:
    _placed(driver, "pickup-without-location")
    assert driver.parked() == ["no-pickup-location"]
    told = connector("jobs", "show", str(driver.jobs()[0]["id"])).stdout
    assert "its pickup option names no location" in told
    assert "Give the pickup option a location in the shop's cockpit" in told


def test_a_location_that_the_shop_lists_no_more_can_be_mapped_while_an_order_waits_for_it(
    driver: Driver, connector: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = driver.runtime.ledger
    for location in ledger.stores.locations(driver.store):
        ledger.stores.unmap_location(driver.store, location)
    driver.place(pickup=True)
    driver.poll()
    driver.run()
    assert driver.parked() == ["location-not-mapped"]
    monkeypatch.setattr(locations, "read_places", _without_the_shops(read_places))
    refused = connector("locations", "map", driver.store, "mistyped", "location-0")
    assert "The shop has no location 'mistyped'" in refused.stderr
    advised = next(job["resolution"] for job in driver.jobs() if job["state"] == "parked")
    command = advised.partition("map it: connector ")[2].partition(" (")[0].replace("AFOSTO_ID", "location-0")
    taken = connector(*command.split())
    assert (taken.exit_code, "1 parked job will run again" in taken.stdout) == (0, True), taken.output
    driver.run()
    assert driver.parked() == []


def _without_the_shops(read: object) -> object:
    def reading(*given: object) -> Places:
        places: Places = read(*given)  # type: ignore[operator]
        return replace(places, shop={"another": "Another"})

    return reading


def test_a_store_without_a_mapped_location_hears_that_its_stock_is_off_and_which_box_is_missing(
    driver: Driver, connector: Commands
) -> None:
    name = f"{driver.store}-guide"
    opened = driver.world.epages.open_shop(
        name, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, scopes=list(GUIDE_SCOPES)
    )
    secrets = {"CONNECTOR_CLIENT_SECRET": CLIENT_SECRET, "CONNECTOR_AFOSTO_KEY": KEY}
    address = ("--base-url", opened["base_url"], "--trust-base-url")
    wanted = ("--client-id", CLIENT_ID, "--channel", CHANNEL, "--since", "2026-01-01", *address)
    result = connector("store", "add", name, *wanted, **secrets)
    assert result.exit_code == 0, result.output
    assert "inventory.publish    off: it is not chosen which Afosto location's stock it sells" in result.stdout
    assert "tick loca:r (Standorte lesen)" in result.stdout
    assert f"connector locations map {name} EPAGES_ID AFOSTO_ID" in result.stdout


def test_two_orders_of_one_number_are_both_shown(driver: Driver, connector: Commands) -> None:
    first, _ = driver.imported()
    second, _ = driver.imported()
    with psycopg.connect(driver.world.settings.database_url) as connection:
        connection.execute("update orders set number = %s where id = %s", (first["number"], second["id"]))
    told = connector("order", driver.store, first["number"]).stdout
    assert f"2 orders of {driver.store} have the number {first['number']}." in told
    assert {f"(id {order['id']})" in told for order in (first, second)} == {True}


def test_a_flow_that_is_off_is_named_by_the_order_it_may_hold_back(driver: Driver, connector: Commands) -> None:
    order, _ = driver.imported()
    assert "Nothing is left to do." in connector("order", driver.store, order["number"]).stdout
    connector("store", "switch", driver.store, "shipments.export", "off")
    told = connector("order", driver.store, order["number"]).stdout
    assert "Nothing is left to do for the flows that are on. Off: shipments.export." in told
    connector("store", "pause", driver.store)
    driver.runtime.ledger.jobs.request_run(driver.store, "import", "orders", order["id"], lane=0)
    told = connector("order", driver.store, order["number"]).stdout
    assert f"Held back: orders.import. To let it go on: connector store resume {driver.store}" in told
