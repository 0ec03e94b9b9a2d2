"""A fleet on three nodes of RabbitMQ goes on when the node that it is connected to is killed."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.setup.rabbitmq import PROGRAMS
from local.servers.services import Services
from tests.hosts.support.network import network, why_not
from tests.hosts.support.rabbitmq_cluster import address_of, rabbitmq_cluster, version
from tests.hosts.support.work_done import FAST_SCANS, seconds_until_it_works, settle_with_scans
from tests.support.connector.world import JOB_QUEUES, TENANT, World

_WHY_NOT = why_not() or ("" if (PROGRAMS / "rabbitmq-server").exists() else "rabbitmq-server is not installed")
# With 3.10, 3 of 17 runs ended with jobs that no worker was given, one of them although each message was confirmed.
# With 4.0 and 4.3 none did.
_DELIVERS_AFTER_A_KILL = (4, 0)
pytestmark = [pytest.mark.faults, pytest.mark.skipif(bool(_WHY_NOT), reason=_WHY_NOT)]


def test_a_node_of_three_is_killed_and_nothing_is_lost_or_doubled(fresh_services: Services, tmp_path: Path) -> None:
    if version() < _DELIVERS_AFTER_A_KILL:
        pytest.skip("after a node was killed, RabbitMQ 3.10 sometimes delivers nothing more from a queue")
    with (
        network() as net,
        rabbitmq_cluster(net, tmp_path / "rabbitmq") as nodes,
        World(replace(fresh_services, broker_url=address_of(nodes)), tmp_path, **FAST_SCANS) as world,
    ):
        world.shop("steady")
        world.beat()
        world.worker("poll,dispatch,reconcile", 3)
        worker = world.worker(JOB_QUEUES)
        world.epages.trade("steady", rate=4, fulfills=0.5)
        world.afosto.trade(TENANT, 0, share=0.5)
        seconds_until_it_works(world, worker, "the fleet to work")
        assert nodes[1].replicas("orders") == len(nodes)
        nodes[0].kill()
        print(f"works again after {seconds_until_it_works(world, worker, 'a node less', 90):.1f} s")
        world.epages.stop_trading("steady")
        world.afosto.stop_trading(TENANT)
        settle_with_scans(world, 60)
        assert world.prove().differences == []
        assert world.parked() == []
