"""What every task of a process shares: settings, ledger, limiters, breaker, and the heartbeat of its leases."""

import os
import socket
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from clients.breaker import Breaker
from clients.limiter import Budget, Limiter
from clients.redis_client import redis_client
from ledger.database import Database
from ledger.keys import KeySet
from ledger.ledger import Ledger
from schemas.settings import Settings
from tasks.leases import Leases

# Sends a task: name, keyword arguments, queue.
Send = Callable[[str, dict[str, object], str], None]


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

    def close(self) -> None:
        """Stop the heartbeat and give the connections back."""
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
    holder = f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"
    return Runtime(
        settings=settings,
        ledger=ledger,
        epages_limiter=Limiter(client, epages),
        afosto_limiter=Limiter(client, afosto),
        breaker=Breaker(client),
        leases=Leases(ledger.jobs, holder, settings),
        send=send,
        backlog=backlog,
        holder=holder,
        redis=client,
    )
