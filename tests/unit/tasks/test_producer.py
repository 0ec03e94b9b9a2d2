"""Sending is a shortcut: a broker that does not answer is given up, and not asked for a while."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from schemas.errors import RetryLater
from schemas.settings import load_settings
from tasks.broker.producer import Producer

SETTINGS = {"CONNECTOR_DATABASE_URL": "postgresql://h/d", "CONNECTOR_KEYS": "A" * 43 + "="}


@pytest.fixture
def port() -> Iterator[int]:
    """A port that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


class EndsConnections:
    """A server that ends each connection at once, and counts them."""

    def __init__(self) -> None:
        self.connections = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.connections += 1
                connection.close()

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def ending() -> Iterator[EndsConnections]:
    server = EndsConnections()
    yield server
    server.close()


def producer(url: str) -> Producer:
    return Producer(load_settings({**SETTINGS, "CONNECTOR_BROKER_URL": url}))


def test_a_broker_that_is_down_is_given_up_and_not_asked_for_a_while(ending: EndsConnections) -> None:
    down = producer(f"redis://127.0.0.1:{ending.port}/0")
    assert not down.try_to_send("orders.look", {"store": "corner", "order": "4711"})
    with pytest.raises(RetryLater, match="the broker does not answer"):
        down.check_writes()
    asked = ending.connections
    assert asked
    for _ in range(1000):
        assert not down.try_to_send("orders.look", {"store": "corner", "order": "4711"})
    # On a slow machine the while may end in between, once or twice.
    assert ending.connections - asked < 20


@pytest.mark.timeout(10)
def test_a_broker_that_hangs_is_given_up(port: int) -> None:
    hanging = producer(f"redis://127.0.0.1:{port}/0")
    assert not hanging.try_to_send("orders.look", {"store": "corner", "order": "4711"})


def test_a_broker_s_password_does_not_show_when_it_is_away(capsys: pytest.CaptureFixture[str]) -> None:
    producer("redis://:hush@127.0.0.1:1/0").try_to_send("orders.look", {"store": "corner", "order": "4711"})
    shown = capsys.readouterr()
    assert "the broker takes no message" in shown.out + shown.err
    assert "hush" not in shown.out + shown.err
