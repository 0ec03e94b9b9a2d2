"""A worker's subscription at Redis, by which remote control reaches it: it never stops the worker, nor goes deaf.

Kombu (5.7) takes a connection for redis-py's subscription, but not the hook that subscribes again on a new connection:
`MultiChannelPoller._client_registered` sets `client.connection`, and only `PubSub.execute_command` adds `on_connect`.
With `retry_on_timeout` redis-py (8.1) repeats a read that failed. It connects again, is subscribed to nothing, and
reads without a limit. The event loop stands in this read for ever: the worker lives, reports, and consumes nothing.
"""

from collections.abc import Callable
from typing import Any

import structlog
from redis.client import PubSub

log = structlog.get_logger()

# Seconds for the rest of a message of which a part has come.
READ_WITHIN = 10.0


class Subscription(PubSub):
    """Ends with its connection, and reads no longer than `READ_WITHIN`; kombu then connects and subscribes again."""

    def _execute(self, conn: Any, command: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Do it once. The event loop hears of a lost connection, and replaces it."""
        return command(*arguments, **options)

    def parse_response(self, block: bool = True, timeout: float = 0) -> Any:
        """Read what has come; None if nothing came. Kombu reads as if it might wait, because its socket is readable."""
        return super().parse_response(block=False, timeout=READ_WITHIN)  # type: ignore[no-untyped-call]


def deliver(hand_on: Callable[[], Any]) -> bool:
    """Deliver a message to all workers; one that kombu cannot read is logged: it must not end every worker at once."""
    try:
        hand_on()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        log.warning("a message to all workers was refused", why=f"{type(error).__name__}: {error}")
        return False
    return True
