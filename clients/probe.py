"""Whether a Redis takes writes now, and what it says when it does not."""

import redis
from redis.exceptions import ResponseError

from schemas.errors import RetryLater

# Gone by itself after a second.
_KEY, _MILLISECONDS = "connector:probe", 1000


def check_redis(client: "redis.Redis", what: str) -> None:
    """Write one key that goes by itself; `what` names the server in the message.

    Raises RetryLater with the server's own word when it takes no writes, or does not answer.
    """
    try:
        client.set(_KEY, "1", px=_MILLISECONDS)
    except ResponseError as error:
        raise RetryLater(f"{what} takes no writes: {refusal_of(error)}") from error
    except (redis.RedisError, OSError, ValueError) as error:
        raise RetryLater(f"{what} does not answer: {refusal_of(error)}") from error


def refusal_of(error: Exception) -> str:
    """Return the word that a server refused with, such as READONLY, and its sentence; of others the error's name only.

    Some drivers repeat the whole address, password included, in their own messages.
    """
    if not isinstance(error, ResponseError):
        return type(error).__name__
    return f"{getattr(error, 'status_code', None) or type(error).__name__}: {error}"
