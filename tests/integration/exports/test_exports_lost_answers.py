"""The shop's answer to an export is lost: the export has one effect, and one mail."""

from collections.abc import Iterator

import pytest

from local.servers.services import Services
from tests.support.connector.driver import Driver, units
from tests.support.connector.exports import (
    TRACK,
    Document,
    count_units,
    export_changes,
)
from tests.support.connector.world import LOSES_ANSWERS, TENANT, World


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **LOSES_ANSWERS) as started:
        yield started


LOST = [
    {"kind": "reset", "method": "POST", "count": 1},
    {"kind": "503", "method": "POST", "count": 1, "after_effect": True},
    {"kind": "late", "method": "POST", "count": 1, "seconds": 0.8, "hold": 0.1},
    {"kind": "truncate", "method": "POST", "count": 1},
    {"kind": "503", "method": "POST", "count": 1},
]
LOSSES = [f"{fault['kind']}{' after effect' if fault.get('after_effect') else ''}" for fault in LOST]


@pytest.mark.parametrize("fault", LOST, ids=LOSSES)
@pytest.mark.parametrize("path", ["shippings$", "mark-shipped", "mark-delivered"])
def test_a_lost_answer_to_a_shipment_ships_once_and_mails_once(driver: Driver, path: str, fault: Document) -> None:
    order, copy = driver.imported()
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    driver.world.afosto.deliver(TENANT, copy["id"])
    driver.world.epages.set_faults(driver.store, faults=[{**fault, "path": path}])
    driver.look(order)
    driver.settle()
    (process,) = driver.shop(order)["processes"]
    assert (process["status"], process["mails"]) == ("DELIVERED", 1)
    assert driver.world.epages.violations(driver.store) == []


@pytest.mark.parametrize("fault", LOST, ids=LOSSES)
@pytest.mark.parametrize("pieces", [1, 2], ids=["a part", "the whole order"])
def test_a_lost_answer_to_a_cancellation_cancels_once(driver: Driver, pieces: int, fault: Document) -> None:
    order, copy = driver.imported(lines=driver.lines(2))
    driver.world.afosto.cancel(TENANT, copy["id"], units(copy)[:pieces])
    driver.world.epages.set_faults(driver.store, faults=[{**fault, "path": "cancel"}])
    driver.look(order)
    driver.settle()
    assert driver.shop(order)["lines"][0]["canceled"] == pieces
    driver.both()
    assert count_units(driver.afosto(order), "CANCELLED") == pieces


@pytest.mark.parametrize("fault", LOST, ids=LOSSES)
def test_a_lost_answer_to_a_return_returns_once(driver: Driver, fault: Document) -> None:
    order, copy = driver.imported(lines=driver.lines(2))
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    export_changes(driver, order)
    driver.world.afosto.return_(TENANT, copy["id"], units(copy)[:1], "restocked")
    driver.world.epages.set_faults(driver.store, faults=[{**fault, "path": "returns$"}])
    driver.look(order)
    driver.settle()
    assert driver.shop(order)["lines"][0]["returned"] == 1


@pytest.mark.parametrize("fault", LOST, ids=LOSSES)
def test_a_lost_answer_to_a_pickup_lays_out_once(driver: Driver, fault: Document) -> None:
    order, copy = driver.imported(pickup=True)
    driver.world.afosto.ready(TENANT, copy["id"])
    driver.world.epages.set_faults(driver.store, faults=[{**fault, "path": "pickups$"}])
    driver.look(order)
    driver.settle()
    (process,) = driver.shop(order)["processes"]
    assert (process["status"], process["mails"]) == ("READY_FOR_PICKUP", 1)


def test_a_cancellation_of_the_shop_while_our_answer_is_lost_is_told_from_ours_by_our_mark(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(3))
    driver.world.afosto.cancel(TENANT, copy["id"], units(copy)[:1])
    driver.world.epages.set_faults(
        driver.store, faults=[{"kind": "503", "method": "POST", "count": 1, "path": "cancelations"}]
    )
    export_changes(driver, order)
    driver.world.epages.act(driver.store, order["id"], "cancel", lines={order["lines"][0]["id"]: 1})
    driver.settle()
    driver.both()
    assert driver.shop(order)["lines"][0]["canceled"] == 2
    assert count_units(driver.afosto(order), "CANCELLED") == 2
