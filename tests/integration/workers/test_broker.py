"""The connector's Redis transport: one client per channel, and a new one when its connections were given up."""

import pytest
from kombu.connection import Connection

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
