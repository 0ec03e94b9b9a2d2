"""A PostgreSQL and a Redis that can be killed, frozen and brought back at the same address."""

import os
import secrets
import signal
import time
from pathlib import Path

import psutil
from cryptography.fernet import Fernet

from workers.local.folder import end_leftovers
from workers.local.postgres import Postgres
from workers.local.processes import Child, Processes
from workers.local.redis import Redis
from workers.local.server import Server, free_port
from workers.local.services import Services

_PATIENCE = 30.0


class Standing:
    """One server of its own folder and port, which it keeps over its deaths."""

    def __init__(self, server: Server, processes: Processes) -> None:
        self._server = server
        self._processes = processes
        self._port = free_port()
        self._child = self._start()

    @property
    def url(self) -> str:
        """Its address."""
        return self._server.url(self._port)

    def kill(self) -> None:
        """Let it die with all its helpers, at once and with whatever it has in memory."""
        self._child.kill()

    def restart(self) -> None:
        """Bring it back after a kill and wait until it answers."""
        self._child = self._start()

    def freeze(self) -> None:
        """Let it stand still: connections are taken, nothing is answered."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _start(self) -> Child:
        end_leftovers(self._server.folder)
        self._server.prepare()
        child = self._processes.start(self._server.command(self._port))
        ends = time.monotonic() + _PATIENCE
        while not self._server.ready(self._port):
            if time.monotonic() > ends:
                raise AssertionError(f"{child.name} does not come up:\n{child.last_words()}")
            time.sleep(0.02)
        return child

    def _signal(self, number: signal.Signals) -> None:
        folder = str(self._server.folder)
        for process in psutil.process_iter(["name", "cwd"]):
            # Not its guard, which must stay able to end it.
            if process.info["cwd"] == folder and process.info["name"].endswith("-server"):
                os.kill(process.pid, number)


class Servers:
    """Both servers, with their data below `folder`; they end with `processes`."""

    def __init__(self, folder: Path, processes: Processes) -> None:
        password = secrets.token_urlsafe(24)
        self.postgres = Standing(Postgres(folder / "postgres", password, durable=False), processes)
        self.redis = Standing(Redis(folder / "redis", password), processes)
        self._keys = Fernet.generate_key().decode()

    @property
    def services(self) -> Services:
        """Their addresses, as every process of the connector wants them."""
        return Services(self.postgres.url, self.redis.url, self.redis.url, self._keys)
