"""A job that keeps failing is parked for a person when it fails alone; when everything fails, no job is to blame."""

from collections.abc import Iterator

import pytest

from local.servers.services import Services
from tests.support.connector.driver import Document, Driver
from tests.support.connector.world import World

LIMIT = 3  # failures after which a job is parked


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    # Nothing but the attempts of a test may make a failed job due.
    waits = {"FAILURES_TO_PARK": str(LIMIT), "RETRY_BASE": "60", "RETRY_CAP": "60"}
    with World(services, tmp_path_factory.mktemp("world"), **waits) as started:
        yield started


def test_a_job_that_fails_while_its_neighbors_succeed_is_parked_and_says_what_to_do(driver: Driver) -> None:
    order = _fails_alone(driver)
    for _ in range(LIMIT - 1):
        assert driver.parked() == []
        driver.hurry()
    assert driver.parked() == ["keeps-failing"]
    (job,) = [job for job in driver.jobs() if job["state"] == "parked"]
    assert job["subject"] == order["id"]
    assert "connector jobs retry --reason keeps-failing" in job["resolution"]


def test_a_parked_job_that_is_retried_once_the_fault_is_gone_imports_its_order(driver: Driver) -> None:
    order = _fails_alone(driver)
    for _ in range(LIMIT - 1):
        driver.hurry()
    driver.world.epages.set_faults(driver.store, faults=[])
    driver.runtime.ledger.jobs.retry(store=driver.store, reason="keeps-failing")
    driver.run()
    assert driver.parked() == []
    assert driver.afosto(order)["status"] == "OPEN"


def test_no_job_is_parked_while_nothing_of_its_store_succeeds(driver: Driver) -> None:
    driver.imported()
    orders = [driver.place(), driver.place()]
    driver.poll()
    _break(driver, *(order["id"] for order in orders))
    for _ in range(2 * LIMIT):
        driver.poll()  # its answer keeps the breaker closed
        driver.hurry()
    assert driver.parked() == []
    assert [job["failures"] for job in driver.jobs() if job["state"] == "waiting"] == [2 * LIMIT] * 2


def test_what_another_store_gets_done_blames_nobody(driver: Driver, world: World) -> None:
    order = driver.place()
    driver.poll()
    _break(driver, order["id"])
    driver.hurry()
    Driver(world, driver.runtime).imported()
    for _ in range(2 * LIMIT):
        driver.poll()  # its answer keeps the breaker closed
        driver.hurry()
    assert driver.parked() == []


def _fails_alone(driver: Driver) -> Document:
    """An order whose import has failed once, and a later one that was imported."""
    order = driver.place()
    driver.poll()
    _break(driver, order["id"])
    driver.run()
    driver.imported()
    return order


def _break(driver: Driver, *orders: str) -> None:
    """From now on the shop answers for these orders with an error of its own, and nothing is kept of them."""
    driver.forget_documents()
    driver.world.epages.set_faults(driver.store, faults=[{"kind": "500", "path": f"orders/{id_}"} for id_ in orders])
