"""What all tasks of a process share: settings, ledger, limiters, breaker, leases, and the state of its loops."""

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from clients.breaker import Breaker
from clients.limiter import Budget, Limiter
from clients.redis_client import redis_client
from jobs.leases import Leases
from jobs.loops import Loops
from ledger.ledger import Ledger
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet
from schemas.settings import Settings

# Sends a task: name, keyword arguments, queue. Raises BrokerRefused.
Send = Callable[[str, dict[str, object], str], None]


class BrokerRefused(Exception):
    """The broker did not take a message: it cannot be reached, or it refused. The ledger still has what is due."""


# A process tops up a flow's dispatch window at most this often: one query serves all jobs that settle in between.
TOP_UP_GAP_SECONDS = 0.1


class WindowState:
    """What a process remembers about the dispatch window of each flow, by the name of the flow's task."""

    def __init__(self) -> None:
        self._first_stores: dict[str, str] = {}
        self._topped_up_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def first_store(self, task: str) -> str:
        """Return the store that came first when jobs were last released; "" before that."""
        return self._first_stores.get(task, "")

    def began_with(self, task: str, store: str) -> None:
        """Remember the store that came first."""
        self._first_stores[task] = store

    def may_top_up(self, task: str) -> bool:
        """Whether the last top-up is long enough ago; if so, this one counts as made."""
        now = time.monotonic()
        with self._lock:
            if now - self._topped_up_at.get(task, 0.0) < TOP_UP_GAP_SECONDS:
                return False
            self._topped_up_at[task] = now
        return True


@dataclass(frozen=True, slots=True)
class Runtime:
    """Made once per process, after the fork; `send` publishes a task and `backlog` counts a queue's messages."""

    settings: Settings
    ledger: Ledger
    epages_limiter: Limiter
    afosto_limiter: Limiter
    breaker: Breaker
    leases: Leases
    send: Send
    backlog: Callable[[str], int]
    holder: str
    redis: "redis.Redis"
    loops: Loops
    window: WindowState = field(default_factory=WindowState)

    def close(self) -> None:
        """Stop renewing the leases and give the connections back."""
        self.leases.stop()
        self.ledger.close()
        self.redis.close()


def build_runtime(settings: Settings, send: Send, backlog: Callable[[str], int]) -> Runtime:
    """Build a process's runtime from its settings; nothing connects before it is used."""
    ledger = Ledger(Database(settings.database_url, pooled=settings.pooled), KeySet(settings.keys))
    client = redis_client(
        settings.redis_url,
        decode_responses=True,
        socket_timeout=2,
        socket_connect_timeout=2,
        health_check_interval=15,
        retry=Retry(NoBackoff(), 1),
    )
    epages = Budget(settings.epages_calls_per_window, settings.epages_window)
    afosto = Budget(settings.afosto_calls_per_window, settings.afosto_window)
    loops = Loops()
    holder = f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"
    return Runtime(
        settings=settings,
        ledger=ledger,
        epages_limiter=Limiter(client, epages),
        afosto_limiter=Limiter(client, afosto),
        breaker=Breaker(client),
        leases=Leases(ledger.jobs, holder, settings, loops),
        send=send,
        backlog=backlog,
        holder=holder,
        redis=client,
        loops=loops,
    )
