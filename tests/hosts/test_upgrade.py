"""An update host by host: older workers use the newer tables, and old and new workers exchange messages."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.hosts.host import THIS_HOST, Host
from tests.hosts.older import older_host, why_not
from tests.hosts.work import done
from tests.rows import store_values
from tests.world import JOB_QUEUES, TENANT, World, wait_for
from workers.local.services import Services

ORDER = "order"
_ORDER = "insert into orders (store, id, number, created_at) values ('shop', 'order', '10001', now())"
_WHY_NOT = why_not()
pytestmark = [pytest.mark.faults, pytest.mark.skipif(bool(_WHY_NOT), reason=_WHY_NOT)]


def test_workers_from_before_and_after_an_update_run_each_others_jobs(services: Services, tmp_path: Path) -> None:
    older = older_host(tmp_path / "older")
    with World(services, tmp_path, POLL_INTERVAL="1") as world:
        world.shop("updated")
        world.beat(older)
        dispatcher = world.worker("poll,dispatch,reconcile", 3, older)
        workers = [_started(world, older), _started(world, THIS_HOST)]
        _replace(dispatcher, world, THIS_HOST)
        for worker in workers:
            _wait_until_it_works(world, worker)
        wait_for(lambda: not world.open_jobs(), 30, "all jobs to settle", lambda: str(world.open_jobs()))
        world.settle(30)
        report = world.prove()
        print(f"{report.counts['opened']} orders, done by older and newer: {[done(world, each) for each in workers]}")
        assert report.differences == []
        assert world.parked() == []


def _started(world: World, host: Host) -> Popen[bytes]:
    """Start a worker for all jobs, and wait until it runs jobs that the world's dispatch sends."""
    worker = world.worker(JOB_QUEUES, 4, host)
    _wait_until_it_works(world, worker)
    return worker


def _wait_until_it_works(world: World, worker: Popen[bytes]) -> None:
    """Create and change orders on both sides until a worker has done some more jobs."""
    before = done(world, worker)

    def trade() -> bool:
        order = world.epages.place("updated", paid=True, pickup=False, test=False, payment="PayPal")
        world.epages.act("updated", order["id"], "cancel", lines={order["lines"][0]["id"]: 1})
        _ship_some(world)
        return done(world, worker) > before + 5

    wait_for(trade, 40, "a worker to take part")


def _ship_some(world: World) -> None:
    """Ship one open order in Afosto of which nothing was shipped yet."""
    for order in world.afosto.orders(TENANT):
        if order["status"] == "OPEN" and not order["parcels"]:
            if any(unit["progress"] == "OPEN" for unit in order["units"]):
                world.afosto.ship(TENANT, order["id"], code=f"code-{order['number']}")
                order_id = order["reference"].partition("/")[2]
                world.ledger.jobs.request_run("updated", "export", "looks", order_id, lane=0)
            return


def _replace(dispatcher: Popen[bytes], world: World, host: Host) -> None:
    """Update the worker that polls and dispatches."""
    dispatcher.terminate()
    dispatcher.wait(30)
    world.worker("poll,dispatch,reconcile", 3, host)


def _older(ledger: Ledger, stem: str, name: str, **values: Any) -> list[Row]:
    """Run a statement of the version before the columns were renamed."""

    def work(session: Session) -> list[Row]:
        cursor = session.execute(statements_before("0024_names", stem)[name], values)
        return cursor.fetchall() if cursor.description else []

    return ledger.database.transaction(work)
