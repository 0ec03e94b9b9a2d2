"""The connector's Redis transport: one client per channel, and a new one when its connections were given up."""

from collections.abc import Callable
from typing import ClassVar

import pytest
from kombu.connection import Connection
from redis import Redis

from workers.broker import Transport, register


def test_a_channel_keeps_its_client_as_long_as_its_connections(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # A process of the connector registers before it connects; in this one others may have connected.
    monkeypatch.setattr("kombu.transport._transport_cache", {})
    register()
    with Connection(redis_url) as connection:  # type: ignore[no-untyped-call] # kombu is untyped
        assert isinstance(connection.transport, Transport)
        channel = connection.default_channel
        with channel.conn_or_acquire() as first, channel.conn_or_acquire() as second:
            assert first is second
        channel._disconnect_pools()
        with channel.conn_or_acquire() as third:
            assert third is not first
            assert third.ping()


def test_acknowledged_messages_are_deleted_together_and_the_others_given_back(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kombu.transport._transport_cache", {})
    register()
    monkeypatch.setattr("workers.broker.get_event_loop", Later)
    with Connection(redis_url) as connection:  # type: ignore[no-untyped-call] # kombu is untyped
        channel = connection.channel()
        queue = connection.SimpleQueue("taken", channel=channel, serializer="json")
        for number in range(3):
            queue.put(number)
        taken = [queue.get(timeout=5) for _ in range(3)]
        client = Redis.from_url(redis_url)
        assert (client.hlen("unacked"), client.zcard("unacked_index")) == (3, 3)
        for message in taken[:2]:
            message.ack()
        assert client.hlen("unacked") == 3
        for delete in Later.asked:
            delete()
        assert (client.hlen("unacked"), client.zcard("unacked_index")) == (1, 1)
        channel.close()
        assert (client.hlen("unacked"), client.zcard("unacked_index"), client.llen("taken")) == (0, 0, 1)


class Later:
    """An event loop that is asked to delete once for all that is acknowledged meanwhile."""

    asked: ClassVar[list[Callable[[], None]]] = []

    def call_later(self, _seconds: float, delete: Callable[[], None]) -> None:
        self.asked.append(delete)
        assert len(self.asked) == 1
