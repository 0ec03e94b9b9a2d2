"""A parcel or a pickup of Afosto shows in the shop: once, and only if it was made in Afosto."""

from collections.abc import Iterator

import pytest

from local.servers.services import Services
from tests.support.connector.driver import Driver, units
from tests.support.connector.exports import (
    TRACK,
    change_store,
    export_changes,
)
from tests.support.connector.world import LOSES_ANSWERS, TENANT, World


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **LOSES_ANSWERS) as started:
        yield started


def test_a_parcel_that_left_is_shipped_in_the_shop_with_its_tracking_and_one_mail(driver: Driver) -> None:
    order, copy = driver.imported()
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    export_changes(driver, order)
    (process,) = driver.shop(order)["processes"]
    assert (process["status"], process["tracking_code"], process["mails"]) == ("SHIPPED", "TRACK1", 1)
    assert driver.writes() == ["create-shipping", "ship", "mail"]


def test_a_shipment_both_sides_made_of_the_last_piece_is_one(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(1))
    driver.world.epages.act(driver.store, order["id"], "ship", tracking="OWN")
    driver.world.afosto.ship(TENANT, copy["id"], code="OTHER")
    for _ in range(3):
        driver.both()
    assert driver.writes() == []
    assert len(driver.afosto(order)["parcels"]) == 1
    assert driver.parked() == []


def test_two_parcels_of_both_sides_are_paired_one_by_one(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(2))
    (line,) = order["lines"]
    for number, unit in enumerate(units(copy)):
        code = f"S{number}"
        driver.world.epages.act(driver.store, order["id"], "ship", lines={line["id"]: 1}, tracking=code)
        driver.world.afosto.ship(TENANT, copy["id"], [unit], code=f"A{number}")
    last = driver.afosto(order)["parcels"][1]
    driver.world.afosto.deliver(TENANT, copy["id"], last["id"])
    export_changes(driver, order)
    assert driver.writes() == ["deliver"]
    assert sorted(process["status"] for process in driver.shop(order)["processes"]) == ["DELIVERED", "SHIPPED"]
    driver.both()
    assert driver.parked() == []
    assert len(driver.afosto(order)["parcels"]) == len(driver.shop(order)["processes"]) == 2


@pytest.mark.parametrize("first", ["import", "export"])
def test_a_shipment_of_one_code_on_both_sides_is_one_whoever_hears_of_it_first(driver: Driver, first: str) -> None:
    order, copy = driver.imported(lines=driver.lines(3))
    (line,) = order["lines"]
    driver.world.epages.act(driver.store, order["id"], "ship", lines={line["id"]: 1}, tracking="SAME")
    driver.world.afosto.ship(TENANT, copy["id"], units(copy)[:1], code="SAME")
    if first == "export":
        export_changes(driver, order)
    for _ in range(2):
        driver.both()
    assert len(driver.afosto(order)["parcels"]) == len(driver.shop(order)["processes"]) == 1
    assert driver.writes() == []
    driver.world.afosto.deliver(TENANT, copy["id"])
    export_changes(driver, order)
    assert driver.writes() == ["deliver"]


def test_an_order_laid_out_on_both_sides_needs_nobody(driver: Driver) -> None:
    order, copy = driver.imported(pickup=True)
    driver.world.epages.act(driver.store, order["id"], "ready")
    driver.world.afosto.ready(TENANT, copy["id"])
    driver.poll()
    driver.run()
    driver.both()
    assert driver.parked() == []
    assert driver.writes() == []


def test_what_we_shipped_in_the_shop_does_not_come_back_as_news(driver: Driver) -> None:
    order, copy = driver.imported()
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    export_changes(driver, order)
    written = driver.world.afosto.causes(TENANT), driver.writes()
    for _ in range(3):
        driver.both()
    assert (driver.world.afosto.causes(TENANT), driver.writes()) == written


def test_a_shipment_of_the_shop_does_not_come_back_from_afosto(driver: Driver) -> None:
    order, _ = driver.imported()
    driver.world.epages.act(driver.store, order["id"], "ship", tracking="OWN")
    for _ in range(3):
        driver.both()
    assert driver.writes() == []
    assert [parcel["status"] for parcel in driver.afosto(order)["parcels"]] == ["IN_TRANSIT"]


def test_a_delivery_that_afosto_learns_of_is_carried_to_a_parcel_of_the_shop(driver: Driver) -> None:
    order, copy = driver.imported()
    driver.world.epages.act(driver.store, order["id"], "ship", tracking="OWN")
    driver.both()
    driver.world.afosto.deliver(TENANT, copy["id"])
    export_changes(driver, order)
    assert [process["status"] for process in driver.shop(order)["processes"]] == ["DELIVERED"]
    assert driver.writes() == ["deliver"]


def test_delivered_before_anybody_heard_of_shipped_does_both(driver: Driver) -> None:
    order, copy = driver.imported()
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    driver.world.afosto.deliver(TENANT, copy["id"])
    export_changes(driver, order)
    assert driver.writes() == ["create-shipping", "ship", "mail", "deliver"]


def test_several_parcels_over_one_order_are_several_shipments(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(3))
    first, *rest = units(copy)
    driver.world.afosto.ship(TENANT, copy["id"], [first], code="A")
    export_changes(driver, order)
    driver.world.afosto.ship(TENANT, copy["id"], rest, code="B")
    export_changes(driver, order)
    pieces = {p["tracking_code"]: p["lines"][0]["quantity"] for p in driver.shop(order)["processes"]}
    assert pieces == {"A": 1, "B": 2}


def test_a_store_that_sends_its_own_mails_gets_none_from_us(driver: Driver) -> None:
    order, copy = driver.imported()
    change_store(driver, "notify_buyers", "false")
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    export_changes(driver, order)
    assert driver.writes() == ["create-shipping", "ship"]


def test_an_order_to_be_collected_is_laid_out_once_all_of_it_is_ready(driver: Driver) -> None:
    order, copy = driver.imported(pickup=True, lines=driver.lines(2))
    first, second = units(copy)
    driver.world.afosto.ready(TENANT, copy["id"], [first])
    export_changes(driver, order)
    assert driver.writes() == []
    driver.world.afosto.ready(TENANT, copy["id"], [second])
    export_changes(driver, order)
    assert driver.writes() == ["ready-for-pickup", "mail"]
    driver.world.afosto.collect(TENANT, copy["id"])
    export_changes(driver, order)
    assert driver.writes() == ["ready-for-pickup", "mail", "pick-up"]
    driver.both()
    assert len(driver.afosto(order)["parcels"]) == 2


def test_an_order_collected_in_the_shop_is_collected_in_each_of_its_parcels(driver: Driver) -> None:
    order, copy = driver.imported(pickup=True, lines=driver.lines(3))
    first, *rest = units(copy)
    driver.world.afosto.ready(TENANT, copy["id"], [first])
    driver.world.afosto.ready(TENANT, copy["id"], rest)
    export_changes(driver, order)
    driver.world.epages.act(driver.store, order["id"], "pick-up")
    driver.both()
    assert [parcel["status"] for parcel in driver.afosto(order)["parcels"]] == ["DELIVERED"] * 2
    for _ in range(2):
        driver.both()
    assert driver.writes() == ["ready-for-pickup", "mail"]


def test_what_is_left_of_an_order_to_be_collected_is_laid_out_once_the_rest_is_canceled_in_the_shop(
    driver: Driver,
) -> None:
    order, copy = driver.imported(pickup=True, lines=driver.lines(3))
    canceled, *rest = units(copy)
    driver.world.afosto.cancel(TENANT, copy["id"], [canceled])
    driver.world.afosto.ready(TENANT, copy["id"], rest)
    driver.runtime.ledger.jobs.request_run(driver.store, "export", "shipments", order["id"], lane=0)
    driver.run()
    driver.hurry()
    assert driver.writes() == ["cancel", "refund", "ready-for-pickup", "mail"]
    assert driver.parked() == []
