"""Connections to RabbitMQ that go silent in the middle of a message, or on which only heartbeats come."""

import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from amqp.exceptions import RecoverableConnectionError  # type: ignore[import-untyped]

from benchmarks.setup.rabbitmq import control, rabbitmq
from tasks.broker.address import broker_connection
from tests.support.servers.relay import Relay

# Seconds that a connection may wait for an answer here; and until what takes longer counts as endless.
LIMIT, ENDLESS = 2.0, 20.0
# Bytes of a message of which the relay forwards the first few only: the wait is then within a frame.
MESSAGE, FORWARDED = 50_000, 5_000
QUEUE = "half"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("rabbitmq")
    try:
        with rabbitmq(folder) as (url, _):
            yield url, folder
    except SystemExit as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("timeout", [0, None])
def test_reading_ends_when_the_connection_goes_silent_in_the_middle_of_a_frame(
    server: tuple[str, Path], timeout: float | None
) -> None:
    with Relay() as relay, _connection(relay.to(server[0])) as connection:
        channel = connection.channel()
        channel.queue_declare(QUEUE, auto_delete=True)
        channel.basic_consume(QUEUE, no_ack=True)
        relay.forget(after=FORWARDED)
        with _connection(server[0]) as other:
            other.default_channel.basic_publish(channel.prepare_message(b"x" * MESSAGE), "", QUEUE)
        assert select.select([connection.connection.sock], [], [], ENDLESS)[0]
        assert _seconds(lambda: connection.drain_events(timeout=timeout)) < ENDLESS


def test_a_connection_that_only_sends_notices_that_it_went_silent(
    server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed_within = 1.0
    monkeypatch.setattr("tasks.broker.rabbitmq.CONFIRMED_WITHIN", confirmed_within)
    with Relay() as relay, _connection(relay.to(server[0])) as connection:
        channel = connection.channel()

        def send() -> None:
            channel.basic_publish(channel.prepare_message(b""), "", "nowhere")
            time.sleep(2 * confirmed_within)

        for _ in range(3):
            send()
        relay.forget()
        send()
        with pytest.raises(RecoverableConnectionError, match="has not confirmed"):
            send()


def test_closing_a_connection_that_is_blocked_ends(server: tuple[str, Path]) -> None:
    url, folder = server
    with _connection(url, heartbeat=1) as connection:
        channel = connection.channel()
        control("set_vm_memory_high_watermark", "absolute", "1", folder=folder)
        try:
            for _ in range(2):
                channel.basic_publish(channel.prepare_message(b""), "", "nowhere")
            assert _seconds(connection.close) < ENDLESS
        finally:
            control("set_vm_memory_high_watermark", "0.4", folder=folder)


def _seconds(work: Callable[[], object]) -> float:
    """Return how long it takes until the work has ended with a timeout; at most `ENDLESS`."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except TimeoutError as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    started = time.monotonic()
    thread.start()
    thread.join(ENDLESS)
    return time.monotonic() - started


@contextmanager
def _connection(url: str, heartbeat: float = 0) -> Iterator[Any]:
    connection: Any = broker_connection(url, LIMIT)
    connection.heartbeat = heartbeat
    try:
        yield connection
    finally:
        connection.collect()
