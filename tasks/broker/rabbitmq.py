"""Kombu's RabbitMQ transports that wait for nothing without a limit.

Py-amqp (5.4) has two waits without one, and it never notices that a connection only takes.

- When the connection goes silent in the middle of a frame, it asks the socket again and again: on a socket that does
  not wait, as in a worker's event loop, that takes a whole processor, and no heartbeat ends it.
- Each heartbeat of the server starts the wait for an answer from the beginning. A RabbitMQ in alarm sends heartbeats
  and never answers a connection that has published, not even that it may close.
- A connection that only sends hears nothing, also when it went silent: behind a proxy that still takes its messages,
  all of them are lost, for hours. A worker's event loop notices it for its own connections, but not for those of a
  pool's processes, nor for one that sends at that moment.
"""

import ssl
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import amqp.transport  # type: ignore[import-untyped]
from kombu.transport import TRANSPORT_ALIASES, pyamqp

# What a socket says that has nothing to read now; kombu and py-amqp go on with a frame after a timeout in it.
_NOTHING_YET = (BlockingIOError, ssl.SSLWantReadError)

# Seconds after which a connection that sends must have heard from the server. Less would be a question per message;
# what a silent connection takes meanwhile, dispatch sends again.
ASK_AFTER = 5.0

Read = Callable[[int], bytes]


class _StopsWithinFrames:
    """Lets the reading of a frame time out wherever it is."""

    _quick_recv: Read

    def _setup_transport(self) -> None:
        super()._setup_transport()  # type: ignore[misc]
        self._quick_recv = partial(_read_or_time_out, self._quick_recv)


class _TCPTransport(_StopsWithinFrames, amqp.transport.TCPTransport):
    pass


class _SSLTransport(_StopsWithinFrames, amqp.transport.SSLTransport):
    pass


def _read_or_time_out(read: Read, size: int) -> bytes:
    try:
        return read(size)
    except _NOTHING_YET:
        raise TimeoutError("RabbitMQ has sent nothing more yet") from None


class Channel(pyamqp.Channel):
    """A channel that asks whether the server still answers, before it sends after a longer silence."""

    def _basic_publish(self, *message: Any, **options: Any) -> Any:
        # Heartbeats end a silent connection, in time and without a wait in the event loop.
        if self.connection and not self.connection.heartbeat and self.connection.unheard() > ASK_AFTER:
            # The one question that changes nothing: may we send?
            self.flow(True)
        return super()._basic_publish(*message, **options)

    basic_publish = _basic_publish


class Connection(pyamqp.Connection):
    """A connection on which no wait for an answer lasts longer than its `read_timeout`."""

    Channel = Channel
    _heard_at = 0.0

    def unheard(self) -> float:
        """Return the seconds since something came from the server."""
        return time.monotonic() - self._heard_at

    def blocking_read(self, timeout: float | None = None) -> Any:
        """Read a frame. Raises TimeoutError."""
        read = super().blocking_read(timeout)
        self._heard_at = time.monotonic()
        return read

    def Transport(  # noqa: N802 - py-amqp's name for it
        self,
        host: str,
        connect_timeout: float | None,
        ssl: Any,
        read_timeout: float | None,
        write_timeout: float | None,
        **options: Any,
    ) -> Any:
        """Make the transport that carries the frames."""
        made = _SSLTransport if ssl else _TCPTransport
        return made(host, connect_timeout, read_timeout, write_timeout, ssl=ssl, **options)

    def drain_events(self, timeout: float | None = None) -> None:
        """Read until something has come that is no heartbeat. Raises TimeoutError."""
        limit = self.transport.read_timeout if timeout is None else timeout
        ends = time.monotonic() + limit if limit else None
        while not self.blocking_read(timeout):
            if ends is not None and time.monotonic() > ends:
                raise TimeoutError(f"RabbitMQ has sent nothing but heartbeats for {limit} s")


class Transport(pyamqp.Transport):
    """The transport of `amqp://` addresses after `register` was called."""

    Connection = Connection


class SSLTransport(pyamqp.SSLTransport):
    """The same for `amqps://`."""

    Connection = Connection


def register() -> None:
    """Use these transports for the broker addresses of RabbitMQ."""
    TRANSPORT_ALIASES["amqp"] = f"{__name__}:Transport"
    TRANSPORT_ALIASES["amqps"] = f"{__name__}:SSLTransport"
