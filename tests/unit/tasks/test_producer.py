"""Sending is a shortcut: it takes at most a second, whatever the state of the broker."""

import socket
import time
from collections.abc import Iterator

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


def producer(url: str) -> Producer:
    return Producer(load_settings({**SETTINGS, "CONNECTOR_BROKER_URL": url}))


def test_a_broker_that_is_down_is_given_up_at_once_and_not_asked_for_a_while() -> None:
    down = producer("redis://127.0.0.1:1/0")
    started = time.monotonic()
    assert not down.try_to_send("orders.look", {"store": "corner", "order": "4711"})
    with pytest.raises(RetryLater, match="the broker does not answer"):
        down.check_writes()
    assert time.monotonic() - started < 1
    started = time.monotonic()
    for _ in range(1000):
        assert not down.try_to_send("orders.look", {"store": "corner", "order": "4711"})
    assert time.monotonic() - started < 0.5


def test_a_broker_that_hangs_is_given_up_within_a_second(port: int) -> None:
    hanging = producer(f"redis://127.0.0.1:{port}/0")
    started = time.monotonic()
    assert not hanging.try_to_send("orders.look", {"store": "corner", "order": "4711"})
    assert time.monotonic() - started < 1


def test_a_broker_s_password_does_not_show_when_it_is_away(capsys: pytest.CaptureFixture[str]) -> None:
    producer("redis://:hush@127.0.0.1:1/0").try_to_send("orders.look", {"store": "corner", "order": "4711"})
    shown = capsys.readouterr()
    assert "the broker takes no message" in shown.out + shown.err
    assert "hush" not in shown.out + shown.err
