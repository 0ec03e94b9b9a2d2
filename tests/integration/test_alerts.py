"""What `connector status` and `connector doctor` say and end with when something is wrong."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tasks.runtime import Runtime
from tests.commands import Commands
from tests.driver import Driver, quiet_runtime
from tests.world import World
from workers.local.services import Services


@pytest.fixture
def world(fresh_services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(fresh_services, tmp_path_factory.mktemp("world"), POLL_INTERVAL="30") as started:
        yield started


@pytest.fixture
def runtime(world: World) -> Iterator[Runtime]:
    yield from quiet_runtime(world)


@pytest.fixture
def driver(world: World, runtime: Runtime) -> Driver:
    return Driver(world, runtime)


@pytest.fixture
def connector(driver: Driver) -> Commands:
    return Commands(driver)


def test_status_ends_with_0_while_all_is_well_and_with_1_once_a_job_is_parked(
    driver: Driver, connector: Commands
) -> None:
    driver.imported()
    assert connector("status").exit_code == 0
    assert _checks(connector)["jobs"] == (True, "nothing is parked")
    driver.world.epages.place_malformed(driver.store, "text-amount")
    driver.poll()
    assert connector("status").exit_code == 1
    ok, text = _checks(connector)["jobs"]
    assert (ok, text) == (False, "1 job is parked (1 malformed-document); see: connector status")


def test_doctor_says_which_store_is_ill_and_which_is_stale(driver: Driver, connector: Commands) -> None:
    driver.poll()
    assert _checks(connector)["stores"] == (True, "1 store is read in time")
    driver.runtime.ledger.stores.blame(driver.store, "afosto", "does-not-answer", "Afosto is silent", 0)
    ok, text = _checks(connector)[f"store {driver.store}"]
    assert (ok, text) == (False, "ill: Afosto is silent (does-not-answer)")
    driver.runtime.ledger.stores.heal(driver.store, ["afosto"])
    _poll_was_an_hour_ago(driver)
    ok, text = _checks(connector)[f"store {driver.store}"]
    assert not ok
    assert text.startswith("stale: last read 60 min ago")


def _checks(connector: Commands) -> dict[str, tuple[bool, str]]:
    found: dict[str, Any] = json.loads(connector("doctor", "--json").stdout)
    return {check["name"]: (check["ok"], check["text"]) for check in found["checks"]}


def _poll_was_an_hour_ago(driver: Driver) -> None:
    driver.runtime.ledger.database.transaction(
        lambda s: s.execute("update cursors set polled_at = now() - interval '1 hour'")
    )
