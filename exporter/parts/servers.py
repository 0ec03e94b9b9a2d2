"""The servers behind the connector: whether they take writes, what the broker holds, how full the database is."""

from collections.abc import Iterator

from prometheus_client.core import Metric

from exporter.families import gauge
from ledger.figures import Figures
from ledger.postgres.database import Database
from schemas.errors import RetryLater
from schemas.settings import Settings
from tasks.broker.messages import queue_lengths, refusals
from tasks.broker.queues import QUEUE_NAMES

UP = gauge(
    "connector_server_up", "1 if the server takes a write: database, broker, redis (limiter and breaker).", "server"
)
MESSAGES = gauge(
    "connector_broker_messages", "Messages on the broker, which has a short part of the backlog only.", "queue"
)
USED = gauge("connector_database_sessions", "Sessions of everybody at the database server.")
ACCEPTED = gauge("connector_database_sessions_limit", "Sessions that it accepts of roles that are no superuser.")
# Queues that are not ours: misspelled by a sender, or of another application on this broker.
UNKNOWN = "unknown"


def read_servers(database: Database, settings: Settings) -> Iterator[Metric]:
    """Yield which servers take a write."""
    refused = refusals(settings)
    redis = "redis" in refused or (settings.redis_url == settings.broker_url and "broker" in refused)
    yield UP.rows([("database", _takes_writes(database)), ("broker", "broker" not in refused), ("redis", not redis)])


def read_broker(settings: Settings) -> Iterator[Metric]:
    """Yield how many messages each queue has. Raises RetryLater."""
    lengths = queue_lengths(settings)
    unknown = sum(length for queue, length in lengths.items() if queue not in QUEUE_NAMES)
    yield MESSAGES.rows([*((queue, lengths.get(queue, 0)) for queue in QUEUE_NAMES), (UNKNOWN, unknown)])


def read_sessions(figures: Figures) -> Iterator[Metric]:
    """Yield how many sessions the database server has, and may have."""
    found = figures.connections()
    yield USED.value(found["used"])
    yield ACCEPTED.value(found["accepted"])


def _takes_writes(database: Database) -> bool:
    try:
        database.check_writes()
    except RetryLater:
        return False
    return True
