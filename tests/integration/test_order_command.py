"""What a person is told of an order and its jobs."""

from collections.abc import Iterator

import pytest

from tasks.runtime import Runtime
from tests.commands import Commands
from tests.driver import Driver, quiet_runtime
from tests.world import World
from workers.local.services import Services


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), AMBIGUITY_WAIT="2") as started:
        yield started


@pytest.fixture(scope="module")
def runtime(world: World) -> Iterator[Runtime]:
    yield from quiet_runtime(world)


@pytest.fixture
def driver(world: World, runtime: Runtime) -> Driver:
    return Driver(world, runtime)


@pytest.fixture
def connector(driver: Driver) -> Commands:
    return Commands(driver)


@pytest.mark.parametrize("flow", ["looks", "shipments"])
def test_a_job_for_an_order_s_number_is_parked_and_names_the_id(driver: Driver, connector: Commands, flow: str) -> None:
    order, _ = driver.imported()
    driver.runtime.ledger.jobs.hint(driver.store, "export", flow, order["number"], lane=0)
    driver.run()
    assert driver.parked() == ["unknown-order"]
    told = connector("jobs", "list", "--store", driver.store, "--state", "parked").stdout
    assert f"{driver.store} has no order with the id {order['number']}" in told
    assert order["id"] in told


def test_a_look_at_an_order_that_nobody_has_read_says_so(driver: Driver) -> None:
    driver.look({"id": "nobody-knows-it"})
    assert driver.run() == [
        f"no order of {driver.store} with the id nobody-knows-it was read yet; orders.import asks the shop for it"
    ]
