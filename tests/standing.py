"""A server that can be killed, frozen and brought back at the same address."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg

from workers.local.folder import end_leftovers
from workers.local.processes import Child, Processes
from workers.local.server import Server, free_port

_START_TIMEOUT = 30.0


def answers(url: str) -> bool:
    """Tell whether a PostgreSQL, or what stands before it, takes connections."""
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


class KillableServer:
    """One server of its own folder and port, which it keeps over its deaths."""

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
        """Its address for those who reach it by another port."""
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
        """Let it die with all its helpers, at once and with whatever it has in memory."""
        self._child.kill()

    def restart(self, ready: Callable[[str], bool] | None = None) -> None:
        """Bring it back after a kill and wait until it answers; `ready` asks in another way than its kind does."""
        self._child = self._start(ready)

    def freeze(self) -> None:
        """Let it stand still: connections are taken, nothing is answered."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _start(self, ready: Callable[[str], bool] | None = None) -> Child:
        end_leftovers(self._server.folder)
        self._server.prepare()
        command = self._server.command(self.port)
        child = self._processes.start(replace(command, name=f"{command.name}-{urlsplit(self.url).port}"))
        ends = time.monotonic() + _START_TIMEOUT
        while not (ready(self.url) if ready else self._server.ready(self.port)):
            if time.monotonic() > ends:
                raise AssertionError(f"{child.name} does not come up:\n{child.log_tail()}")
            time.sleep(0.02)
        return child

    def _signal(self, number: signal.Signals) -> None:
        folder = str(self._server.folder)
        for process in psutil.process_iter(["name", "cwd"]):
            # Not its guard, which must stay able to end it.
            if process.info["cwd"] == folder and process.info["name"].endswith("-server"):
                os.kill(process.pid, number)
