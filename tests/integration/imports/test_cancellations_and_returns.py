"""Cancellations and returns of the shop arrive in Afosto however they fall between the steps of other work."""

import time
from collections.abc import Iterator

import pytest

from local.servers.services import Services
from tasks.cancellations import IMPORT as CANCELLATIONS
from tests.support.connector.driver import Document, Driver
from tests.support.connector.world import LOSES_ANSWERS, TENANT, World

LOST = [{"kind": "reset"}, {"kind": "503", "after_effect": True}]


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    quick = {**LOSES_ANSWERS, "RETRY_BASE": "0.2"}
    with World(services, tmp_path_factory.mktemp("world"), **quick) as started:
        yield started


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: str(fault["kind"]))
@pytest.mark.parametrize("pieces", [1, 3])
def test_what_is_canceled_while_the_answer_to_the_opening_is_lost_is_canceled_in_the_opened_order(
    driver: Driver, fault: Document, pieces: int
) -> None:
    order = driver.place(lines=driver.lines(3))
    _fault(driver, fault, "openOrder")
    driver.poll()
    driver.run()
    _cancel(driver, order, pieces)
    driver.poll()
    driver.settle()
    assert _ended(driver, order, "CANCELLED") == pieces
    assert driver.differences() == []


@pytest.mark.parametrize("pieces", [1, 3])
def test_no_second_order_is_opened_while_the_first_opening_may_still_land(driver: Driver, pieces: int) -> None:
    order = driver.place(lines=driver.lines(3))
    # The shop changes what the draft must hold, and a draft given up can not be expired in time.
    late = {"kind": "late", "seconds": 1.5, "count": 1, "body": "openOrder"}
    driver.world.afosto.set_faults(TENANT, late, {"kind": "503", "body": "setExpiration"})
    driver.poll()
    driver.run()
    _cancel(driver, order, pieces)
    driver.poll()
    driver.settle()
    time.sleep(1.5)
    driver.both()
    driver.settle()
    assert _ended(driver, order, "CANCELLED") == pieces
    assert driver.differences() == []


@pytest.mark.parametrize("fault", [*LOST, {"kind": "503"}, {"kind": "429", "retry_after": 0.1}], ids=str)
def test_a_piece_canceled_while_the_cancellation_of_another_is_not_sure_is_canceled_too(
    driver: Driver, fault: Document
) -> None:
    order, _ = driver.imported(lines=driver.lines(3))
    _fault(driver, fault, "cancelOrderItems")
    for _ in range(2):
        _cancel(driver, order, 1)
        driver.poll()
        driver.run()
    driver.settle()
    assert _ended(driver, order, "CANCELLED") == 2
    assert driver.differences() == []


@pytest.mark.parametrize("fault", [*LOST, {"kind": "503"}], ids=str)
def test_a_piece_that_comes_back_while_the_return_of_another_is_not_sure_is_taken_back_too(
    driver: Driver, fault: Document
) -> None:
    order, _ = driver.imported(lines=driver.lines(3))
    driver.world.epages.act(driver.store, order["id"], "ship", tracking="OWN")
    driver.poll()
    driver.settle()
    _fault(driver, fault, "receive")
    for _ in range(2):
        _take_back(driver, order)
        driver.poll()
        driver.run()
    driver.settle()
    assert _ended(driver, order, "RESTOCKED") == 2
    assert driver.differences() == []


def test_a_return_of_a_piece_that_was_removed_in_afosto_meanwhile_says_so(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(3))
    driver.world.epages.act(driver.store, order["id"], "ship", tracking="OWN")
    driver.poll()
    driver.settle()
    _fault(driver, {"kind": "503"}, "receive")
    _take_back(driver, order)
    driver.poll()
    driver.run()
    driver.world.afosto.tamper(TENANT, copy["id"], "remove", units=[copy["units"][0]["id"]])
    driver.settle()
    assert driver.parked() == ["unit-gone"]


def test_a_cancellation_makes_no_more_calls_than_are_reserved_for_it(driver: Driver) -> None:
    order, _ = driver.imported(lines=driver.lines(3))
    before = _calls(driver)
    _cancel(driver, order, 1)
    driver.poll()
    driver.run()
    assert _calls(driver) - before == CANCELLATIONS.afosto_calls


def test_a_return_does_not_wait_for_shipments_that_nobody_carries_over(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(2))
    driver.runtime.ledger.stores.switch_flow(driver.store, "shipments.import", enabled=False)
    driver.world.afosto.ship(TENANT, copy["id"], [unit["id"] for unit in copy["units"]])
    driver.world.afosto.deliver(TENANT, copy["id"])
    driver.both()
    _take_back(driver, order)
    driver.poll()
    driver.run()
    assert _ended(driver, order, "RESTOCKED") == 1


def test_a_return_behind_a_parked_shipment_waits_without_a_call_until_that_is_decided(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(1, 1))
    for line in order["lines"]:
        driver.world.epages.act(driver.store, order["id"], "ship", lines={line["id"]: 1}, tracking="OWN")
        driver.poll()
        driver.settle()
    gone = driver.afosto(order)["parcels"][-1]["id"]
    driver.world.afosto.tamper(TENANT, copy["id"], "unpack", parcel=gone)
    for process in driver.shop(order)["processes"]:
        driver.world.epages.act(driver.store, order["id"], "deliver", process=process["id"])
    _take_back(driver, order)
    driver.poll()
    driver.run()
    assert driver.parked() == ["parcel-gone"]
    claims = _claims(driver, "returns")
    time.sleep(1)
    driver.run()
    assert _claims(driver, "returns") == claims
    driver.runtime.ledger.jobs.drop(store=driver.store, reason="parcel-gone")
    driver.run()
    assert _ended(driver, order, "RESTOCKED") == 1


def _fault(driver: Driver, fault: Document, call: str) -> None:
    driver.world.afosto.set_faults(TENANT, {**fault, "count": 1, "body": call})


def _cancel(driver: Driver, order: Document, pieces: int) -> None:
    driver.world.epages.act(driver.store, order["id"], "cancel", lines={order["lines"][0]["id"]: pieces})


def _take_back(driver: Driver, order: Document) -> None:
    line = order["lines"][0]["id"]
    driver.world.epages.act(driver.store, order["id"], "return", lines={line: 1}, status="RETURNED")


def _ended(driver: Driver, order: Document, how: str) -> int:
    return sum(unit["progress"] == how for unit in driver.afosto(order)["units"])


def _calls(driver: Driver) -> int:
    return int(driver.world.afosto.stats(TENANT)["total"])


def _claims(driver: Driver, flow: str) -> int:
    return sum(job["claims"] for job in driver.jobs() if (job["direction"], job["flow"]) == ("import", flow))
