"""What a broker can answer instead of taking a message, and whether it takes one now."""

from typing import Any

from amqp.exceptions import AMQPError  # type: ignore[import-untyped]
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from clients.probe import refusal_of
from schemas.errors import RetryLater
from tasks.broker_address import broker_connection

# Kombu wraps them only where it has tried again; a Redis that refuses (READONLY, OOM) and a RabbitMQ that closes the
# channel come as they are.
BROKER_ERRORS: tuple[type[Exception], ...] = (OperationalError, OSError, RedisError, AMQPError)

# A queue that nobody has: the message is taken and dropped.
_NOBODY = "connector.probe"


# In alarm it still confirms the first message of a connection, and reads no second one.
_MESSAGES = 2


def check_rabbitmq(url: str, patience: float) -> None:
    """Let a RabbitMQ confirm messages to nobody, which one in alarm does not.

    Raises RetryLater with its own words when it takes none within `patience` seconds.
    """
    blocked: list[str] = []
    connection: Any = broker_connection(url, patience, on_blocked=blocked.append)
    try:
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=patience)
        channel = connection.channel()
        for _ in range(_MESSAGES):
            channel.basic_publish_confirm(
                channel.prepare_message(b""),
                exchange="",
                routing_key=_NOBODY,
                timeout=patience,
                confirm_timeout=patience,
            )
    except BROKER_ERRORS as error:
        said = blocked[0] if blocked else refusal_of(error)
        raise RetryLater(f"the broker takes no messages: {said}") from error
    finally:
        # In alarm it does not even read that we close: kombu's own way out would wait for its answer without end.
        connection.collect(socket_timeout=patience)
