"""What a person does about a store and its jobs on the command line, and what comes of it."""

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


def test_accepting_other_totals_runs_the_orders_held_for_them(driver: Driver, connector: Commands) -> None:
    order = driver.place()
    driver.poll()
    _park(driver, "totals-differ")
    result = connector("store", "resume", driver.store, "--totals", "accept")
    assert "1 job parked for totals-differ will run again" in result.stdout
    driver.run()
    assert driver.afosto(order)["status"] != "CONCEPT"


def _park(driver: Driver, reason: str) -> None:
    """Leave the store's imports of orders as a run does that needs a person."""
    driver.runtime.ledger.database.transaction(
        lambda s: s.execute(
            "update jobs set state = 'parked', reason = %s, message = 'it needs a person' "
            "where store = %s and flow = 'orders'",
            (reason, driver.store),
        )
    )
