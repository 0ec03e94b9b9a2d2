"""What a real worker tells of its tasks while it works: all of it, in few messages."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from celery import Celery
from redis import Redis

from local.servers.services import Services
from tests.support.connector.world import World, wait_for
from workers.consumer import EVENTS_EVERY

# Three events each, and no whole number of full messages: the last of them wait for their time.
TASKS = 41
# Celery sends a message by itself when it holds so many events.
FULL = 24
STEPS = ("task-received", "task-started", "task-succeeded")

Batch = list[dict[str, Any]]


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world")) as started:
        started.worker("reconcile")
        yield started


@pytest.fixture
def sender(world: World) -> Iterator[Celery]:
    with Celery(broker=world.settings.broker_url, set_as_current=False) as app:
        yield app


class Listener:
    """Hears what Flower hears, message by message, but for what the sender of a task tells by itself."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.batches: list[Batch] = []

    def take(self, body: Batch | dict[str, Any], _: object) -> None:
        events = body if isinstance(body, list) else [body]
        if events[0]["type"] in STEPS:
            self.batches.append(events)

    def hear(self, tasks: int) -> list[Batch]:
        """Listen until the worker has told all of so many tasks; returns its messages."""
        self.batches.clear()
        wait_for(lambda: self._heard() >= tasks * len(STEPS), 20, "the events of all tasks", lambda: str(self.batches))
        return self.batches

    def listen(self) -> None:
        with suppress(TimeoutError):
            self._connection.drain_events(timeout=0.1)

    def _heard(self) -> int:
        self.listen()
        return sum(map(len, self.batches))


@contextmanager
def listening(sender: Celery) -> Iterator[Listener]:
    with sender.connection_for_read() as connection:
        listener = Listener(connection)
        queue = sender.events.Receiver(connection).queue
        with sender.amqp.Consumer(connection, [queue], callbacks=[listener.take], accept=["json"], no_ack=True):
            # Kombu subscribes when it first waits for something.
            listener.listen()
            yield listener


def send(sender: Celery) -> None:
    sender.send_task("reconcile.prune", queue="reconcile")


def acknowledged(broker: Redis) -> int:
    """How many messages were: a message on its way to the worker is in no list of the broker's, as if it were done."""
    return int(broker.info("commandstats").get("cmdstat_hdel", {"calls": 0})["calls"])


def test_what_a_task_did_is_told_twice_a_second_and_nothing_is_left_out(sender: Celery) -> None:
    with listening(sender) as listener:
        send(sender)
        listener.hear(1)
        started = time.monotonic()
        for _ in range(TASKS):
            send(sender)
            time.sleep(0.03)
        batches = listener.hear(TASKS)
        passed = time.monotonic() - started
    told = [event["type"] for batch in batches for event in batch]
    print(f"{len(told)} events in {len(batches)} messages within {passed:.1f} s")
    assert {step: told.count(step) for step in STEPS} == dict.fromkeys(STEPS, TASKS)
    # Two threads that fill a batch at once send twice: what is full, and what little has come meanwhile.
    full = sum(len(batch) >= FULL for batch in batches)
    assert len(batches) - full <= passed / EVENTS_EVERY + 1 + full


def test_the_telling_goes_on_once_the_broker_is_back(world: World, sender: Celery) -> None:
    with listening(sender) as listener:
        send(sender)
        listener.hear(1)
    with Redis.from_url(world.settings.broker_url) as client:
        client.client_kill_filter(_type="normal", skipme=True)
    with listening(sender) as listener:
        send(sender)
        listener.hear(1)


def test_a_worker_that_is_told_to_end_tells_what_it_did_until_then(world: World, sender: Celery) -> None:
    (worker,) = world.workers
    with listening(sender) as listener, Redis.from_url(world.settings.broker_url) as client:
        before = acknowledged(client)
        send(sender)
        wait_for(lambda: acknowledged(client) > before, 20, "the task to be done")
        worker.terminate()
        listener.hear(1)
