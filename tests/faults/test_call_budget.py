"""Ten thousand jobs with a budget of a hundred calls a minute: they wait, and waiting counts as no failure."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.servers.services import Services
from tests.support.connector.world import World, wait_for

pytestmark = pytest.mark.faults

JOBS = 10_000
BUDGET = {"calls": 100, "window": 60, "headers": True}
ENOUGH = 10  # orders imported, of about three in two seconds


def test_ten_thousand_jobs_against_a_hundred_calls_a_minute_wait_without_failing(
    services: Services, tmp_path: Path
) -> None:
    # Only the first poll runs here, so that the jobs get the rest of the budget.
    with World(services, tmp_path, POLL_INTERVAL="300") as world:
        world.shop("limited")
        _queue_history(world, "limited")
        world.epages.set_faults("limited", budget=BUDGET)
        world.start()
        wait_for(lambda: _done(world) >= ENOUGH, 60, "the reserved calls to be used at their time")
        refused = _answers(world, "limited", "429")
        jobs = world.ledger.jobs.search(store="limited", limit=2 * JOBS)
        claims = [job["claims"] for job in jobs]
        done = sum(job["state"] == "done" for job in jobs)
        print(f"{done} imported, {sum(claims)} claims, at most {max(claims)} of one job, {refused} refused")
        assert len(jobs) == JOBS
        assert world.parked() == []
        assert [job["order_key"] for job in jobs if job["failures"]] == []
        assert max(claims) <= 3
        assert refused <= 3
        assert _answers(world, "limited", "200") <= BUDGET["calls"]


def _queue_history(world: World, shop: str) -> None:
    """Place orders from before the shop's first poll, with a waiting job for each, as a first import creates them."""
    now = datetime.now(UTC)
    world.epages.place_many(shop, JOBS, (now - timedelta(days=2)).isoformat(), (now - timedelta(days=1)).isoformat())
    ids = [order["id"] for order in world.epages.orders(shop)]
    insert = """
        insert into jobs (store, direction, flow, subject, order_key, lane)
        select %s, 'import', 'orders', id, id, 2 from unnest(%s::text[]) as id
    """
    world.ledger.database.transaction(lambda session: session.execute(insert, (shop, ids)))


def _done(world: World) -> int:
    return len(world.ledger.jobs.search(store="limited", state="done", limit=JOBS))


def _answers(world: World, shop: str, status: str) -> int:
    rows = world.epages.stats(shop)["requests"]
    return sum(row["count"] for row in rows if str(row["status"]) == status)
