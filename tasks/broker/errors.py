"""The errors of a broker that takes no message, and a check whether it takes one now."""

from typing import Any

from amqp.exceptions import AMQPError  # type: ignore[import-untyped]
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from clients.redis_probe import refusal_of
from schemas.errors import RetryLater
from schemas.wording.phrases import phrase
from tasks.broker.address import broker_connection

# Kombu wraps an error only where it has tried again. The errors of a Redis that refuses (READONLY, OOM), and of a
# RabbitMQ that closes the channel, come unwrapped.
BROKER_ERRORS: tuple[type[Exception], ...] = (OperationalError, OSError, RedisError, AMQPError)

# The name of a queue that does not exist: RabbitMQ takes the message and drops it.
_NO_QUEUE = "connector.probe"

# A RabbitMQ in alarm still confirms the first message of a connection, but reads no second one.
_MESSAGES = 2


def check_rabbitmq(url: str, patience: float) -> None:
    """Send messages that RabbitMQ confirms and drops; one in alarm does not confirm them.

    Raises RetryLater with RabbitMQ's own words when it confirms none within `patience` seconds.
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
                routing_key=_NO_QUEUE,
                timeout=patience,
                confirm_timeout=patience,
            )
    except BROKER_ERRORS as error:
        said = blocked[0] if blocked else refusal_of(error)
        raise RetryLater(phrase("The broker takes no messages: %(error)s", error=said)) from error
    finally:
        # In alarm it does not even read that we close: kombu's own close would wait for its answer for ever.
        connection.collect(socket_timeout=patience)
