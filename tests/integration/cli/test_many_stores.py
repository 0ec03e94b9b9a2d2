"""What `connector status` and `connector doctor` say of 300 stores: each kind once, on one screen."""

import json
from collections.abc import Iterator

import pytest

from clients.scopes import missing_scopes
from jobs.runtime import Runtime
from local.servers.services import Services
from schemas.flows import SWITCHES
from simulators.epages.hosting.tokens import ALL_SCOPES, GUIDE_SCOPES
from tasks.broker.queues import QUEUE_NAMES
from tasks.dispatch import dispatch
from tests.support.connector.commands import Commands
from tests.support.connector.driver import quiet_runtime
from tests.support.connector.stock_world import StockWorld
from tests.support.connector.world import World
from tests.support.ledger.rows import store_values

STORES = [f"shop-{number:03}" for number in range(300)]
MOST_LINES = 60
WHO = "300 stores (shop-000, shop-001, shop-002, …)"


@pytest.fixture
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), POLL_INTERVAL="600", DISPATCH_INTERVAL="2") as started:
        yield started


@pytest.fixture
def runtime(world: World) -> Iterator[Runtime]:
    yield from quiet_runtime(world)


def test_300_stores_of_the_guide_alarm_nobody_and_are_told_of_on_one_screen(world: World, runtime: Runtime) -> None:
    for store in _connected(world, GUIDE_SCOPES, runtime):
        store.watch()
        store.publish()
    connector = Commands(StockWorld(world, runtime, STORES[0]))
    for command in ("status", "doctor"):
        _work(runtime)
        result = connector(command)
        assert result.exit_code == 0, result.output
        assert len(result.stdout.splitlines()) <= MOST_LINES
    told = connector("status").stdout
    assert f"{WHO} lack rtpr:c (Rücksendeprozesse erstellen), so off: broken.export, returns.export" in told
    assert f"{WHO} publish no stock" in told
    assert len(json.loads(connector("status", "--json").stdout)["stores"]) == len(STORES)
    none = connector("status", "--state", "unhealthy").stdout
    assert "none is unhealthy" in none
    assert "connect one with" not in none


def test_what_is_wrong_with_300_stores_is_told_once(world: World, runtime: Runtime) -> None:
    for store in _connected(world, ALL_SCOPES, runtime):
        world.ledger.stores.blame(store.store, "afosto", "does-not-answer", f"no answer for {store.store}", 60)
        world.ledger.jobs.request_run(store.store, "import", "orders", "order", lane=1)
    world.ledger.database.transaction(
        lambda s: s.execute("update jobs set state = 'parked', reason = 'drift', message = 'why', resolution = 'what'")
    )
    connector = Commands(StockWorld(world, runtime, STORES[0]))
    _work(runtime)
    doctor, status = connector("doctor"), connector("status")
    assert (doctor.exit_code, status.exit_code) == (1, 1)
    assert max(len(told.stdout.splitlines()) for told in (doctor, status)) <= MOST_LINES
    assert "300 stores: 300 unhealthy" in status.stdout
    assert status.stdout.count("no answer for") == doctor.stdout.count("no answer for") == 1
    assert f"300   {WHO}  orders.import  drift" in status.stdout


def _connected(world: World, scopes: list[str], runtime: Runtime) -> list[StockWorld]:
    """300 stores as `connector store add` keeps them."""
    flows = {flow: not missing_scopes(flow, scopes) for flow in SWITCHES}
    for name in STORES:
        world.ledger.stores.add({**store_values(name), "scopes": scopes}, flows, 60.0)
    return [StockWorld(world, runtime, name) for name in STORES]


def _work(runtime: Runtime) -> None:
    """Say that a worker lives that consumes every queue, and let dispatch run."""
    runtime.ledger.dispatch_window.heartbeat("worker", "host", list(QUEUE_NAMES), 4)
    dispatch(runtime)
