"""Kombu's Redis transport with fewer commands. A Redis that refuses counts as lost, like one that is gone."""

from contextlib import suppress
from functools import cached_property, partial
from queue import Empty
from time import time
from typing import Any

from kombu.asynchronous import get_event_loop
from kombu.transport import TRANSPORT_ALIASES, redis, virtual
from kombu.utils.json import dumps
from redis.exceptions import RedisError

from workers.listening import LISTENING
from workers.remote_control.subscription import Subscription, deliver
from workers.wrapping import fit

# Seconds until an acknowledged message is deleted from Redis, together with all that were acknowledged meanwhile.
ACKNOWLEDGE_AFTER = 0.02


class QoS(redis.QoS):
    """Writes down a message without a transaction, and deletes acknowledged ones together.

    Kombu (5.7) makes a transaction for each message that comes and one for each that is done: a third of what a worker
    computes for an order. A worker that dies before it has deleted a message gets that one again, as after any late
    acknowledgment.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._acknowledged: list[str] = []

    def append(self, message: Any, delivery_tag: str) -> None:
        """Write down a message that was taken. The index comes first: it alone leads back to the message."""
        way = message.delivery_info
        taken = dumps([message._raw, way["exchange"], way["routing_key"]])
        with self.channel.conn_or_acquire() as client:
            pipeline = client.pipeline(transaction=False)
            pipeline.zadd(self.unacked_index_key, {delivery_tag: time()}).hset(self.unacked_key, delivery_tag, taken)
            pipeline.execute()
        virtual.QoS.append(self, message, delivery_tag)

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge a message now, and delete it soon; without an event loop, at once."""
        virtual.QoS.ack(self, delivery_tag)
        self._acknowledged.append(delivery_tag)
        loop = get_event_loop()
        if loop is None:
            self.delete_acknowledged()
        elif len(self._acknowledged) == 1:
            loop.call_later(ACKNOWLEDGE_AFTER, self.delete_acknowledged)

    def delete_acknowledged(self) -> None:
        """Delete the messages that were acknowledged. A broken connection is the event loop's to handle."""
        tags, self._acknowledged = self._acknowledged, []
        if not tags or self._is_cut_off():
            return
        with self.channel.conn_or_acquire() as client:
            pipeline = client.pipeline(transaction=False)
            pipeline.hdel(self.unacked_key, *tags).zrem(self.unacked_index_key, *tags)
            pipeline.execute()

    def restore_unacked_once(self, stderr: Any = None) -> None:
        """At the end of a channel: delete what was acknowledged, then give back the rest."""
        if self._is_cut_off():
            return
        with suppress(*Transport.connection_errors):
            self.delete_acknowledged()
        super().restore_unacked_once(stderr)

    def _is_cut_off(self) -> bool:
        """Whether kombu has taken the connection away from the channel, as it does with one that was lost.

        Then kombu (5.7) would fail to make a client, with an error that ends the worker. The messages come back after
        the visibility timeout.
        """
        transport = self.channel.connection
        return transport is None or transport.client is None


class Channel(redis.Channel):
    """Keeps one client; kombu makes a new one for each message that it sends, acknowledges or gets.

    A client only names its pool of connections, and threads may share it. It costs more to make one than to use it.
    """

    QoS = QoS
    _kept: Any = None

    def _brpop_read(self, **options: Any) -> Any:
        # Redis answers within a second, also when there is no message: kombu then raises Empty.
        try:
            taken = super()._brpop_read(**options)
        except Empty:
            LISTENING.heard()
            raise
        LISTENING.heard()
        return taken

    def _create_client(self, asynchronous: bool = False) -> Any:
        made: Any = super()._create_client
        if asynchronous:
            return _fitting(made(asynchronous=True))
        if self._kept is None or self._kept.connection_pool is not self.pool:
            self._kept = made()
        return self._kept

    @cached_property
    def subclient(self) -> Subscription:
        """What the worker is subscribed to: remote control."""
        return Subscription(self._create_client(asynchronous=True).connection_pool)

    def _deliver_fanout_message(self, message: Any, exchange: str) -> bool:
        return deliver(partial(super()._deliver_fanout_message, message, exchange))


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
