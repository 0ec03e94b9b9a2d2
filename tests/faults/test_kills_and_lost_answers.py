"""Real faults: processes are killed, Redis is emptied, answers are lost. Then both sides are compared."""

import random
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from local.servers.services import Services
from tests.support.connector.world import JOB_QUEUES, TENANT, World, wait_for

pytestmark = pytest.mark.faults

KILLS = 20
LOST_ANSWERS = [
    {"kind": "reset", "probability": 0.05},
    {"kind": "late", "probability": 0.03, "seconds": 1.5, "hold": 0.2},
    {"kind": "503", "probability": 0.03, "after_effect": True},
    {"kind": "truncate", "probability": 0.02},
]


def test_a_worker_killed_again_and_again_between_answer_and_settle_loses_nothing_and_doubles_nothing(
    services: Services, tmp_path: Path
) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    draw = random.Random(seed)
    with World(services, tmp_path) as world:
        world.shop("killed")
        world.afosto.set_faults(TENANT, {"kind": "latency", "seconds": 0.05})
        world.worker("poll,dispatch,reconcile", 3)
        world.beat()
        world.epages.trade("killed", rate=5)
        for _ in range(KILLS):
            opened = _created(world)
            victim = world.worker(JOB_QUEUES, 4)
            wait_for(
                partial(_more_than, world, opened),
                20,
                "the worker to be in the middle of an import",
            )
            time.sleep(draw.uniform(0.0, 0.4))
            victim.kill()
            victim.wait(30)
        world.epages.stop_trading("killed")
        world.worker(JOB_QUEUES, 4)
        world.sweep()
        world.settle(120)
        assert world.parked() == []
        report = world.prove()
        assert report.differences == []
        assert report.counts["opened"] > KILLS
        assert max(job["claims"] for job in world.ledger.jobs.search(limit=10_000)) > 1


def test_redis_emptied_during_a_run_costs_only_time(services: Services, tmp_path: Path) -> None:
    with World(services, tmp_path) as world:
        now = datetime.now(UTC)
        world.shop("emptied", since=now - timedelta(days=2))
        world.epages.place_many("emptied", 150, (now - timedelta(days=1)).isoformat(), now.isoformat(), lives=True)
        world.start()
        for _ in range(5):
            time.sleep(1.0)
            world.redis.flushall()
        world.settle(120)
        report = world.prove()
        assert report.differences == []
        assert report.counts["orders"] + report.counts["test orders"] == 150


def test_answers_that_are_lost_and_requests_that_take_effect_late_double_nothing(
    services: Services, tmp_path: Path
) -> None:
    with World(services, tmp_path) as world:
        now = datetime.now(UTC)
        world.shop("unsure", since=now - timedelta(days=2))
        world.epages.place_many("unsure", 60, (now - timedelta(days=1)).isoformat(), now.isoformat(), lives=True)
        world.afosto.set_faults(TENANT, *LOST_ANSWERS, seed=7)
        world.start()
        wait_for(lambda: _fired(world) >= 20, 60, "answers to be lost")
        world.afosto.set_faults(TENANT)
        world.settle(120)
        assert world.prove().differences == []


@pytest.mark.parametrize(
    ("switches", "seen_by"),
    [
        ({"list_order": "random", "equal_timestamps": True, "bounds": "exclusive"}, "polls"),
        ({"late_rows": 2.0, "bounds": "inclusive"}, "polls"),
        ({"no_bump": ["shippings", "returns", "cancelations"]}, "the sweep"),
    ],
    ids=["no order, equal time stamps", "rows visible late", "processes that do not bump updatedAt"],
)
def test_undocumented_behavior_of_the_vendor_hides_no_order(
    services: Services, tmp_path: Path, switches: dict[str, object], seen_by: str
) -> None:
    with World(services, tmp_path, POLL_PAGE_SIZE="25") as world:
        now = datetime.now(UTC)
        world.shop("odd", since=now - timedelta(days=2), switches=switches)
        world.epages.place_many("odd", 80, (now - timedelta(days=1)).isoformat(), now.isoformat(), lives=True)
        world.start()
        world.epages.trade("odd", rate=5, seconds=8)
        time.sleep(10)
        if seen_by == "the sweep":
            world.sweep()
        world.settle(120)
        assert world.prove().differences == []


def test_every_import_run_twice_has_no_second_effect(services: Services, tmp_path: Path) -> None:
    with World(services, tmp_path) as world:
        now = datetime.now(UTC)
        world.shop("twice", since=now - timedelta(days=2))
        world.epages.place_many("twice", 40, (now - timedelta(days=1)).isoformat(), now.isoformat(), lives=True)
        world.start()
        world.settle()
        before = len(world.afosto.causes(TENANT))
        assert len(world.ledger.jobs.retry(store="twice")) > 40
        world.settle()
        assert world.prove().differences == []
        assert len(world.afosto.causes(TENANT)) == before


def _created(world: World) -> int:
    return int(world.afosto.stats(TENANT)["requests"].get("createOrder", 0))


def _fired(world: World) -> int:
    return sum(world.afosto.stats(TENANT)["faults"].values())


def _more_than(world: World, before: int) -> bool:
    return _created(world) > before
