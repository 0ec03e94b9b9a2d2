"""The socket side of `Http`: one deadline for a whole call, and a record of whether anything was sent.

`requests` has only a timeout per read: a server that sends one byte a second holds a thread forever, in the headers as
well as in the body. Here every connect, send and read of a call gets the time left until one deadline. The connection
also records when the first byte of a request leaves. This separates "never sent" from "may have happened" without
guessing from exception types.
"""

import http.client
import io
import os
import socket
import struct
import time
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from clients.public_addresses import is_public

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CONNECT_SECONDS = 4.0  # a host that accepts no connection in this time is down; the rest of the time is for the answer
POOL_HOSTS = 64  # connections to this many hosts are kept; the least recently used host's are closed
POOL_CONNECTIONS = 32  # connections kept per host: as many as a worker process has threads

# SO_LINGER of a connection. After an ordinary close, the system sends the remaining data for minutes: a request delayed
# by a broken network would arrive long after its call was given up. Until the answer comes, closing discards the data.
_DISCARD, _DELIVER = struct.pack("ii", 1, 0), struct.pack("ii", 0, 0)


@dataclass(slots=True)
class Call:
    """One HTTP exchange of this thread: its deadline, and what happened on the network.

    `ends_at` is the deadline in seconds of the monotonic clock. `fresh` forbids a connection that was used before.
    `public_only` forbids an address of this machine or of a network inside; a proxy is trusted to know its own.
    """

    ends_at: float
    fresh: bool = False
    public_only: bool = False
    sent: bool = False
    reused: bool = False
    answered: bool = False

    def left(self) -> float:
        """Return the seconds left; raises TimeoutError if there are none."""
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the call's deadline has passed")
        return left


class AddressInside(OSError):
    """A name that others gave leads to this machine or to a network inside."""


current_call: ContextVar[Call] = ContextVar("current_call")


class _DeadlineReader(io.RawIOBase):
    """Reads a socket's file; each read gets the time that the call has left."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, call: Call) -> None:
        self._raw, self._sock, self._call = raw, sock, call

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        self._sock.settimeout(self._call.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _DeadlineResponse(http.client.HTTPResponse):
    def __init__(
        self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        self.fp = io.BufferedReader(_DeadlineReader(self.fp.detach(), sock, current_call.get()))


class _Deadline(HTTPConnection):
    """What HTTP and HTTPS connections add to urllib3's."""

    response_class = _DeadlineResponse
    _requests = 0
    _asks_proxy = False

    def connect(self) -> None:
        self.timeout = min(CONNECT_SECONDS, current_call.get().left())
        self._requests = 0
        super().connect()

    def _tunnel(self) -> None:
        """Ask a proxy for a tunnel to the host: nothing of the request itself is sent yet."""
        self._asks_proxy = True
        try:
            super()._tunnel()
        finally:
            self._asks_proxy = False

    def putrequest(self, method: str, url: str, skip_host: bool = False, skip_accept_encoding: bool = False) -> None:
        call = current_call.get()
        if call.fresh and self._requests:
            self.close()
        super().putrequest(method, url, skip_host, skip_accept_encoding)

    def send(self, data: Any) -> None:
        call = current_call.get()
        if self.sock is None:
            self.connect()
        self.sock.settimeout(call.left())
        if call.public_only and self.proxy is None and not is_public(self.sock.getpeername()[0]):
            self.close()
            raise AddressInside
        if self._asks_proxy:
            super().send(data)
            return
        if not call.sent:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _DISCARD)
        call.sent, call.reused = True, self._requests > 0
        super().send(data)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override] # urllib3 has a response class of its own
        sock = self.sock
        response = super().getresponse()
        if sock.fileno() >= 0:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _DELIVER)
        current_call.get().answered = True
        self._requests += 1
        return response


class _DeadlineHTTPConnection(_Deadline):
    pass


class _DeadlineHTTPSConnection(_Deadline, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _DeadlineHTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _DeadlineHTTPSConnection


_POOLS = {"http": _HTTPPool, "https": _HTTPSPool}


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **_: object) -> None:
        self.poolmanager = PoolManager(num_pools=connections, maxsize=maxsize, block=block)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager


def new_session() -> requests.Session:
    """Create a session whose adapters keep connections. Use its adapters directly: they have no cookies or logins."""
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter(pool_connections=POOL_HOSTS, pool_maxsize=POOL_CONNECTIONS))
    return session


class _Shared:
    session: requests.Session | None = None


def shared_session() -> requests.Session:
    """Return the session of this process. Threads share it; a forked child gets its own, never its parent's sockets."""
    if _Shared.session is None:
        _Shared.session = new_session()
    return _Shared.session


def _forget_session() -> None:
    _Shared.session = None


os.register_at_fork(after_in_child=_forget_session)
