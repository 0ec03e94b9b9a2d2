"""What `connector status` and `connector doctor` say and end with when something is wrong."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.fernet import Fernet

from jobs.runtime import Runtime
from local.servers.services import Services
from simulators.epages.hosting.tokens import ALL_SCOPES
from tasks.broker.queues import QUEUE_NAMES
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver, quiet_runtime
from tests.support.connector.world import World


@pytest.fixture
def world(fresh_services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(fresh_services, tmp_path_factory.mktemp("world"), POLL_INTERVAL="30") as started:
        yield started


@pytest.fixture
def runtime(world: World) -> Iterator[Runtime]:
    yield from quiet_runtime(world)


def test_status_ends_with_0_while_all_is_well_and_with_1_once_a_job_is_parked(
    driver: Driver, connector: Commands
) -> None:
    driver.imported()
    _work(driver)
    assert connector("status").exit_code == 0
    assert _checks(connector)["jobs"] == (True, "nothing is parked")
    driver.world.epages.place_malformed(driver.store, "text-amount")
    driver.poll()
    assert connector("status").exit_code == 1
    ok, text = _checks(connector)["jobs"]
    assert (ok, text) == (False, "1 job is parked (1 malformed-document); see: connector status")


def test_status_ends_with_1_and_names_the_queue_that_nobody_consumes(driver: Driver, connector: Commands) -> None:
    driver.poll()
    _work(driver, without="poll")
    result = connector("status")
    assert result.exit_code == 1
    assert "No worker consumes poll; start one as the Procfile says." in result.stdout
    as_json = connector("status", "--json")
    assert (as_json.exit_code, json.loads(as_json.stdout)["unconsumed"]) == (1, ["poll"])


@pytest.mark.parametrize("server", ["BROKER", "REDIS"])
def test_status_ends_with_1_when_a_server_does_not_answer(driver: Driver, connector: Commands, server: str) -> None:
    driver.poll()
    _work(driver)
    env = {f"CONNECTOR_{server}_URL": "redis://127.0.0.1:1/0"}
    result = connector("status", **env)
    assert result.exit_code == 1
    assert f"check CONNECTOR_{server}_URL. Jobs wait in the database meanwhile." in result.stdout
    as_json = connector("status", "--json", **env)
    assert as_json.exit_code == 1
    (said,) = json.loads(as_json.stdout)["silent"]
    assert f"CONNECTOR_{server}_URL" in said


def test_doctor_says_which_store_is_ill_and_which_is_stale(driver: Driver, connector: Commands) -> None:
    driver.poll()
    assert _checks(connector)["stores"] == (True, "1 store is read in time")
    driver.runtime.ledger.stores.blame(driver.store, "afosto", "does-not-answer", "Afosto is silent", 0)
    ok, text = _checks(connector)[f"store {driver.store}"]
    assert (ok, text) == (False, "unhealthy: Afosto is silent (does-not-answer)")
    driver.runtime.ledger.stores.heal(driver.store, ["afosto"])
    _poll_was_an_hour_ago(driver)
    ok, text = _checks(connector)[f"store {driver.store}"]
    assert not ok
    assert text.startswith("stale: last read 60 min ago")


def test_doctor_asks_the_redis_of_limiter_and_breaker(connector: Commands) -> None:
    assert _checks(connector)["redis"][0]
    ok, text = _checks(connector, CONNECTOR_REDIS_URL="redis://127.0.0.1:1/0")["redis"]
    assert not ok
    assert "CONNECTOR_REDIS_URL" in text


def test_doctor_names_the_stores_whose_secrets_no_key_fits(driver: Driver, connector: Commands) -> None:
    ok, text = _checks(connector, CONNECTOR_KEYS=Fernet.generate_key().decode())["secrets"]
    assert not ok
    assert text.startswith(f"those of {driver.store} fit none of CONNECTOR_KEYS")


def test_status_says_what_to_do_about_an_ill_store(driver: Driver, connector: Commands) -> None:
    driver.runtime.ledger.stores.blame(driver.store, "epages", "revoked-client", "the client was revoked", 0)
    told = connector("status").stdout
    assert f"then: connector store credentials {driver.store} --client-id ID" in told


def test_status_shows_the_flows_that_the_shop_does_not_permit(world: World, runtime: Runtime) -> None:
    driver = Driver(world, runtime, scopes=[scope for scope in ALL_SCOPES if scope != "clpr:c"])
    told = Commands(driver)("status").stdout
    assert f"{driver.store} lacks clpr:c (Stornierungsprozesse erstellen), so off: cancellations.export" in told
    assert f"connector store switch {driver.store} cancellations.export on" in told
    assert "so off: inventory.publish" not in told


def _work(driver: Driver, without: str | None = None) -> None:
    """Say that a worker lives that consumes every queue but one."""
    queues = [queue for queue in QUEUE_NAMES if queue != without]
    driver.runtime.ledger.dispatch_window.heartbeat("worker", "host", queues, 4)


def _checks(connector: Commands, **env: str) -> dict[str, tuple[bool, str]]:
    found: dict[str, Any] = json.loads(connector("doctor", "--json", **env).stdout)
    return {check["name"]: (check["ok"], check["text"]) for check in found["checks"]}


def _poll_was_an_hour_ago(driver: Driver) -> None:
    driver.runtime.ledger.database.transaction(
        lambda s: s.execute("update cursors set polled_at = now() - interval '1 hour'")
    )
