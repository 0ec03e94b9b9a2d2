"""An update host by host: older workers on the newer tables, and messages from either to the other."""

from pathlib import Path
from subprocess import Popen

import pytest

from tests.hosts.host import HERE, Host
from tests.hosts.older import older_host, why_not
from tests.hosts.work import done
from tests.world import JOB_QUEUES, TENANT, World, wait_for
from workers.local.services import Services

_WHY_NOT = why_not()
pytestmark = [pytest.mark.faults, pytest.mark.skipif(bool(_WHY_NOT), reason=_WHY_NOT)]


def test_workers_of_before_and_after_an_update_do_each_others_work(services: Services, tmp_path: Path) -> None:
    older = older_host(tmp_path / "older")
    with World(services, tmp_path, POLL_INTERVAL="1") as world:
        world.shop("updated")
        world.beat(older)
        front = world.worker("poll,dispatch,reconcile", 3, older)
        workers = [_takes_part(world, older), _takes_part(world, HERE)]
        _replace(front, world, HERE)
        for worker in workers:
            _serves(world, worker)
        wait_for(lambda: not world.open_jobs(), 30, "all jobs to settle", lambda: str(world.open_jobs()))
        world.settle(30)
        report = world.prove()
        print(f"{report.counts['opened']} orders, done by older and newer: {[done(world, each) for each in workers]}")
        assert report.differences == []
        assert world.parked() == []


def _takes_part(world: World, host: Host) -> Popen[bytes]:
    """Start a worker for all jobs, and wait until it serves what the world's dispatch sends."""
    worker = world.worker(JOB_QUEUES, 4, host)
    _serves(world, worker)
    return worker


def _serves(world: World, worker: Popen[bytes]) -> None:
    """Let orders come and go on both sides until a worker has done some more jobs."""
    before = done(world, worker)

    def trade() -> bool:
        order = world.epages.place("updated", paid=True, pickup=False, test=False, payment="PayPal")
        world.epages.act("updated", order["id"], "cancel", lines={order["lines"][0]["id"]: 1})
        _ship_some(world)
        return done(world, worker) > before + 5

    wait_for(trade, 40, "a worker to take part")


def _ship_some(world: World) -> None:
    """Let Afosto send one order that it has open and that nothing has left of."""
    for order in world.afosto.orders(TENANT):
        if order["status"] == "OPEN" and not order["parcels"]:
            if any(unit["progress"] == "OPEN" for unit in order["units"]):
                world.afosto.ship(TENANT, order["id"], code=f"code-{order['number']}")
                world.ledger.jobs.hint("updated", "export", "looks", order["reference"].partition("/")[2], lane=0)
            return


def _replace(front: Popen[bytes], world: World, host: Host) -> None:
    """Update the worker that polls and dispatches."""
    front.terminate()
    front.wait(30)
    world.worker("poll,dispatch,reconcile", 3, host)
