"""Kombu's RabbitMQ transports that wait for nothing without a limit.

Py-amqp (5.4) has two waits without one, and it never notices that a connection only takes.

- When the connection goes silent in the middle of a frame, it asks the socket again and again: on a socket that does
  not wait, as in a worker's event loop, that takes a whole processor, and no heartbeat ends it.
- Each heartbeat of the server starts the wait for an answer from the beginning. A RabbitMQ in alarm sends heartbeats
  and never answers a connection that has published, not even that it may close.
- A connection that only sends hears nothing, also when it went silent: behind a proxy that still takes its messages,
  all of them are lost, for hours. A worker's event loop notices it for its own connections, but not for those of a
  pool's processes, nor for one that sends at that moment.

So each message is confirmed, and a confirmation that is missing ends the connection. Nobody waits for it.
"""

import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import amqp.transport  # type: ignore[import-untyped]
from amqp.exceptions import RecoverableConnectionError  # type: ignore[import-untyped]
from kombu.transport import TRANSPORT_ALIASES, _transport_cache, pyamqp

# What a socket says that has nothing to read now; kombu and py-amqp go on with a frame after a timeout in it.
_NOTHING_YET = (BlockingIOError, ssl.SSLWantReadError)

# Seconds in which RabbitMQ must have confirmed a message before the next one is sent on its channel.
CONFIRMED_WITHIN = 10.0

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
    """A channel that sends without waiting for each confirmation, but not after one that is missing for long.

    Then kombu sends on a new connection, and dispatch sends again what was lost.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._confirm_selected: bool
        self._number = 0
        self._unconfirmed: dict[int, float] = {}
        self.events["basic_ack"].add(self._on_confirmed)

    def _basic_publish(self, *message: Any, **options: Any) -> Any:
        # Heartbeats end a silent connection of the event loop, without a wait in it; others ask for each confirmation.
        if not self.connection or self.connection.heartbeat or self.connection.confirm_publish:
            return super()._basic_publish(*message, **options)
        if not self._confirm_selected:
            self._confirm_selected = True
            self.confirm_select()
        self._require_confirmations()
        sent = super()._basic_publish(*message, **options)
        self._number += 1
        self._unconfirmed[self._number] = time.monotonic()
        return sent

    basic_publish = _basic_publish

    def _require_confirmations(self) -> None:
        with suppress(TimeoutError):
            while self._unconfirmed:
                self.connection.drain_events(timeout=0)
        oldest = next(iter(self._unconfirmed.values()), None)
        if oldest is not None and time.monotonic() - oldest > CONFIRMED_WITHIN:
            raise RecoverableConnectionError(f"RabbitMQ has not confirmed a message for {CONFIRMED_WITHIN} s")

    def _on_confirmed(self, number: int, multiple: bool) -> None:
        confirmed = [other for other in self._unconfirmed if other <= number] if multiple else [number]
        for each in confirmed:
            self._unconfirmed.pop(each, None)


class Connection(pyamqp.Connection):
    """A connection on which no wait for an answer lasts longer than its `read_timeout`."""

    Channel = Channel

    def Transport(  # noqa: N802 - py-amqp's name for it
        self,
        host: str,
        connect_timeout: float | None,
        ssl: Any = False,
        read_timeout: float | None = None,
        write_timeout: float | None = None,
        **options: Any,
    ) -> Any:
        """Make the transport that carries the frames."""
        timeouts = {"connect_timeout": connect_timeout, "read_timeout": read_timeout, "write_timeout": write_timeout}
        made = _SSLTransport if ssl else _TCPTransport
        return made(host, ssl=ssl, **timeouts, **options)

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
    for scheme, transport in (("amqp", Transport), ("amqps", SSLTransport)):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:{transport.__name__}"
        # Kombu keeps what it has resolved, so a connection of before would decide for all others.
        _transport_cache.pop(scheme, None)
