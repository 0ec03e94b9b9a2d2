"""Redis dies while a worker runs as many jobs as it can: the worker must consume again afterwards."""

import time
from pathlib import Path

import pytest

from tests.chaos.servers import Servers
from tests.support.connector.world import TENANT, World, wait_for

pytestmark = pytest.mark.faults

ACKNOWLEDGMENT_FAILED = 3.0  # seconds after which the acknowledgment has finally failed
SLOW = 2.0  # seconds per answer of Afosto: long enough for Redis to die meanwhile


def test_a_fully_busy_worker_consumes_again_after_redis_was_killed(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    with Servers(tmp_path) as servers, World(servers.services, tmp_path) as world:
        world.shop("full")
        world.worker("orders", 1)
        world.worker("poll,dispatch", 4)
        world.beat()
        world.afosto.set_faults(TENANT, {"kind": "latency", "seconds": SLOW})
        world.epages.place("full", paid=True)
        wait_for(lambda: _running_jobs(world) == 1, 20, "the only thread to be busy")
        servers.redis.kill()
        wait_for(lambda: _running_jobs(world) == 0, 20, "the thread to finish its job")
        time.sleep(ACKNOWLEDGMENT_FAILED)
        servers.redis.restart()
        world.afosto.set_faults(TENANT)
        world.settle(30)
        assert world.prove().differences == []


def _running_jobs(world: World) -> int:
    return len(world.ledger.jobs.search(state="running"))
