"""A backlog has numbers, per queue and store: due jobs, the age of the oldest, done a minute, and when it is done."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import pytest

from jobs.runtime import Runtime
from ledger.jobs.lag import FlowLag
from ledger.records import Job, Settlement
from ledger.status import Status
from local.servers.services import Services
from schemas.messages import PollMessage
from sync.discovery.poll_shop import poll
from tasks.broker.queues import QUEUE_NAMES
from tasks.dispatch import dispatch
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver, quiet_runtime
from tests.support.connector.world import World, wait_for

PAST_ORDERS = 3000
# More than a worker has begun at once.
STEP = 10
# On a busy machine no lease ends, and no call is given up.
UNHURRIED = {
    "POLL_INTERVAL": "300",
    "DISPATCH_INTERVAL": "1",
    "LEASE": "20",
    "LEASE_RENEWAL": "5",
    "CALL_DEADLINE": "10",
    "LONGEST_JOB": "60",
    "AMBIGUITY_WAIT": "60",
    "RESEND_AFTER": "60",
}


@pytest.fixture
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **UNHURRIED) as started:
        yield started


@pytest.fixture
def runtime(world: World) -> Iterator[Runtime]:
    yield from quiet_runtime(world)


@pytest.mark.timeout(600)
def test_3000_past_orders_of_a_store_show_a_falling_backlog_with_an_estimate(world: World, runtime: Runtime) -> None:
    now = datetime.now(UTC)
    driver = Driver(world, runtime, since=now - timedelta(days=60))
    since, until = now - timedelta(days=50), now - timedelta(days=1)
    world.epages.place_many(driver.store, PAST_ORDERS, since.isoformat(), until.isoformat())
    _read_the_past(driver)
    connector = Commands(driver)
    before = _lag(connector)
    assert before["due"] > 0.9 * PAST_ORDERS
    assert (before["done_per_minute"], before["seconds_left"]) == (0, None)
    assert "nothing of it gets done" in connector("doctor").stdout

    world.worker("orders,dispatch", 4)
    world.beat()
    falling = _once(connector, lambda lag: lag["due"] < before["due"] - STEP and lag["done_per_minute"] > 0)
    assert falling["seconds_left"] == pytest.approx(60 * falling["due"] / falling["done_per_minute"], rel=0.1)
    later = _once(connector, lambda lag: lag["due"] < falling["due"] - STEP)
    assert later["seconds_left"] is not None
    told = connector("status").stdout
    assert "DUE" in told
    assert "DONE A MINUTE" in told
    assert json.loads(connector("status", "--json").stdout)["stores"][0]["lag"]["due"] > 0
    assert "orders: " in _check(connector)[1]


def test_news_that_waits_for_ten_minutes_is_an_alarm_and_past_orders_are_none(world: World, runtime: Runtime) -> None:
    driver = Driver(world, runtime)
    connector = Commands(driver)
    driver.poll()
    driver.runtime.ledger.jobs.request_run(driver.store, "import", "orders", "order", lane=2)
    _tell(driver, "update jobs set due_at = now() - interval '11 minutes' where store = %s")
    _work(runtime)
    assert connector("status").exit_code == 0
    assert _check(connector)[0]
    _tell(driver, "update jobs set lane = 1 where store = %s")
    _work(runtime)
    result = connector("status")
    assert (result.exit_code, "behind" in result.stdout) == (1, True)
    ok, text = _check(connector)
    assert (ok, "orders: 1 job due for up to 11 min, 0 done a minute" in text) == (False, True)
    assert "behind: 1 job due for up to 11 min" in connector("doctor").stdout


def test_only_what_may_run_now_lags_and_what_is_done_counts_as_speed(world: World, runtime: Runtime) -> None:
    driver = Driver(world, runtime)
    jobs = runtime.ledger.jobs
    for order in ("due", "sent", "later", "begun", "done"):
        jobs.request_run(driver.store, "import", "orders", order, lane=1)
    _tell(driver, "update jobs set state = 'queued', queued_at = now() where store = %s and subject = 'sent'")
    _tell(driver, "update jobs set due_at = now() + interval '1 hour' where store = %s and subject = 'later'")
    _claimed(runtime, driver, "begun")
    jobs.settle(
        _claimed(runtime, driver, "done"),
        "me",
        Settlement("done", "done", "imported"),
        steps=[],
        seconds=0.1,
        requests=1,
    )
    (found,) = _lags(runtime, driver)
    assert (found.flow, found.lag.due, found.lag.done) == ("orders", 2, 1)
    assert found.lag.oldest == found.lag.urgent == pytest.approx(0, abs=60)


@pytest.mark.parametrize(
    "held",
    [
        "update stores set paused_at = now() where name = %s",
        "update store_flows set enabled = false where flow = 'orders' and store = %s",
        "update store_flows set stopped_reason = 'drift' where flow = 'orders' and store = %s",
    ],
)
def test_what_a_person_holds_back_lags_behind_nothing(world: World, runtime: Runtime, held: LiteralString) -> None:
    driver = Driver(world, runtime)
    runtime.ledger.jobs.request_run(driver.store, "import", "orders", "order", lane=1)
    assert len(_lags(runtime, driver)) == 1
    _tell(driver, held)
    assert _lags(runtime, driver) == []


def _claimed(runtime: Runtime, driver: Driver, order: str) -> Job:
    claimed = runtime.ledger.jobs.claim(driver.store, "import", "orders", order, holder="me", lease=60)
    assert claimed
    return claimed[0]


def _read_the_past(driver: Driver) -> None:
    def all_read() -> bool:
        # Nobody carries the message by which a poll goes on.
        driver.lose_leases()
        poll(driver.runtime, PollMessage(driver.store, "history"))
        return all(seller.read for seller in driver.runtime.ledger.stock.sharing_stores(driver.store, []))

    wait_for(all_read, 120, "the past orders to be read")


def _lags(runtime: Runtime, driver: Driver) -> list[FlowLag]:
    return [each for each in Status(runtime.ledger.database).lag() if each.store == driver.store]


def _lag(connector: Commands) -> dict[str, Any]:
    """The backlog of the queue orders."""
    found: dict[str, Any] = json.loads(connector("status", "--json").stdout)["lag"]["orders"]
    return found


def _once(connector: Commands, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The backlog of the queue orders as soon as something holds of it."""
    seen: list[dict[str, Any]] = []

    def looked() -> bool:
        seen.append(_lag(connector))
        return holds(seen[-1])

    wait_for(looked, 180, "the backlog to fall", lambda: str(seen[-3:]))
    return seen[-1]


def _check(connector: Commands) -> tuple[bool, str]:
    checks = json.loads(connector("doctor", "--json").stdout)["checks"]
    return next((check["ok"], check["text"]) for check in checks if check["name"] == "lag")


def _work(runtime: Runtime) -> None:
    """Say that a worker lives that consumes every queue, and let dispatch run while nothing is sent."""
    runtime.ledger.dispatch_window.heartbeat("worker", "host", list(QUEUE_NAMES), 4)
    dispatch(runtime)


def _tell(driver: Driver, statement: LiteralString) -> None:
    driver.runtime.ledger.database.transaction(lambda session: session.execute(statement, (driver.store,)))
