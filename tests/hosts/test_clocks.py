"""Different clocks, daylight saving time that ends or begins, a database clock that jumps, orders of one moment."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jobs.runtime import Runtime
from local.servers.services import Services
from schemas.errors import LeaseLost
from schemas.messages import PollMessage
from sync.discovery.poll_shop import poll
from tests.hosts.support.clocks import Clock, library, summer_time_begins, summer_time_ends
from tests.hosts.support.host import ROOT, Host
from tests.hosts.support.servers import open_services
from tests.hosts.support.work_done import FAST_SCANS, done, seconds_until_it_works, settle_with_scans
from tests.support.connector.driver import Driver, quiet_runtime
from tests.support.connector.world import JOB_QUEUES, TENANT, World, wait_for

pytestmark = pytest.mark.faults

ALL = f"{JOB_QUEUES},poll,dispatch,reconcile"
APART = 60.0  # seconds by which one worker's clock is ahead, and the other's behind
CLOCK_JUMP = 10.0  # seconds: five leases, and more than the ambiguity wait
CHANGE_IN = 9.0  # seconds until the hosts' clocks change to or from daylight saving time


@pytest.mark.skipif(library() is None, reason="libfaketime is not installed: apt-get install libfaketime")
def test_neither_different_clocks_nor_daylight_saving_time_nor_a_jump_of_the_database_clock_loses_or_doubles_anything(
    tmp_path: Path,
) -> None:
    database = Clock(tmp_path / "database.clock")
    change = datetime.now(UTC) + timedelta(seconds=CHANGE_IN)
    ahead = _host(tmp_path / "ahead.clock", APART, summer_time_ends(change))
    behind = _host(tmp_path / "behind.clock", -APART, summer_time_begins(change))
    env = {**os.environ, **database.env}
    with open_services(tmp_path, postgres_env=env) as services, World(services, tmp_path, **FAST_SCANS) as world:
        world.shop("clocks")
        workers = [world.worker(ALL, 6, ahead), world.worker(ALL, 6, behind)]
        world.beat(ahead)
        world.epages.trade("clocks", rate=5, fulfills=0.5)
        world.afosto.trade(TENANT, 0, share=0.5)
        for worker in workers:
            seconds_until_it_works(world, worker, "both workers to work")
        wait_for(lambda: datetime.now(UTC) > change + timedelta(seconds=1), 60, "the clock change to pass")
        database.set(CLOCK_JUMP)
        wait_for(lambda: abs(_ahead(world) - CLOCK_JUMP) < 2, 10, "the database's clock to jump")
        for worker in workers:
            seconds_until_it_works(world, worker, "both workers to work after the jump")
        database.set(0)
        wait_for(lambda: abs(_ahead(world)) < 2, 10, "the database's clock to jump back")
        for worker in workers:
            print(
                f"{seconds_until_it_works(world, worker, 'both to work again'):.1f} s "
                f"after a jump back by {CLOCK_JUMP:g} s"
            )
        world.epages.stop_trading("clocks")
        world.afosto.stop_trading(TENANT)
        # A scan that was planned while the database's clock was ahead is due that much later.
        settle_with_scans(world, 4 * CLOCK_JUMP)
        report = world.prove()
        print(f"{report.counts['opened']} orders, done by the two: {[done(world, worker) for worker in workers]}")
        assert report.differences == []
        assert world.parked() == []


def test_a_clock_that_was_put_back_does_not_stop_dispatch(driver: Driver) -> None:
    driver.world.ledger.database.transaction(
        lambda s: s.execute(
            "insert into dispatches (ran_at) values (now() + interval '1 hour') "
            "on conflict (single) do update set ran_at = excluded.ran_at"
        )
    )
    assert driver.runtime.ledger.dispatch_window.take_tick(0.5)
    assert not driver.runtime.ledger.dispatch_window.take_tick(0.5)


def test_a_lease_that_the_database_gave_to_another_is_forgotten_at_the_next_renewal(driver: Driver) -> None:
    leases = driver.runtime.leases
    order = driver.place()
    driver.poll()
    key = (driver.store, "import", "orders", order["id"])
    claimed = driver.runtime.ledger.jobs.claim(*key, holder=driver.runtime.holder, lease=60)
    assert claimed is not None
    job, _ = claimed
    leases.hold(job.id, time.monotonic() + 60)
    leases.renew()
    leases.require(job.id, 1)
    # Repeat, because the heartbeat may renew it in between.
    wait_for(lambda: _taken_back(driver, job.id), 20, "the job to be taken back")
    leases.renew()
    with pytest.raises(LeaseLost):
        leases.require(job.id, 1)
    leases.release(job.id)


def _taken_back(driver: Driver, job_id: int) -> bool:
    driver.world.ledger.database.transaction(
        lambda s: s.execute("update jobs set lease_until = now() - interval '1 second' where id = %s", (job_id,))
    )
    return job_id in [row["id"] for row in driver.runtime.ledger.jobs.reclaim_expired(100)]


@pytest.mark.parametrize("bounds", ["exclusive", "inclusive"])
def test_orders_of_one_moment_at_the_border_of_two_slices_are_all_found(
    world: World, runtime: Runtime, bounds: str
) -> None:
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=3)
    driver = Driver(world, runtime, since=begin, switches={"equal_timestamps": True, "bounds": bounds})
    # More orders of one second than a page holds, in adjacent seconds and apart.
    for seconds in (0, 1, 60):
        at = (begin + timedelta(seconds=seconds)).isoformat()
        world.epages.place_many(driver.store, 7, at, at)
    wait_for(lambda: _read(driver, "history"), 20, "the past to be read")
    orders = world.epages.orders(driver.store)
    assert len(orders) == 21
    assert {job["order_key"] for job in driver.jobs()} == {order["id"] for order in orders if not order["test"]}


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), POLL_PAGE_SIZE="5") as started:
        yield started


@pytest.fixture
def runtime(world: World) -> Iterator[Runtime]:
    yield from quiet_runtime(world)


def _host(file: Path, seconds: float, zone: str) -> Host:
    paths = os.pathsep.join((str(ROOT / "tests/hosts/support/skewed"), str(ROOT)))
    return Host(env={**Clock(file, seconds).env, "TZ": zone, "PYTHONPATH": paths})


def _ahead(world: World) -> float:
    (row,) = world.ledger.database.transaction(lambda s: s.execute("select now() as at").fetchall())
    return float((row["at"] - datetime.now(UTC)).total_seconds())


def _read(driver: Driver, cursor: str) -> bool:
    """Poll once more; return whether all of the cursor's time is read."""
    poll(driver.runtime, PollMessage(driver.store, cursor))
    cursors = driver.world.ledger.stores.overview(driver.store)["cursors"]
    return any(row["kind"] == cursor and row["next_poll_at"] is None for row in cursors)
