"""Checks whether a Redis accepts writes now, and reports its message if it does not."""

import redis
from redis.exceptions import AuthenticationError, ResponseError

from schemas.errors import RetryLater
from schemas.wording.phrases import phrase

# The key expires after a second.
_KEY, _MILLISECONDS = "connector:probe", 1000


def check_redis(client: "redis.Redis", what: str) -> None:
    """Write one key that expires soon; `what` names the server in the message.

    Raises RetryLater with the server's own message if it accepts no writes or does not answer.
    """
    try:
        client.set(_KEY, "1", px=_MILLISECONDS)
    except ResponseError as error:
        raise RetryLater(
            phrase("%(server)s takes no writes: %(error)s", server=what, error=refusal_of(error))
        ) from error
    except AuthenticationError as error:
        raise RetryLater(phrase("%(server)s refuses the name or the password", server=what)) from error
    except (redis.RedisError, OSError, ValueError) as error:
        raise RetryLater(
            phrase("%(server)s does not answer: %(error)s", server=what, error=refusal_of(error))
        ) from error


def refusal_of(error: Exception) -> str:
    """Return a server's refusal: its error code, such as READONLY, and its message. For other errors, only the type.

    Some drivers repeat the whole address, including the password, in their messages.
    """
    if not isinstance(error, ResponseError):
        return type(error).__name__
    return f"{getattr(error, 'status_code', None) or type(error).__name__}: {error}"
