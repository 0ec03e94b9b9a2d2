"""The connector's processes of one world: start them, kill them, and restart those that have ended."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import psutil

from local.servers.processes import Child, Command, Processes
from tests.support.connector.world import JOB_QUEUES

# A pool of processes, one of which can be killed alone, and a pool of threads for the same jobs.
_POOLS = {
    "jobs": (JOB_QUEUES, "prefork", 2),
    "threads": (JOB_QUEUES, "threads", 3),
    "clockwork": ("poll,dispatch,reconcile", "prefork", 2),
}
WORKERS = tuple(_POOLS)
QUEUES = tuple(sorted({queue for queues, _, _ in _POOLS.values() for queue in queues.split(",")}))
FORKING = tuple(name for name, (_, pool, _) in _POOLS.items() if pool == "prefork")
BEAT, GATEWAY = "beat", "gateway"


class ConnectorProcesses:
    """Workers, beat and gateway with `environment`. They end with `processes`."""

    def __init__(self, processes: Processes, root: Path, environment: Mapping[str, str], gateway_port: int) -> None:
        self._processes = processes
        self._port = gateway_port
        self._commands = {name: Command(name, argv, env=environment, cwd=root) for name, argv in self._argv().items()}
        self._numbers = count(1)
        self._children: dict[str, Child] = {}
        self.restarts = 0

    def start(self) -> None:
        """Start all of them."""
        for name in self._commands:
            self._start(name)

    def kill(self, name: str) -> None:
        """Send SIGKILL to a process and its children; the next `restart_ended` starts it again."""
        self._children[name].kill()

    def kill_child(self, name: str, number: int) -> bool:
        """Send SIGKILL to one process of a worker's pool; return False if there is none at this moment."""
        family = {p.pid: p for p in psutil.process_iter(["cmdline"]) if self._node(name) in (p.info["cmdline"] or [])}
        pool = [process for process in family.values() if process.ppid() in family]
        if not pool:
            return False
        pool[number % len(pool)].kill()
        return True

    def restart_ended(self) -> None:
        """Restart the processes that have ended."""
        for name, child in list(self._children.items()):
            if child.exit_code is not None:
                self.restarts += 1
                self._start(name)

    def _start(self, name: str) -> None:
        # A log file per start, so that the end of a killed process's log stays readable.
        command = replace(self._commands[name], name=f"{name}-{next(self._numbers):03d}")
        self._children[name] = self._processes.start(command)

    def _node(self, name: str) -> str:
        # The port makes the name unique among all processes of the machine.
        return f"{name}-{self._port}@%h"

    def _argv(self) -> dict[str, Sequence[str]]:
        celery = ["celery", "-A", "tests.chaos.processes.app"]
        quiet = ["--without-gossip", "--without-mingle", "--loglevel", "INFO"]
        workers = {
            name: [*celery, "worker", "-n", self._node(name), "-Q", queues, "--pool", pool, "-c", str(size), *quiet]
            for name, (queues, pool, size) in _POOLS.items()
        }
        place = ["--host", "127.0.0.1", "--port", str(self._port), "--workers", "1", "--threads", "8"]
        return {
            **workers,
            BEAT: [*celery, "beat", "--loglevel", "INFO"],
            GATEWAY: [sys.executable, "-m", "tests.chaos.processes.gateway", *place],
        }
