"""Kombu's Redis transport with one client per channel. A Redis that refuses counts as lost, like one that is gone."""

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis
from redis.exceptions import RedisError

from workers.wrapping import fit


class Channel(redis.Channel):
    """Keeps one client; kombu makes a new one for each message that it sends, acknowledges or gets.

    A client only names its pool of connections, and threads may share it. It costs more to make one than to use it.
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
    """The transport of `redis://` addresses after `register` was called.

    Kombu (5.7) treats only a broken connection as an error of the connection. The errors that a living Redis answers
    (READONLY and UNBLOCKED after a failover, MISCONF when it cannot save, OOM, NOREPLICAS, CLUSTERDOWN, NOPERM)
    would end every worker that
    gets one, and no publisher would try again.
    """

    Channel = Channel
    connection_errors = (*redis.Transport.connection_errors, RedisError)


class SentinelTransport(Transport, redis.SentinelTransport):
    """The same for `sentinel://`."""

    Channel = SentinelChannel


def _fitting(client: Any) -> Any:
    """Make a client return only items that kombu can read, even if the list of a queue contains others."""

    def read(answer: tuple[bytes, bytes] | None, **_: Any) -> tuple[bytes, bytes] | None:
        if not answer:
            return None
        key, item = answer
        return key, fit(key.decode().rsplit(Channel.sep, 1)[0], item)

    client.set_response_callback("BRPOP", read)
    return client


def register() -> None:
    """Use this transport for the broker addresses of Redis."""
    TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), f"{__name__}:Transport"))
    TRANSPORT_ALIASES["sentinel"] = f"{__name__}:SentinelTransport"
