"""Shows that a worker consumes: when the broker last answered it, or when all its slots were last busy.

A worker may live, report, and take nothing any more: its connection was cut without a word, or its event loop stands
still.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any

# A task that is older than this (seconds) does not show that its worker goes on; the default of `VISIBILITY_TIMEOUT`,
# before which every run has ended.
LONGEST_TASK = 300.0


class Listening:
    """What one process knows of its own listening."""

    def __init__(self) -> None:
        self._heard_at = time.monotonic()

    def heard(self) -> None:
        """Note that the broker answered, or that the worker needs no answer."""
        self._heard_at = time.monotonic()

    def unheard(self) -> float:
        """Return the seconds since then."""
        return time.monotonic() - self._heard_at


# One consumer per process; kombu's channel and Celery's consumer both report to it.
LISTENING = Listening()


def look(connection: Any, tasks: Callable[[], Iterable[Any]], slots: int) -> None:
    """Note whether a consumer listens, from within its event loop: so the loop turns.

    `connection` is its connection to the broker, `tasks` returns the requests that run.
    """
    if not connection or not connection.connected:
        return
    # Redis answers each second, also with nothing. RabbitMQ answers with messages only, but its heartbeats end a dead
    # connection.
    if connection.transport.driver_type != "redis" or _busy(tasks(), slots):
        LISTENING.heard()


def _busy(tasks: Iterable[Any], slots: int) -> bool:
    begun = [task.time_start for task in tasks if task.time_start]
    return len(begun) >= slots and time.time() - max(begun) < LONGEST_TASK
