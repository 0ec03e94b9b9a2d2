"""Run a simulator: in a thread of a test process (`serve`), or as a process of its own (`run`)."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

_START_SECONDS = 10.0


@contextmanager
def serve(app: ASGIApp, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve `app` from a thread while the block runs; yields its URL. Port 0 picks a free one.

    Raises RuntimeError when the server does not come up.
    """
    with _listen(host, port) as listener:
        server = _Server(_config(app))
        thread = threading.Thread(target=server.run, args=([listener],), name="simulator", daemon=True)
        thread.start()
        try:
            if not server.up.wait(_START_SECONDS):
                raise RuntimeError(f"the simulator did not start on {host}:{port}")
            yield f"http://{host}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(_START_SECONDS)


def run(app: ASGIApp, host: str = "127.0.0.1", port: int = 0) -> None:
    """Serve `app` until the process gets SIGINT or SIGTERM."""
    with _listen(host, port) as listener:
        _Server(_config(app)).run([listener])


class _Server(uvicorn.Server):
    """uvicorn's server with an event that is set when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


class _Closable:
    """Gives the app its connection, as `scope["simulators.transport"]`: ASGI itself has no way to break it off."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            # uvicorn's `send` is a method of the request's cycle, which knows its transport.
            scope["simulators.transport"] = send.__self__.transport  # type: ignore[attr-defined]
        await self._app(scope, receive, send)


def _config(app: ASGIApp) -> uvicorn.Config:
    # Keep connections open longer than clients pause: if we close a pooled connection, it looks like a fault.
    return uvicorn.Config(
        _Closable(app),
        log_level="error",
        access_log=False,
        timeout_keep_alive=120,
        timeout_graceful_shutdown=1,
    )


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket without Nagle's delay: else each answer waits 40 ms for the peer's acknowledgment."""
    listener = socket.create_server((host, port))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
