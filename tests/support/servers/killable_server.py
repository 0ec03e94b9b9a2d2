"""A server that can be killed, frozen and started again at the same address."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg

from local.servers.folder import end_leftovers
from local.servers.processes import Child, Processes
from local.servers.startup import Server, free_port

_START_TIMEOUT = 60.0


def answers(url: str) -> bool:
    """Return whether a PostgreSQL, or the pooler before it, accepts connections."""
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


class KillableServer:
    """One server with its own folder and port, which it keeps when it is killed and started again."""

    def __init__(self, server: Server, processes: Processes) -> None:
        self._server = server
        self._processes = processes
        self.port = free_port()
        self._child = self._start()

    @property
    def url(self) -> str:
        """Its address."""
        return self._server.url(self.port)

    def url_at(self, port: int) -> str:
        """Return its address by another port."""
        return self._server.url(port)

    @property
    def folder(self) -> Path:
        """Where its data is."""
        return self._server.folder

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._child.exit_code is None

    def kill(self) -> None:
        """Kill it with all its helper processes; what it has in memory is lost."""
        self._child.kill()

    def restart(self, ready: Callable[[str], bool] | None = None) -> None:
        """Start it after a kill and wait until it answers; `ready` replaces the server's own check."""
        self._child = self._start(ready)

    def freeze(self) -> None:
        """Freeze it: it accepts connections but answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Make it continue."""
        self._signal(signal.SIGCONT)

    def _start(self, ready: Callable[[str], bool] | None = None) -> Child:
        end_leftovers(self._server.folder)
        self._server.prepare()
        command = self._server.command(self.port)
        child = self._processes.start(replace(command, name=f"{command.name}-{urlsplit(self.url).port}"))
        ends = time.monotonic() + _START_TIMEOUT
        while not (ready(self.url) if ready else self._server.ready(self.port)):
            if time.monotonic() > ends:
                raise AssertionError(f"{child.name} does not start:\n{child.log_tail()}")
            time.sleep(0.02)
        return child

    def _signal(self, number: signal.Signals) -> None:
        folder = str(self._server.folder)
        for process in psutil.process_iter(["name", "cwd"]):
            # Not its guard, which must be able to end it.
            if process.info["cwd"] == folder and process.info["name"].endswith("-server"):
                os.kill(process.pid, number)
