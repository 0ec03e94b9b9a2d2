"""A worker loses the subscription by which remote control reaches it: it must consume and answer again."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from celery import Celery
from redis import Redis

from local.servers.services import Services
from tests.support.connector.world import TENANT, World, wait_for
from tests.support.servers.relay import Relay

pytestmark = pytest.mark.faults

CUT = 25.0  # seconds: kombu drops a subscription that left two checks unanswered; they are 10 s apart
SOON = 60.0  # seconds until a worker that noticed it works again, on a busy machine


def test_a_worker_whose_subscription_is_closed_works_on_and_still_answers(
    fresh_services: Services, tmp_path: Path
) -> None:
    with World(fresh_services, tmp_path, REMOTE_CONTROL="read") as world, _sender(world) as sender:
        world.worker("reconcile", 1)
        _require_that_it_works(world, sender)
        for _ in range(3):
            assert world.redis.client_kill_filter(_type="pubsub") == 1
            _require_that_it_works(world, sender)


def test_a_worker_whose_subscription_is_closed_while_it_works_lives_on(
    fresh_services: Services, tmp_path: Path
) -> None:
    with World(fresh_services, tmp_path, REMOTE_CONTROL="read") as world, _sender(world) as sender:
        world.shop("busy")
        worker = world.worker("orders,poll,dispatch,reconcile", 4)
        world.beat()
        world.afosto.set_faults(TENANT, {"kind": "latency", "seconds": 0.5})
        for _ in range(3):
            world.epages.place("busy", paid=True)
            wait_for(lambda: bool(world.ledger.jobs.search(state="running")), SOON, "a job to run")
            assert world.redis.client_kill_filter(_type="pubsub") == 1
            wait_for(lambda: len(sender.control.ping(timeout=2)) == 1, SOON, "the worker to answer")
        world.afosto.set_faults(TENANT)
        world.settle(SOON)
        assert worker.poll() is None


@pytest.mark.parametrize("silently", [True, False], ids=["silently", "with a reset"])
def test_a_worker_that_was_cut_off_works_again_and_still_answers(
    silently: bool, fresh_services: Services, tmp_path: Path
) -> None:
    with Relay() as relay:
        through = relay.to(fresh_services.broker_url)
        with (
            World(fresh_services, tmp_path, BROKER_URL=through, REMOTE_CONTROL="read") as world,
            _sender(world) as sender,
        ):
            world.worker("reconcile", 1)
            _require_that_it_works(world, sender)
            relay.cut(silently=silently)
            time.sleep(CUT)
            relay.reconnect()
            _require_that_it_works(world, sender)


def test_a_worker_whose_connections_went_silent_makes_new_ones(fresh_services: Services, tmp_path: Path) -> None:
    with Relay() as relay:
        through = relay.to(fresh_services.broker_url)
        with (
            World(fresh_services, tmp_path, BROKER_URL=through, REMOTE_CONTROL="read") as world,
            _sender(world) as sender,
        ):
            world.worker("reconcile", 1)
            _require_that_it_works(world, sender)
            relay.forget()
            _require_that_it_works(world, sender)


def _require_that_it_works(world: World, sender: Celery) -> None:
    sender.send_task("reconcile.prune", queue="reconcile")
    wait_for(lambda: _left(world.redis) == 0, SOON, "the worker to do a task")
    wait_for(lambda: len(sender.control.ping(timeout=2)) == 1, SOON, "the worker to answer")


def _left(redis: Redis) -> int:
    """How many tasks are not done yet."""
    return int(redis.llen("reconcile")) + int(redis.hlen("unacked"))


@contextmanager
def _sender(world: World) -> Iterator[Celery]:
    """Send tasks and ask workers as another program does; it reaches Redis directly."""
    with Celery(broker=world.settings.redis_url, set_as_current=False) as app:
        app.conf.broker_transport_options = {"socket_timeout": 10}
        yield app
