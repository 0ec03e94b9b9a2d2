"""What all requests of a gateway process share: settings, ledger, producer, and the limit per token."""

from dataclasses import dataclass
from typing import cast

import flask
from redis.backoff import NoBackoff
from redis.retry import Retry

from clients.limiter import Budget
from clients.redis_client import redis_client
from clients.token_bucket import TokenBucket
from ledger.ledger import Ledger
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet
from schemas.settings import Settings
from tasks.broker.producer import Producer

NAME = "connector"
# A caller waits for an answer, so the gateway waits for the servers behind it for a shorter time than a worker does.
DATABASE_PATIENCE_SECONDS = 3.0
REDIS_PATIENCE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Runtime:
    """Made once per process, after the fork; nothing connects before it is used."""

    settings: Settings
    ledger: Ledger
    producer: Producer
    limiter: TokenBucket

    def close(self) -> None:
        """Give all connections back."""
        self.producer.close()
        self.ledger.close()


def build_runtime(settings: Settings) -> Runtime:
    """Build a process's runtime from its settings."""
    client = redis_client(
        settings.redis_url,
        decode_responses=True,
        socket_timeout=REDIS_PATIENCE_SECONDS,
        socket_connect_timeout=REDIS_PATIENCE_SECONDS,
        health_check_interval=15,
        retry=Retry(NoBackoff(), 0),
    )
    database = Database(
        settings.database_url, patience=DATABASE_PATIENCE_SECONDS, pooled=settings.pooled, prepares=False
    )
    return Runtime(
        settings=settings,
        ledger=Ledger(database, KeySet(settings.keys)),
        producer=Producer(settings),
        limiter=TokenBucket(client, Budget(settings.gateway_calls_per_minute, 60)),
    )


def runtime() -> Runtime:
    """Return the runtime of the application that answers the present request."""
    return cast("Runtime", flask.current_app.extensions[NAME])
