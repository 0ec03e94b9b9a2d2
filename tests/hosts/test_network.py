"""Hosts that lose their connection to Redis, Postgres or the vendors, and get it back."""

import time
from pathlib import Path

import pytest

from tests.hosts.support.host import Host
from tests.hosts.support.network import KINDS, network, why_not
from tests.hosts.support.servers import open_services
from tests.hosts.support.work_done import FAST_SCANS, done, seconds_until_it_works, settle_with_scans
from tests.support.connector.world import JOB_QUEUES, TENANT, World

_WHY_NOT = why_not()
pytestmark = [pytest.mark.faults, pytest.mark.skipif(bool(_WHY_NOT), reason=_WHY_NOT)]

CUT = 6.0  # seconds: longer than lease and ambiguity wait, so that others take over all jobs of the cut hosts


def test_hosts_cut_off_and_connected_again_lose_nothing_double_nothing_and_work_again(tmp_path: Path) -> None:
    with (
        network() as net,
        open_services(tmp_path, postgres=net.address("postgres"), redis=net.address("redis")) as services,
        World(services, tmp_path, Host(address=net.address("vendors")), **FAST_SCANS) as world,
    ):
        world.shop("cut")
        world.worker("poll,dispatch,reconcile", 3)
        world.beat()
        near = world.worker(JOB_QUEUES)
        hosts = {kind: net.host() for kind in KINDS}
        far = {kind: world.worker(JOB_QUEUES, 2, host.runs) for kind, host in hosts.items()}
        world.afosto.set_faults(TENANT, {"kind": "latency", "seconds": 0.05})
        world.epages.trade("cut", rate=6, fulfills=0.5)
        world.afosto.trade(TENANT, 0, share=0.5)
        for worker in far.values():
            seconds_until_it_works(world, worker, "every host to work")
        for kind, host in hosts.items():
            host.cut(kind)
        alone = done(world, near)
        time.sleep(CUT)
        assert done(world, near) > alone, "the host that was not cut off did nothing"
        for kind, host in hosts.items():
            host.join(kind)
        for kind, worker in far.items():
            print(f"cut from {kind}: works again after {seconds_until_it_works(world, worker, kind):.1f} s at most")
        world.epages.stop_trading("cut")
        world.afosto.stop_trading(TENANT)
        settle_with_scans(world, 60)
        report = world.prove()
        assert report.differences == []
        assert world.parked() == []
        print(f"{report.counts['opened']} orders")
