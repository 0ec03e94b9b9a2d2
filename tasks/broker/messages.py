"""What the broker holds: how many messages wait in which queue."""

from collections.abc import Callable

import redis
from amqp.exceptions import AccessRefused  # type: ignore[import-untyped]
from redis import RedisError
from redis.exceptions import AuthenticationError

from clients.redis_client import redis_client
from clients.redis_probe import check_redis
from schemas.errors import RetryLater
from schemas.server_addresses import read_address
from schemas.settings import Settings
from schemas.wording.phrases import joined, phrase
from tasks.broker.address import broker_connection
from tasks.broker.errors import BROKER_ERRORS, check_rabbitmq
from tasks.broker.queues import QUEUE_NAMES

_TIMEOUT_SECONDS = 3
_PRIORITY = "\x06\x16"  # kombu's separator between the name of a Redis list and a message priority


def queue_lengths(settings: Settings) -> dict[str, int]:
    """Return queue → waiting messages. On Redis every queue is found, elsewhere only our own can be asked for.

    Raises RetryLater when the broker does not answer.
    """
    if read_address(settings.broker_url).is_redis:
        return _redis_lengths(settings.broker_url)
    return _amqp_lengths(settings.broker_url)


def _redis_lengths(url: str) -> dict[str, int]:
    lengths = dict.fromkeys(QUEUE_NAMES, 0)
    try:
        with redis_client(url, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS) as server:
            for key in server.scan_iter(_type="list", count=1000):
                queue = _queue_of(key)
                lengths[queue] = lengths.get(queue, 0) + int(server.llen(key))
    except (RedisError, OSError) as error:
        raise _unreachable(error) from None
    return lengths


def move_queue(settings: Settings, queue: str, to: str) -> int:
    """Move the messages that wait in a queue of Redis to another one; return how many. Raises RetryLater."""

    def move(server: "redis.Redis", key: str) -> int:
        # Only as many as there are now: a sender that goes on would keep this loop running.
        return sum(server.lmove(key, to, "RIGHT", "LEFT") is not None for _ in range(_length(server, key)))

    return _each_list(settings, queue, move)


def drop_queue(settings: Settings, queue: str) -> int:
    """Delete a queue of Redis; return how many messages it held. Raises RetryLater."""

    def drop(server: "redis.Redis", key: str) -> int:
        count = _length(server, key)
        server.delete(key)
        return count

    return _each_list(settings, queue, drop)


def _each_list(settings: Settings, queue: str, act: Callable[["redis.Redis", str], int]) -> int:
    """Act on each list of a queue (it has one per priority); return the sum of the results."""
    try:
        with redis_client(
            settings.broker_url, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS
        ) as server:
            keys = [key for key in server.scan_iter(_type="list", count=1000) if _queue_of(key) == queue]
            return sum(act(server, key.decode(errors="replace")) for key in keys)
    except (RedisError, OSError) as error:
        raise _unreachable(error) from None


def _queue_of(key: bytes) -> str:
    return key.decode(errors="replace").partition(_PRIORITY)[0]


def _length(server: "redis.Redis", key: str) -> int:
    return int(server.llen(key))


def _amqp_lengths(url: str) -> dict[str, int]:
    lengths = {}
    try:
        with broker_connection(url, _TIMEOUT_SECONDS) as connection:
            for queue in QUEUE_NAMES:
                try:
                    lengths[queue] = connection.channel().queue_declare(queue, passive=True).message_count
                except connection.channel_errors:
                    lengths[queue] = 0
    except BROKER_ERRORS as error:
        raise _unreachable(error) from None
    return lengths


def refusals(settings: Settings) -> dict[str, str]:
    """Return which of broker and Redis take no writes now: "broker" or "redis" → a sentence that says what to check."""
    said: dict[str, str] = {}
    if wrong := _refusal(lambda: _check_broker(settings.broker_url)):
        said["broker"] = joined([wrong, phrase("look at that server and check CONNECTOR_BROKER_URL")])
    if settings.redis_url != settings.broker_url and (
        wrong := _refusal(lambda: _check_redis(settings.redis_url, phrase("The Redis of limiter and breaker")))
    ):
        said["redis"] = joined([wrong, phrase("look at that server and check CONNECTOR_REDIS_URL")])
    return said


def _refusal(check: Callable[[], None]) -> str | None:
    try:
        check()
    except RetryLater as error:
        return str(error)
    return None


def _check_broker(url: str) -> None:
    if read_address(url).is_redis:
        _check_redis(url, phrase("The broker"))
    else:
        check_rabbitmq(url, _TIMEOUT_SECONDS)


def _check_redis(url: str, what: str) -> None:
    with redis_client(url, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS) as server:
        check_redis(server, what)


def _unreachable(error: Exception) -> RetryLater:
    if isinstance(error, AuthenticationError | AccessRefused):
        return RetryLater(phrase("The broker refuses the name or the password; check CONNECTOR_BROKER_URL"))
    # The type only: some drivers repeat the whole address in their message.
    return RetryLater(
        phrase("The broker does not answer (%(error)s); check CONNECTOR_BROKER_URL", error=type(error).__name__)
    )
