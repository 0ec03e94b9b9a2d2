"""A worker whose vendors are in its memory: it runs polls and scans with the connector's code, without any request.

    python -m benchmarks.setup.memory_worker FILE [--threads 8]

Takes messages from the queues of polls and scans straight from Redis, without Celery, and runs them as a worker would;
the shop answers an empty page, and Afosto an empty list. For each poll that ended it writes a line into FILE: the
store, when its message was taken, and when it was settled, in seconds since 1970.
"""

import argparse
import base64
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO, cast
from unittest.mock import patch

import structlog

from clients.redis_client import redis_client
from jobs.runtime import Runtime, build_runtime
from schemas.epages import OrderPage
from schemas.messages import PollMessage, StoreMessage, load_message
from schemas.settings import load_settings
from sync.discovery.poll_shop import poll
from sync.discovery.scan_afosto import scan
from sync.stock.watch_inventory import watch

QUEUES = ("poll", "exports", "inventory")
PATIENCE = 1  # seconds that a thread waits for a message before it asks again


class MemoryShop:
    """A shop without orders."""

    def orders(self, *, size: int, page: int, **_: object) -> OrderPage:
        """Return an empty page, of now."""
        return OrderPage((), size, page, 0, 0, datetime.now(UTC))


class MemoryTenant:
    """A tenant of Afosto in which nothing changes."""

    def changed_orders(self, *_: object) -> list[str]:
        """Return no order."""
        return []

    def inventory_changes(self, *_: object) -> list[Any]:
        """Return no change."""
        return []


class Worker:
    """Runs messages in threads until the process ends."""

    def __init__(self, runtime: Runtime, polled: TextIO) -> None:
        self._runtime = runtime
        self._polled = polled
        self._tasks: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
            "poll.store": self._poll,
            "orders.walk": lambda given: _ignore(scan(runtime, StoreMessage(given["store"]))),
            "inventory.watch": lambda given: _ignore(watch(runtime, given["store"])),
        }

    def run(self) -> None:
        """Take one message after another."""
        broker = redis_client(self._runtime.settings.broker_url)
        while True:
            taken = broker.brpop(list(QUEUES), timeout=PATIENCE)
            if taken:
                self._run(*_read(cast("tuple[bytes, bytes]", taken)[1]))

    def _run(self, task: str, given: Mapping[str, Any]) -> None:
        try:
            self._tasks[task](given)
        except Exception:
            logging.exception("%s failed", task)

    def _poll(self, given: Mapping[str, Any]) -> None:
        taken = time.time()
        said = poll(self._runtime, cast("PollMessage", load_message("poll.store", dict(given))))
        if "seen" in said:
            self._polled.write(f"{given['store']} {taken:.3f} {time.time():.3f}\n")


def _read(message: bytes) -> tuple[str, Mapping[str, Any]]:
    """Return the task and the keywords of a message as Celery sends it."""
    found = json.loads(message)
    body = json.loads(base64.b64decode(found["body"]))
    return found["headers"]["task"], body[1]


def _ignore(_: object) -> None:
    """Ignore what a run says of itself."""


def main() -> None:
    """Work until the process is ended."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.setup.memory_worker")
    parser.add_argument("file", type=Path)
    parser.add_argument("--threads", type=int, default=8)
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    runtime = build_runtime(load_settings(os.environ), lambda *_: None, lambda _: 0)
    shop, tenant = MemoryShop(), MemoryTenant()
    with (
        given.file.open("a", buffering=1) as polled,
        patch("sync.discovery.poll_shop.epages_client", lambda *_: shop),
        patch("sync.discovery.scan_afosto.afosto_client", lambda *_: tenant),
        patch("sync.stock.watch_inventory.afosto_client", lambda *_: tenant),
    ):
        worker = Worker(runtime, polled)
        threads = [threading.Thread(target=worker.run) for _ in range(given.threads)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main()
