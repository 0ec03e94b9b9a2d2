"""When a worker counts as listening: Redis answered, or all its slots are busy, or RabbitMQ's connection is up."""

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from workers.listening import LISTENING, LONGEST_TASK, look

LONG_AGO = 1000.0


@pytest.fixture(autouse=True)
def _deaf(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(LISTENING, "_heard_at", time.monotonic() - LONG_AGO)
    return iter(())


def connection(kind: str, *, connected: bool = True) -> Any:
    return SimpleNamespace(connected=connected, transport=SimpleNamespace(driver_type=kind))


def task(age: float | None) -> Any:
    return SimpleNamespace(time_start=None if age is None else time.time() - age)


@pytest.mark.parametrize(
    ("kind", "ages", "listens"),
    [
        ("redis", [], False),
        ("redis", [1.0], False),
        ("redis", [1.0, None], False),
        ("redis", [1.0, LONGEST_TASK + 1], True),
        ("redis", [LONGEST_TASK + 1, LONGEST_TASK + 2], False),
        ("amqp", [], True),
    ],
)
def test_two_slots(kind: str, ages: list[float | None], *, listens: bool) -> None:
    look(connection(kind), lambda: map(task, ages), 2)
    assert (LISTENING.unheard() < LONG_AGO) is listens


@pytest.mark.parametrize("lost", [None, connection("amqp", connected=False)])
def test_without_a_connection_nothing_is_heard(lost: Any) -> None:
    look(lost, list, 2)
    assert LISTENING.unheard() >= LONG_AGO
