"""Remote control over RabbitMQ: a worker answers and grows, and does both again after it lost its connection."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from celery import Celery
from kombu import pools

from benchmarks.setup.rabbitmq import control, rabbitmq
from jobs.dispatch_window import WORKER_ALIVE_SECONDS
from local.servers.services import Services
from tests.support.connector.world import World, wait_for
from tests.support.servers.relay import Relay

QUEUE = "reconcile"
SOON = 60.0  # seconds, on a busy machine


@pytest.mark.timeout(400)
def test_a_worker_answers_and_grows_before_and_after_its_connection_was_closed(
    fresh_services: Services, tmp_path: Path
) -> None:
    with (
        _broker(tmp_path) as url,
        World(replace(fresh_services, broker_url=url), tmp_path, REMOTE_CONTROL="full") as world,
    ):
        world.worker(QUEUE, 2)
        wait_for(lambda: _answers(url), SOON, "the worker to answer")
        _grow(url, 2)
        wait_for(lambda: _slots(world) == 4, SOON, "the worker to report four slots")
        control("close_all_connections", "a test closes them", folder=tmp_path)
        # The connections of this process were closed as well, and kombu keeps them for its next app.
        pools.reset()  # type: ignore[no-untyped-call]
        wait_for(lambda: _answers(url), SOON, "the worker to answer again")
        _grow(url, 1)
        wait_for(lambda: _slots(world) == 5, SOON, "the worker to report five slots")
        assert world.workers[0].poll() is None


@pytest.mark.timeout(400)
def test_a_worker_whose_connections_went_silent_makes_new_ones(fresh_services: Services, tmp_path: Path) -> None:
    with _broker(tmp_path) as url, Relay() as relay:
        through = relay.to(url)
        with World(replace(fresh_services, broker_url=through), tmp_path, REMOTE_CONTROL="read") as world:
            worker = world.worker(QUEUE, 2)
            wait_for(lambda: _answers(url), SOON, "the worker to answer")
            relay.forget()
            wait_for(lambda: _answers(url), SOON, "the worker to answer again")
            assert worker.poll() is None


@contextmanager
def _broker(folder: Path) -> Iterator[str]:
    with ExitStack() as stack:
        try:
            url, _ = stack.enter_context(rabbitmq(folder))
        except SystemExit as error:
            pytest.skip(str(error))
        yield url


def _answers(url: str) -> bool:
    with Celery(broker=url, set_as_current=False) as app:
        return len(app.control.ping(timeout=2)) == 1


def _grow(url: str, by: int) -> None:
    with Celery(broker=url, set_as_current=False) as app:
        app.control.pool_grow(by)


def _slots(world: World) -> int:
    return world.ledger.dispatch_window.slots(WORKER_ALIVE_SECONDS).get(QUEUE, 0)
