"""Redis dies while all that a worker can hold is in hand: the worker must not wait for ever for what it never hears."""

import time
from pathlib import Path

import pytest

from tests.chaos.servers import Servers
from tests.world import TENANT, World, wait_for

pytestmark = pytest.mark.faults

GIVEN_UP = 3.0  # seconds within which the acknowledgement has failed for good
SLOW = 2.0  # seconds of an answer of Afosto's: long enough for Redis to die within


def test_a_worker_with_full_hands_consumes_again_after_the_death_of_redis(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    with Servers(tmp_path) as servers, World(servers.services, tmp_path) as world:
        world.shop("full")
        world.worker("orders", 1)
        world.worker("poll,dispatch", 4)
        world.beat()
        world.afosto.set_faults(TENANT, {"kind": "latency", "seconds": SLOW})
        world.epages.place("full", paid=True)
        wait_for(lambda: _at_work(world) == 1, 20, "the only thread to be busy")
        servers.redis.kill()
        wait_for(lambda: _at_work(world) == 0, 20, "the thread to be done with it")
        time.sleep(GIVEN_UP)
        servers.redis.restart()
        world.afosto.set_faults(TENANT)
        world.settle(30)
        assert world.prove().differences == []


def _at_work(world: World) -> int:
    return len(world.ledger.jobs.search(state="running"))
