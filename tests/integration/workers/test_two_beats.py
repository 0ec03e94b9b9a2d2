"""Two beats do no harm, and one goes on when the other is lost. Kubernetes runs two."""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from socket import gethostname

import pytest

from local.servers.services import Services
from tests.support.connector.world import World, wait_for

ORDERS = 10
INTERVAL = 1.0
SECONDS = 8.0


@pytest.fixture
def world(fresh_services: Services, tmp_path: Path) -> Iterator[World]:
    with World(fresh_services, tmp_path, DISPATCH_INTERVAL=f"{INTERVAL:g}") as started:
        yield started


def test_dispatch_runs_no_more_often_than_it_may_and_goes_on_when_a_beat_is_killed(world: World) -> None:
    world.shop("twice")
    world.worker("orders,poll,dispatch,reconcile,exports,cancellations,shipments,returns,inventory", 4)
    beats = [world.beat(), world.beat()]
    wait_for(lambda: len(world.ledger.beats.of_host(gethostname())) == 2, 60, "both beats to report")
    ran = _dispatches(world, SECONDS)
    # A tick that follows another one by less than half an interval is left out.
    assert 1 <= len(ran) <= 2 * SECONDS / INTERVAL + 2
    beats[0].kill()
    for _ in range(ORDERS):
        world.epages.place("twice", paid=True)
    world.settle(60)
    report = world.prove()
    assert report.differences == []
    assert report.counts["orders"] + report.counts["test orders"] == ORDERS
    assert _dispatches(world, 2 * INTERVAL)


def _dispatches(world: World, seconds: float) -> set[datetime]:
    """Return the times at which dispatch ran within the next seconds."""
    ends, seen = time.monotonic() + seconds, set()
    while time.monotonic() < ends:
        rows = world.ledger.database.transaction(
            lambda session: session.execute("select ran_at from dispatches").fetchall()
        )
        seen |= {row["ran_at"] for row in rows}
        time.sleep(0.1)
    return seen
