"""Remote control: a worker answers what is asked, and changes itself only if a setting allows that."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from celery import Celery

from jobs.dispatch_window import WORKER_ALIVE_SECONDS
from local.servers.services import Services
from tests.support.connector.world import World, wait_for

QUEUE = "reconcile"
SOON = 30.0  # seconds, on a busy machine


# Workers of two worlds would hear each other's commands.
@pytest.fixture
def reading(fresh_services: Services, tmp_path: Path) -> Iterator[World]:
    with World(fresh_services, tmp_path, REMOTE_CONTROL="read") as world:
        world.worker(QUEUE, 2)
        yield world


@pytest.fixture
def full(fresh_services: Services, tmp_path: Path) -> Iterator[World]:
    with World(fresh_services, tmp_path, REMOTE_CONTROL="full") as world:
        world.worker(QUEUE, 2)
        yield world


def test_a_worker_that_may_be_asked_says_what_it_does_and_no_secret(reading: World) -> None:
    with _control(reading) as control:
        (answer,) = _answers(control, "stats")
        assert answer["pool"]["max-concurrency"] == 2
        told = str([_answers(control, question) for question in ("stats", "conf", "active", "active_queues")])
    password = reading.settings.broker_url.split("@")[0].rsplit(":", 1)[1]
    assert len(password) > 8
    assert password not in told


def test_nobody_can_stop_or_change_a_worker(reading: World) -> None:
    with _control(reading) as control:
        _answers(control, "ping")
        for command in ("shutdown", "pool_grow", "cancel_consumer", "rate_limit", "revoke", "hello", "disable_events"):
            control.broadcast(command, arguments={})
        (answer,) = _answers(control, "stats")
        assert answer["pool"]["max-concurrency"] == 2
        assert [queue["name"] for queue in _answers(control, "active_queues")[0]] == [QUEUE]
    assert reading.workers[0].poll() is None


def test_a_message_to_all_workers_that_nobody_can_read_ends_no_worker(reading: World) -> None:
    with _control(reading) as control:
        _answers(control, "ping")
        for message in ("[]", "{}", '{"body": 1, "properties": {}}', "no JSON", '"text"', '{"body": "e30="}'):
            assert reading.redis.publish("/0.celery.pidbox", message) == 1
            _answers(control, "ping")
    assert reading.workers[0].poll() is None


def test_if_a_setting_allows_it_a_pool_grows_and_shrinks_and_dispatch_is_told(full: World) -> None:
    with _control(full) as control:
        _answers(control, "ping")
        control.pool_grow(3)
        wait_for(lambda: _slots(full) == 5, SOON, "the worker to report five slots")
        _does_tasks(full, control, 6)
        control.pool_shrink(4)
        wait_for(lambda: _slots(full) == 1, SOON, "the worker to report one slot")
        _does_tasks(full, control, 3)


def test_if_a_setting_allows_it_a_worker_is_shut_down_and_signs_off(full: World) -> None:
    with _control(full) as control:
        _answers(control, "ping")
        control.shutdown()
        wait_for(lambda: full.workers[0].poll() is not None, SOON, "the worker to end")
    assert full.workers[0].returncode == 0
    assert _slots(full) == 0


def test_by_default_a_worker_is_subscribed_to_nothing(fresh_services: Services, tmp_path: Path) -> None:
    with World(fresh_services, tmp_path) as world, _control(world) as control:
        world.worker(QUEUE, 2)
        _does_tasks(world, control, 1)
        assert world.redis.pubsub_numpat() == 0


@contextmanager
def _control(world: World) -> Iterator[Any]:
    with Celery(broker=world.settings.broker_url, set_as_current=False) as app:
        yield app.control


def _answers(control: Any, question: str) -> list[Any]:
    """Ask all workers until one has answered."""
    found: dict[str, Any] = {}

    def answered() -> bool:
        found.update(getattr(control.inspect(timeout=2), question)() or {})
        return bool(found)

    wait_for(answered, SOON, f"an answer to {question}")
    return list(found.values())


def _slots(world: World) -> int:
    return world.ledger.dispatch_window.slots(WORKER_ALIVE_SECONDS).get(QUEUE, 0)


def _does_tasks(world: World, control: Any, count: int) -> None:
    for _ in range(count):
        control.app.send_task("reconcile.prune", queue=QUEUE)
    wait_for(lambda: world.redis.llen(QUEUE) + world.redis.hlen("unacked") == 0, SOON, "the worker to do all tasks")
