"""A Redis that runs but refuses is an outage: no process ends because of it, and all work goes on afterwards."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from local.servers.services import Services
from tests.support.connector.world import JOB_QUEUES, World, wait_for
from tests.support.servers.redis_refusals import REFUSALS, Refusal, another_client, steady_client

pytestmark = pytest.mark.faults

# Seconds of a refusal: long enough for every worker, beat and the gateway to run into it.
LASTS = 3.0


@pytest.fixture
def admin(redis_url: str) -> Iterator[Redis]:
    client = steady_client(redis_url)
    yield client
    client.close()


@pytest.mark.parametrize("refusal", REFUSALS, ids=[refusal.word for refusal in REFUSALS])
def test_processes_that_nobody_restarts_survive_a_refusal(
    refusal: Refusal, admin: Redis, fresh_services: Services, tmp_path: Path
) -> None:
    with World(fresh_services, tmp_path) as world:
        world.shop("steady")
        fleet = _fleet(world)
        world.epages.place("steady", paid=True)
        world.settle()
        refusal.begin(admin)
        try:
            world.epages.place("steady", paid=True)
            time.sleep(LASTS)
        finally:
            refusal.end(admin)
        world.epages.place("steady", paid=True)
        wait_for(lambda: not world.prove().differences and not world.open_jobs(), 60, "both sides to be equal")
        assert [process.args for process in fleet if process.poll() is not None] == []


def _fleet(world: World) -> list[subprocess.Popen[bytes]]:
    """Start a worker with each kind of pool, beat and a gateway."""
    return [
        world.worker(f"{JOB_QUEUES},poll,dispatch,reconcile", 6),
        world.worker(JOB_QUEUES, 2, pool="prefork"),
        world.beat(),
        world.gateway("steady"),
    ]


def test_every_refusal_is_one_of_this_server(admin: Redis) -> None:
    """A refusal that this version of Redis does not support would prove nothing."""
    for refusal in REFUSALS:
        refusal.begin(admin)
        try:
            assert _refuses(admin), refusal.word
        finally:
            refusal.end(admin)
        assert not _refuses(admin), refusal.word


def _refuses(admin: Redis) -> bool:
    with another_client(admin) as other:
        for _ in range(20):
            try:
                other.set("tests:refusal", "1", px=1000)
            except Exception:  # noqa: BLE001 - each refusal has a class of its own
                return True
            time.sleep(0.01)
        return False
