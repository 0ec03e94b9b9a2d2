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


def check_rabbitmq(url: str, patience: float) -> None:
    """Let a RabbitMQ confirm a message to nobody, which one in alarm does not.

    Raises RetryLater with its own word when it takes none within `patience` seconds.
    """
    connection: Any = broker_connection(url, patience)
    try:
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=patience)
        channel = connection.channel()
        message = channel.prepare_message(b"")
        channel.basic_publish_confirm(
            message, exchange="", routing_key=_NOBODY, timeout=patience, confirm_timeout=patience
        )
    except BROKER_ERRORS as error:
        raise RetryLater(f"the broker takes no messages: {refusal_of(error)}") from error
    finally:
        # In alarm it does not even read that we close: kombu's own way out would wait for its answer without end.
        connection.collect(socket_timeout=patience)
