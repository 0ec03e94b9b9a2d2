"""Kombu's Redis transport with one client per channel; a Redis that refuses counts as away, as one that is gone."""

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis
from redis.exceptions import RedisError

from workers.wrapping import fit


class Channel(redis.Channel):
    """Keeps one client; kombu makes a new one for each message that it sends, acknowledges or gets.

    A client only names its pool of connections, and threads may share it; to make one costs more than to use it.
    """

    _kept: Any = None

    def _create_client(self, asynchronous: bool = False) -> Any:
        made: Any = super()._create_client
        if asynchronous:
            return _fitting(made(asynchronous=True))
        if self._kept is None or self._kept.connection_pool is not self.pool:
            self._kept = made()
        return self._kept


class SentinelChannel(Channel, redis.SentinelChannel):
    """The same, connected to the primary that the Sentinels name."""


class Transport(redis.Transport):
    """What `redis://` stands for once `register` was called.

    To kombu (5.7) only what breaks a connection is an error of the connection. What a living Redis answers instead of a
    result (READONLY and UNBLOCKED after a failover, MISCONF when it cannot save, OOM, NOREPLICAS, CLUSTERDOWN, NOPERM)
    would end every worker that meets it, and no publisher would try again.
    """

    Channel = Channel
    connection_errors = (*redis.Transport.connection_errors, RedisError)


class SentinelTransport(Transport, redis.SentinelTransport):
    """The same for `sentinel://`."""

    Channel = SentinelChannel


def _fitting(client: Any) -> Any:
    """Let a client return only items that kombu can read, whatever is in the list of a queue."""

    def read(answer: tuple[bytes, bytes] | None, **_: Any) -> tuple[bytes, bytes] | None:
        if not answer:
            return None
        key, item = answer
        return key, fit(key.decode().rsplit(Channel.sep, 1)[0], item)

    client.set_response_callback("BRPOP", read)
    return client


def register() -> None:
    """Let the broker addresses of Redis use this transport."""
    TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), f"{__name__}:Transport"))
    TRANSPORT_ALIASES["sentinel"] = f"{__name__}:SentinelTransport"
