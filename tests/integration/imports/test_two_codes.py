"""A shipment that both sides made by themselves, each with a tracking code of its own, is one, and people are told."""

import json
from collections.abc import Iterator
from contextlib import suppress

import pytest

from jobs.putting_off import FailedForNow
from jobs.runner import execute
from local.servers.services import Services
from schemas.errors import NeedsPerson
from schemas.messages import OrderMessage
from tasks.shipments import EXPORT as SHIPMENTS_EXPORT
from tasks.shipments import IMPORT as SHIPMENTS_IMPORT
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Document, Driver, no_top_up
from tests.support.connector.world import LOSES_ANSWERS, TENANT, World


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **LOSES_ANSWERS) as started:
        yield started


def _shipped_on_both_sides(driver: Driver, shop: str | None, afosto: str | None) -> Document:
    order, copy = driver.imported(lines=driver.lines(1))
    driver.world.epages.act(driver.store, order["id"], "ship", tracking=shop)
    driver.world.afosto.ship(TENANT, copy["id"], code=afosto)
    for _ in range(3):
        driver.both()
    assert driver.writes() == []
    assert driver.parked() == []
    return order


def _notes(driver: Driver, connector: Commands) -> list[Document]:
    told = connector("reconcile", driver.store, "--json")
    assert told.exit_code == 0
    return list(json.loads(told.stdout)["notes"])


@pytest.mark.parametrize("shop", ["OWN", None])
def test_the_code_that_the_buyer_does_not_know_is_told_to_people(
    driver: Driver, connector: Commands, shop: str | None
) -> None:
    order = _shipped_on_both_sides(driver, shop, "OTHER")
    codes = f"different tracking codes: {shop or 'none'} in the shop, OTHER in Afosto."
    told = connector("order", driver.store, order["number"]).stdout
    assert f"It has {codes}" in told
    assert "if OTHER is right, tell it to the buyer." in told
    assert f"{order['number']} has {codes}" in connector("reconcile", driver.store).stdout
    assert _notes(driver, connector) == [{"order": order["number"], "shop_code": shop, "afosto_code": "OTHER"}]


@pytest.mark.parametrize(("shop", "afosto"), [("SAME", "SAME"), ("OWN", None), (None, None)])
def test_codes_that_agree_and_a_code_that_the_shop_alone_has_are_no_news(
    driver: Driver, connector: Commands, shop: str | None, afosto: str | None
) -> None:
    order = _shipped_on_both_sides(driver, shop, afosto)
    assert "tracking codes" not in connector("order", driver.store, order["number"]).stdout
    assert _notes(driver, connector) == []


@pytest.mark.parametrize("shop", ["OWN", None])
def test_a_shipment_that_has_not_left_the_shop_is_given_the_code_of_the_parcel(
    driver: Driver, connector: Commands, shop: str | None
) -> None:
    order, copy = driver.imported(lines=driver.lines(1))
    driver.world.epages.act(driver.store, order["id"], "pack", tracking=shop)
    driver.world.afosto.ship(TENANT, copy["id"], code="OTHER")
    driver.both()
    (process,) = driver.shop(order)["processes"]
    assert (process["status"], process["tracking_code"], process["mails"]) == ("SHIPPED", "OTHER", 1)
    assert _notes(driver, connector) == []
    told = connector("order", driver.store, order["number"]).stdout
    assert ("the tracking code OTHER, not OWN" in told) == (shop is not None)


def test_of_two_shipments_the_one_that_has_not_left_takes_the_code(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(2))
    (line,) = order["lines"]
    for act in ("ship", "pack"):
        driver.world.epages.act(driver.store, order["id"], act, lines={line["id"]: 1}, tracking=act)
    driver.world.afosto.ship(TENANT, copy["id"], [copy["units"][0]["id"]], code="OTHER")
    driver.look(order)
    driver.run()
    codes = {process["tracking_code"] for process in driver.shop(order)["processes"]}
    assert codes == {"ship", "OTHER"}


def test_a_code_that_afosto_gets_later_is_noted_too(driver: Driver, connector: Commands) -> None:
    order, copy = driver.imported(lines=driver.lines(1))
    driver.world.epages.act(driver.store, order["id"], "ship")
    driver.both()
    (parcel,) = driver.afosto(order)["parcels"]
    driver.world.afosto.tamper(TENANT, copy["id"], "retrack", parcel=parcel["id"], code="LATER")
    driver.world.epages.act(driver.store, order["id"], "deliver")
    driver.both()
    assert _notes(driver, connector) == [{"order": order["number"], "shop_code": None, "afosto_code": "LATER"}]


@pytest.mark.parametrize("heard_first", ["poll", "walk"])
@pytest.mark.parametrize("canceled_by", ["shop", "afosto"])
def test_what_is_left_of_a_line_is_one_shipment_before_the_cancellation_of_the_rest_is_carried_over(
    driver: Driver, canceled_by: str, heard_first: str
) -> None:
    order, copy = driver.imported(lines=driver.lines(2))
    (line,) = order["lines"]
    if canceled_by == "shop":
        driver.world.epages.act(driver.store, order["id"], "cancel", lines={line["id"]: 1})
    else:
        driver.world.afosto.cancel(TENANT, copy["id"], [copy["units"][1]["id"]])
    driver.world.epages.act(driver.store, order["id"], "ship", lines={line["id"]: 1}, tracking="OWN")
    driver.world.afosto.ship(TENANT, copy["id"], [copy["units"][0]["id"]], code="OTHER")
    _only_shipments(driver, order, heard_first)
    for _ in range(4):
        driver.both()
        driver.hurry()
    shipped = [process for process in driver.shop(order)["processes"] if process["kind"] == "shippings"]
    assert (len(shipped), len(driver.afosto(order)["parcels"])) == (1, 1)
    assert driver.parked() == []
    assert driver.differences() == []


def test_a_parcel_without_a_code_of_a_piece_that_was_added_in_afosto_holds_up_no_import(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(2))
    (line,) = order["lines"]
    driver.world.afosto.tamper(TENANT, copy["id"], "add", sku=line["sku"], quantity=1)
    foreign = [unit["id"] for unit in driver.afosto(order)["units"] if not unit["line_ref"]]
    driver.world.afosto.ship(TENANT, copy["id"], foreign)
    driver.world.epages.act(driver.store, order["id"], "ship", lines={line["id"]: 2}, tracking="OWN")
    driver.poll()
    outcome = execute(driver.runtime, SHIPMENTS_IMPORT, OrderMessage(driver.store, order["id"]), no_top_up)
    assert outcome == "1 process has its parcel, 1 moved"


def _only_shipments(driver: Driver, order: Document, heard_first: str) -> None:
    """Let the shipments of both directions run before the cancellations do."""
    driver.poll() if heard_first == "poll" else driver.look(order)
    flows = (SHIPMENTS_IMPORT, SHIPMENTS_EXPORT) if heard_first == "poll" else (SHIPMENTS_EXPORT, SHIPMENTS_IMPORT)
    for flow in flows:
        with suppress(FailedForNow, NeedsPerson):
            execute(driver.runtime, flow, OrderMessage(driver.store, order["id"]), no_top_up)
