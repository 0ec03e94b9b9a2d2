"""Starts a local server on a free port, waits until it answers, and reports why if it never does."""

import socket
import time
from pathlib import Path
from typing import Protocol

from local.servers.folder import end_leftovers
from local.servers.processes import Child, Command, Processes
from schemas.errors import ConnectorError

_TRIES = 3
"""Tries, because a port that was free may be taken a moment later."""
_START_TIMEOUT = 60.0
"""Seconds until a server must answer: enough for PostgreSQL to recover after a crash."""
_PAUSE = 0.02
"""Seconds between two checks."""


class ServerFailed(ConnectorError):
    """A local server did not start."""


class Server(Protocol):
    """A server that keeps its data in one folder."""

    folder: Path

    def prepare(self) -> None:
        """Prepare the data folder, if it is not ready."""

    def command(self, port: int) -> Command:
        """Return the command that starts it on 127.0.0.1."""

    def url(self, port: int) -> str:
        """Return its address, password included."""

    def ready(self, port: int) -> bool:
        """Return whether it can be used."""


def launch(server: Server, processes: Processes) -> str:
    """End what an earlier run left in the server's folder, start the server, and return its address once it answers.

    Raises ServerFailed, with the end of the server's log.
    """
    end_leftovers(server.folder)
    server.prepare()
    for _ in range(_TRIES):
        port = free_port()
        child = processes.start(server.command(port))
        if _answers(server, child, port):
            return server.url(port)
        child.stop()
    raise ServerFailed(f"{child.name} did not start; the end of {child.log}:\n{child.log_tail()}")


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(server: Server, child: Child, port: int) -> bool:
    deadline = time.monotonic() + _START_TIMEOUT
    while child.exit_code is None and time.monotonic() < deadline:
        if server.ready(port):
            return True
        time.sleep(_PAUSE)
    return False
