"""Connections to the broker that went silent: nothing answers on them, and nothing says that they are lost.

A firewall or a proxy that forgot its table does that. Each process of a fleet must notice it by itself.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.setup.rabbitmq import rabbitmq
from local.servers.services import Services
from tests.support.connector.world import JOB_QUEUES, World, wait_for
from tests.support.servers.relay import Relay

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]

# Seconds, on a busy machine: two heartbeats of 10 s, or two limits of 10 s for an answer, and the work itself.
SOON = 90.0


@pytest.mark.parametrize("kind", ["redis", "rabbitmq"])
def test_a_fleet_whose_connections_went_silent_makes_new_ones(
    kind: str, fresh_services: Services, tmp_path: Path
) -> None:
    with (
        Relay() as relay,
        _broker(kind, fresh_services, tmp_path) as url,
        World(replace(fresh_services, broker_url=relay.to(url)), tmp_path) as world,
    ):
        world.shop("steady")
        fleet = [
            world.worker("poll,dispatch,reconcile", 3),
            world.worker(JOB_QUEUES, 4),
            world.worker(JOB_QUEUES, 2, pool="prefork"),
            world.beat(),
            world.gateway("steady"),
        ]
        world.epages.place("steady", paid=True)
        world.settle()
        relay.forget()
        world.epages.place("steady", paid=True)
        wait_for(lambda: not world.prove().differences and not world.open_jobs(), SOON, "both sides to be equal")
        assert world.prove().counts["opened"] == 2
        assert [process.args for process in fleet if process.poll() is not None] == []


@contextmanager
def _broker(kind: str, services: Services, folder: Path) -> Iterator[str]:
    """Yield the address of the broker without the relay."""
    if kind == "redis":
        yield services.broker_url
        return
    with ExitStack() as stack:
        try:
            url, _ = stack.enter_context(rabbitmq(folder))
        except SystemExit as error:
            pytest.skip(str(error))
        yield url
