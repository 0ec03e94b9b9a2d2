"""What a broker can answer instead of taking a message."""

from amqp.exceptions import AMQPError  # type: ignore[import-untyped]
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

# Kombu wraps them only where it has tried again; a Redis that refuses (READONLY, OOM) and a RabbitMQ that closes the
# channel come as they are.
BROKER_ERRORS: tuple[type[Exception], ...] = (OperationalError, OSError, RedisError, AMQPError)
