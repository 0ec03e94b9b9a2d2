"""gunicorn's worker with threads, of which none ever waits for a caller.

gunicorn (27) gives a connection to a thread with its first byte: as many slow callers as there are threads silence the
gateway, and each that does not hang up stops the main loop for two seconds. Here the main loop collects each request,
and a thread gets it as a whole, from memory. What is not whole in time is closed.
"""

import selectors
import socket
import struct
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

from gunicorn import http
from gunicorn.workers.gthread import TConn, ThreadWorker

from gateway.incoming import Incoming

# Seconds for a request from its first byte to its last, for an answer to be taken, for a caller to hang up after it.
READING, WRITING, LINGERING = 10.0, 10, 2.0
# Of each process: connections that wait, and bytes they have sent; beyond, the one that waits longest is closed.
MOST_WAITING, MOST_BYTES = 500, 32 * 1024 * 1024
_PIECE = 64 * 1024
_TOO_LATE = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection(TConn):
    """A caller's connection: what came of its next request, and until when the rest is waited for."""

    incoming: Incoming
    ends_at: float
    idle = False  # kept alive, and nothing of a next request came yet


class PatientWorker(ThreadWorker):
    """Waits in the main loop, works in threads."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._waiting: dict[Connection, None] = {}  # as a set that keeps the order
        self._bytes = 0

    def accept(self, listener: socket.socket) -> None:
        """Take a connection and wait for its request."""
        try:
            client, address = listener.accept()
        except OSError:  # it is gone already, or there are too many open files
            self._drop_oldest()
            return
        self.nr_conns += 1
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", WRITING, 0))
        conn = Connection(self.cfg, client, address, listener.getsockname())
        conn.initialized = conn.data_ready = True
        self._await_request(conn, b"", READING)

    def _await_request(self, conn: Connection, data: bytes, seconds: float) -> None:
        conn.incoming = Incoming(data)
        if conn.incoming.is_complete():
            self._hand_on(conn)
        else:
            self._wait(conn, self._on_bytes, seconds)

    def _wait(self, conn: Connection, callback: Callable[[Connection, bytes], None], seconds: float) -> None:
        conn.sock.setblocking(False)
        conn.ends_at = time.monotonic() + seconds
        self._waiting[conn] = None
        self._bytes += len(conn.incoming.data)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_readable, conn, callback))
        while len(self._waiting) > MOST_WAITING or self._bytes > MOST_BYTES:
            self._drop_oldest()

    def _leave(self, conn: Connection) -> None:
        del self._waiting[conn]
        self._bytes -= len(conn.incoming.data)
        self.poller.unregister(conn.sock)

    def _on_readable(self, conn: Connection, callback: Callable[[Connection, bytes], None], _: object) -> None:
        if conn not in self._waiting:  # it was closed for another one's sake
            return
        try:
            data = conn.sock.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            callback(conn, data)
        else:
            self._close(conn)

    def _on_bytes(self, conn: Connection, data: bytes) -> None:
        if conn.idle:
            conn.idle, conn.ends_at = False, time.monotonic() + READING
        self._bytes += len(data)
        conn.incoming.add(data)
        if conn.incoming.is_complete():
            self._leave(conn)
            self._hand_on(conn)
        elif conn.incoming.wants_word():
            self._say(conn, _CONTINUE)
        if self._bytes > MOST_BYTES:
            self._drop_oldest()

    def _hand_on(self, conn: Connection) -> None:
        conn.parser = http.get_parser(self.cfg, iter([bytes(conn.incoming.data)]), conn.client)
        self.enqueue_req(conn)

    def handle(self, conn: Connection) -> bool:  # type: ignore[override] # every connection is one of ours
        """Answer a request, in a thread; false when the connection ends with it."""
        return bool(super().handle(conn)) and not conn.incoming.cut

    def finish_request(self, conn: Connection, fs: "Future[bool]") -> None:  # type: ignore[override]
        """Wait for the next request on a connection, or for the caller to hang up."""
        keeps = not fs.cancelled() and not fs.exception() and fs.result()
        try:
            if keeps:
                parser: Any = conn.parser
                behind = parser.unreader.take_buffered()
                conn.idle = not behind
                self._await_request(conn, behind, READING if behind else self.cfg.keepalive)
            else:
                self._linger(conn)
        except OSError:
            self._end(conn)

    def _linger(self, conn: Connection) -> None:
        """Let the caller read the answer: closed while it still sends, the connection would be reset."""
        conn.sock.shutdown(socket.SHUT_WR)
        conn.incoming = Incoming()
        self._wait(conn, self._on_rest, LINGERING)

    def _on_rest(self, conn: Connection, data: bytes) -> None:
        """What comes now, nobody reads."""

    def murder_keepalived(self, force: bool = False) -> None:
        """Close each connection whose time is over, in every turn of the main loop; all of them with `force`."""
        now = time.monotonic()
        for conn in [conn for conn in self._waiting if force or conn.ends_at <= now]:
            if conn.incoming.data:
                self._say(conn, _TOO_LATE)
            self._close(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        """The worker stops: whoever has not sent all of a request by then comes too late."""
        for conn in self._waiting:
            conn.ends_at = min(conn.ends_at, deadline)

    def _drop_oldest(self) -> None:
        if self._waiting:
            self._close(next(iter(self._waiting)))

    def _say(self, conn: Connection, words: bytes) -> None:
        try:
            conn.sock.send(words)
        except OSError:
            self.log.debug("a caller does not listen")

    def _close(self, conn: Connection) -> None:
        self._leave(conn)
        self._end(conn)

    def _end(self, conn: Connection) -> None:
        self.nr_conns -= 1
        conn.close()
