"""Units that are canceled or returned in Afosto show in the shop: once, and only if it happened in Afosto."""

from collections.abc import Iterator

import pytest

from local.servers.services import Services
from tests.support.connector.driver import Driver, units
from tests.support.connector.exports import (
    TRACK,
    count_requests,
    count_units,
    export_changes,
)
from tests.support.connector.world import LOSES_ANSWERS, TENANT, World


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **LOSES_ANSWERS) as started:
        yield started


def test_units_canceled_in_afosto_are_canceled_in_the_shop_and_do_not_come_back(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(3))
    driver.world.afosto.cancel(TENANT, copy["id"], units(copy)[:1])
    export_changes(driver, order)
    for _ in range(2):
        driver.both()
    assert [line["canceled"] for line in driver.shop(order)["lines"]] == [1]
    assert count_units(driver.afosto(order), "CANCELLED") == 1
    assert driver.writes() == ["cancel", "refund"]


def test_a_whole_order_canceled_in_afosto_is_canceled_whole_in_the_shop(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(2, 1))
    driver.world.afosto.cancel(TENANT, copy["id"])
    export_changes(driver, order)
    assert driver.shop(order)["canceled"]
    assert count_requests(driver, "/cancel$") == 1


def test_cancellations_of_both_sides_are_both_carried_over(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(3))
    line = order["lines"][0]["id"]
    driver.world.epages.act(driver.store, order["id"], "cancel", lines={line: 1})
    driver.world.afosto.cancel(TENANT, copy["id"], units(copy)[:1])
    for _ in range(3):
        driver.both()
    assert driver.shop(order)["lines"][0]["canceled"] == 2
    assert count_units(driver.afosto(order), "CANCELLED") == 2


def test_the_last_piece_canceled_on_both_sides_is_one_cancellation(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(1))
    driver.world.epages.act(driver.store, order["id"], "cancel")
    driver.world.afosto.cancel(TENANT, copy["id"])
    for _ in range(3):
        driver.both()
    assert driver.writes() == []
    assert driver.parked() == []


def test_part_of_an_order_whose_payment_takes_all_or_none_waits_for_a_person_without_a_call(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(2), payment="iDEAL")
    driver.world.afosto.cancel(TENANT, copy["id"], units(copy)[:1])
    export_changes(driver, order)
    assert driver.parked() == ["full-refund-only"]
    assert driver.writes() == []
    driver.world.afosto.cancel(TENANT, copy["id"])
    export_changes(driver, order)
    assert driver.shop(order)["canceled"]
    assert driver.parked() == []


@pytest.mark.parametrize(
    ("outcome", "status"), [("restocked", "RETURNED"), ("broken", "RETURNED"), ("rejected", "BROKEN")]
)
def test_a_return_processed_in_afosto_is_one_in_the_shop(driver: Driver, outcome: str, status: str) -> None:
    order, copy = driver.imported(lines=driver.lines(2))
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    driver.world.afosto.deliver(TENANT, copy["id"])
    export_changes(driver, order)
    driver.world.afosto.return_(TENANT, copy["id"], units(copy)[:1], outcome)
    export_changes(driver, order)
    for _ in range(2):
        driver.both()
    (process,) = (p for p in driver.shop(order)["processes"] if p["kind"] == "returns")
    assert [(line["quantity"], line["status"]) for line in process["lines"]] == [(1, status)]
    assert driver.parked() == []


def test_all_of_an_order_whose_payment_takes_all_or_none_is_returned_with_its_delivery_fee(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(1, 2), payment="iDEAL")
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    driver.world.afosto.return_(TENANT, copy["id"], units(copy), "restocked")
    export_changes(driver, order)
    driver.settle()
    assert [line["returned"] for line in driver.shop(order)["lines"]] == [1, 2]
    assert driver.shop(order)["refunds"] == [order["grand_total"]]


def test_pieces_returned_in_parts_come_back_in_parts(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(3))
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    for unit in units(copy):
        driver.world.afosto.return_(TENANT, copy["id"], [unit], "restocked")
        driver.both()
        driver.settle()
    assert driver.shop(order)["lines"][0]["returned"] == 3
    assert sum(p["kind"] == "returns" for p in driver.shop(order)["processes"]) == 3


def test_a_return_that_overtakes_its_shipment_comes_after_it(driver: Driver) -> None:
    order, copy = driver.imported()
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    driver.world.afosto.return_(TENANT, copy["id"], units(copy)[:1], "restocked")
    driver.runtime.ledger.jobs.request_run(driver.store, "export", "returns", order["id"], lane=0)
    driver.run()
    driver.settle()
    assert [p["kind"] for p in driver.shop(order)["processes"]] == ["shippings", "returns"]


def test_a_return_waits_until_the_shop_knows_that_its_parcel_has_left(driver: Driver) -> None:
    order, copy = driver.imported()
    lost = {"kind": "503", "method": "POST", "path": "mark-shipped", "count": 1}
    driver.world.epages.set_faults(driver.store, faults=[lost])
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    driver.world.afosto.return_(TENANT, copy["id"], units(copy)[:1], "restocked")
    export_changes(driver, order)
    driver.settle()
    assert driver.parked() == []
    assert driver.shop(order)["lines"][0]["returned"] == 1


def test_rejected_returns_stay_in_afosto_when_the_store_wants_no_refund_started(driver: Driver) -> None:
    order, copy = driver.imported()
    driver.runtime.ledger.stores.switch_flow(driver.store, "broken.export", enabled=False)
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    driver.world.afosto.return_(TENANT, copy["id"], units(copy)[:1], "rejected")
    export_changes(driver, order)
    assert [p["kind"] for p in driver.shop(order)["processes"]] == ["shippings"]
