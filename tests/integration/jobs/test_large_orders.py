"""Work that takes longer than a run may goes on in the next run: no failure is counted, and the progress shows."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from jobs.leases import Leases
from jobs.runtime import Runtime
from local.servers.services import Services
from schemas.errors import OutOfTime
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Document, Driver, units
from tests.support.connector.world import TENANT, World
from tests.support.ledger.reconcile_cases import found

# A run may take two seconds and the deadline of a call. Who waits for a lost answer waits longer than these tests.
SHORT = {"LONGEST_JOB": "12", "CALL_DEADLINE": "10", "LEASE": "11", "AMBIGUITY_WAIT": "600", "FAILURES_TO_PARK": "2"}
# So slow that two runs never suffice for the least calls that these orders take, however fast the machine is.
SLOW = {"kind": "latency", "seconds": 0.2}


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **SHORT) as started:
        yield started


@pytest.fixture
def driver(world: World, runtime: Runtime) -> Iterator[Driver]:
    driver = Driver(world, runtime, stock=None)
    yield driver
    world.afosto.set_faults(TENANT)


def test_an_order_of_many_pieces_is_canceled_over_several_runs(driver: Driver) -> None:
    order, _ = driver.imported(lines=_lines(driver, 2, 300))
    driver.world.epages.act(driver.store, order["id"], "cancel")
    driver.world.afosto.set_faults(TENANT, SLOW)
    driver.poll()
    driver.settle(60)
    _went_on_without_a_failure(driver, "cancellations", r"(canceled|approved|restocked|finished) \d+ (of 600 )?units.*")
    assert {unit["progress"] for unit in driver.afosto(order)["units"]} == {"CANCELLED"}
    assert driver.differences() == []


def test_of_an_order_that_is_canceled_over_several_runs_people_hear_that_it_goes_on(
    driver: Driver, connector: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, _ = driver.imported(lines=_lines(driver, 1, 600))
    driver.world.epages.act(driver.store, order["id"], "cancel")
    driver.world.afosto.set_faults(TENANT, SLOW)
    driver.poll()
    _run_until_one_is_cut(driver, monkeypatch)
    driver.world.afosto.set_faults(TENANT)
    rows = found(connector, code=0)
    assert {row["state"] for row in rows} == {"on its way"}
    (cause,) = {row["cause"] for row in rows}
    assert re.match(
        r"cancellations.import \(job \d+\) has started and is not finished; it continues by itself; it says: ", cause
    )
    driver.settle(60)
    assert found(connector) == []


def test_many_pieces_come_back_over_several_runs(driver: Driver) -> None:
    order, _ = driver.imported(lines=_lines(driver, 1, 600))
    driver.world.epages.act(driver.store, order["id"], "ship", tracking="S")
    driver.both()
    (line,) = order["lines"]
    driver.world.epages.act(driver.store, order["id"], "return", lines={line["id"]: 600}, status="RETURNED")
    driver.world.afosto.set_faults(TENANT, SLOW)
    driver.poll()
    driver.settle(60)
    _went_on_without_a_failure(driver, "returns", r"(received|approved|restocked|finished) \d+ (of 600 )?units.*")
    assert driver.differences() == []


def test_many_parcels_leave_over_several_runs(driver: Driver) -> None:
    order, copy = driver.imported(lines=_lines(driver, 1, 12))
    for number, unit in enumerate(units(copy)):
        driver.world.afosto.ship(TENANT, copy["id"], [unit], code=f"C{number}")
    driver.world.epages.set_faults(driver.store, faults=[SLOW])
    driver.look(order)
    driver.settle(60)
    _went_on_without_a_failure(driver, "shipments", r"(made|marked) the (shipping )?process .*")
    assert [process["status"] for process in driver.shop(order)["processes"]] == ["SHIPPED"] * 12
    assert driver.differences() == []


def test_a_run_that_could_do_nothing_in_its_time_has_failed_and_does_not_go_on_for_ever(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, copy = driver.imported(lines=_lines(driver, 1, 1))
    driver.world.afosto.ship(TENANT, copy["id"], code="C")
    driver.look(order)
    with monkeypatch.context() as patch:
        patch.setattr(Leases, "require_time", _no_time)
        driver.run()
    (job,) = (job for job in driver.jobs() if job["flow"] == "looks")
    assert job["message"].startswith("nothing was done in the 12 s that a run may take: ")
    assert job["failures"] == 1
    driver.settle()
    assert driver.differences() == []


def _no_time(leases: Leases, job_id: int, seconds: float) -> None:
    raise OutOfTime


def _lines(driver: Driver, lines: int, pieces: int) -> list[Document]:
    skus = [item["sku"] for item in driver.world.epages.stock(driver.store)][:lines]
    return [{"sku": sku, "quantity": pieces} for sku in skus]


def _run_until_one_is_cut(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("tests.support.connector.driver.MOST_RUNS", 1)
        for _ in range(10):
            with suppress(AssertionError):
                driver.run()
            if any(attempt["outcome"] == "goes on" for attempt in _attempts(driver)):
                return
    pytest.fail("no run was cut")


def _went_on_without_a_failure(driver: Driver, flow: str, said: str) -> None:
    attempts = [attempt for attempt in _attempts(driver) if attempt["flow"] == flow]
    outcomes = [attempt["outcome"] for attempt in attempts]
    assert outcomes.count("goes on") > 1
    assert set(outcomes) <= {"goes on", "waits", "done"}
    cut = next(attempt for attempt in attempts if attempt["outcome"] == "goes on")
    assert re.fullmatch(f"{said}; a run may take 12 s, the next one goes on", cut["message"])
    assert {job["failures"] for job in driver.jobs()} == {0}


def _attempts(driver: Driver) -> list[Any]:
    statement = "select flow, outcome, message from attempts where store = %s order by id"
    return driver.runtime.ledger.database.transaction(lambda s: s.execute(statement, (driver.store,)).fetchall())
