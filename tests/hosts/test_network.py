"""A host that loses its way to Redis, to Postgres or to the vendors, and finds it again."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from subprocess import Popen

import pytest

from tests.hosts.network import KINDS, NetworkHost, network, why_not
from tests.hosts.servers import open_services
from tests.hosts.work import runs, seconds_until_it_works
from tests.world import JOB_QUEUES, TENANT, World

_WHY_NOT = why_not()
pytestmark = [pytest.mark.faults, pytest.mark.skipif(bool(_WHY_NOT), reason=_WHY_NOT)]

CUT = 6.0  # seconds: beyond lease and ambiguity wait, so that everything of the lost host is taken over meanwhile


@dataclass
class TwoHosts:
    """A world whose work is shared by workers on two hosts."""

    world: World
    near: Popen[bytes]
    far: Popen[bytes]
    cables: NetworkHost


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoHosts]:
    folder = tmp_path_factory.mktemp("hosts")
    with (
        network() as net,
        open_services(folder, postgres=net.address("postgres"), redis=net.address("redis")) as services,
        World(services, folder, address=net.address("vendors")) as world,
    ):
        near, far = net.host(), net.host()
        world.worker("poll,dispatch,reconcile", 3)
        world.beat()
        yield TwoHosts(world, world.worker(JOB_QUEUES, host=near.runs), world.worker(JOB_QUEUES, host=far.runs), far)


@pytest.mark.parametrize("kind", KINDS)
def test_a_host_cut_off_and_joined_again_loses_nothing_doubles_nothing_and_works_again(
    hosts: TwoHosts, kind: str
) -> None:
    world, shop = hosts.world, f"cut-from-{kind}"
    world.shop(shop)
    world.afosto.set_faults(TENANT, {"kind": "latency", "seconds": 0.05})
    world.epages.trade(shop, rate=6, fulfils=0.5)
    world.afosto.trade(TENANT, 0, share=0.5)
    for worker in (hosts.near, hosts.far):
        seconds_until_it_works(world, worker, "both hosts to work")
    hosts.cables.cut(kind)
    alone = runs(world, hosts.near)
    time.sleep(CUT)
    assert runs(world, hosts.near) > alone, "the other host did nothing meanwhile"
    hosts.cables.join(kind)
    print(
        f"cut from {kind}: works again {seconds_until_it_works(world, hosts.far, 'the host to work again'):.1f} s later"
    )
    world.epages.stop_trading(shop)
    world.afosto.stop_trading(TENANT)
    world.sweep()
    world.settle(60)
    report = world.prove()
    assert report.differences == []
    assert world.parked() == []
    assert report.counts["opened"] > 0
