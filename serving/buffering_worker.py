"""A gunicorn worker whose threads never wait for a caller.

gunicorn (27) gives a connection to a thread at its first byte. So a few slow callers, one per thread, block the whole
gateway, and each one that does not hang up stops the main loop for two seconds. Here the main loop buffers each
request, and a thread gets the complete request from memory. A connection whose request is not complete in time is
closed.
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

from serving.incoming import Incoming

# Seconds for a request from first to last byte, for the caller to read the answer, and for it to hang up afterwards.
READING, WRITING, LINGERING = 10.0, 10, 2.0
# Most waiting connections and buffered bytes of a process; beyond that, the connection that waits longest is closed.
MOST_WAITING, MOST_BYTES = 500, 32 * 1024 * 1024
_PIECE = 64 * 1024
_TOO_LATE = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection(TConn):
    """A caller's connection: the bytes of its next request so far, and the deadline for the rest."""

    incoming: Incoming
    ends_at: float
    idle = False  # kept alive, and the next request has not begun


class BufferingWorker(ThreadWorker):
    """Buffers requests in the main loop and answers them in threads."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._waiting: dict[Connection, None] = {}  # an ordered set
        self._bytes = 0

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection and wait for its request."""
        try:
            client, address = listener.accept()
        except OSError:  # the caller is gone, or there are too many open files
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
        if conn not in self._waiting:  # it was closed to make room for another one
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
        elif conn.incoming.wants_continue():
            self._say(conn, _CONTINUE)
        if self._bytes > MOST_BYTES:
            self._drop_oldest()

    def _hand_on(self, conn: Connection) -> None:
        conn.parser = http.get_parser(self.cfg, iter([bytes(conn.incoming.data)]), conn.client)
        self.enqueue_req(conn)

    def handle(self, conn: Connection) -> bool:  # type: ignore[override] # every connection is one of ours
        """Answer a request, in a thread; false if the connection ends with it."""
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
        """Let the caller read the answer: if we closed while it still sends, the connection would be reset."""
        conn.sock.shutdown(socket.SHUT_WR)
        conn.incoming = Incoming()
        self._wait(conn, self._on_rest, LINGERING)

    def _on_rest(self, conn: Connection, data: bytes) -> None:
        """Discard what still comes."""

    def murder_keepalived(self, force: bool = False) -> None:
        """Close connections past their deadline, or all with `force`; runs in every turn of the main loop."""
        now = time.monotonic()
        for conn in [conn for conn in self._waiting if force or conn.ends_at <= now]:
            if conn.incoming.data:
                self._say(conn, _TOO_LATE)
            self._close(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        """Set the deadline of all connections when the worker stops: a request not complete by then is too late."""
        for conn in self._waiting:
            conn.ends_at = min(conn.ends_at, deadline)

    def _drop_oldest(self) -> None:
        if self._waiting:
            self._close(next(iter(self._waiting)))

    def _say(self, conn: Connection, words: bytes) -> None:
        try:
            conn.sock.send(words)
        except OSError:
            self.log.debug("a caller does not read the answer")

    def _close(self, conn: Connection) -> None:
        self._leave(conn)
        self._end(conn)

    def _end(self, conn: Connection) -> None:
        self.nr_conns -= 1
        conn.close()
