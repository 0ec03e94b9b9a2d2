"""All processes of the Procfile, started by a plain shell that restarts nothing."""

import shlex
from collections.abc import Mapping
from pathlib import Path

import psutil

from local.servers.processes import Command, Processes, read_procfile
from tests.chaos.processes.connector_processes import ConnectorProcesses

# They only show what the others do, and would need a free port.
_NOT_STARTED = ("flower", "console", "exporter")


class ShellFleet(ConnectorProcesses):
    """Nine workers, beat and gateway as background jobs of one shell. They end with `processes`.

    No fault kills one of them: that would prove nothing about processes that nobody restarts.
    """

    def __init__(self, processes: Processes, root: Path, environment: Mapping[str, str], gateway_port: int) -> None:
        super().__init__(processes, root, environment, gateway_port)
        self._root = root
        self._environment = environment
        self._started: dict[str, psutil.Process] = {}

    def start(self) -> None:
        """Start all of them."""
        self._processes.start(Command("shell", ["bash", "-c", self._script()], env=self._environment, cwd=self._root))

    def restart_ended(self) -> None:
        """Do nothing: nothing restarts these processes."""

    def dead(self) -> list[str]:
        """Return the names of the processes that have ended."""
        return [name for name, process in self.started().items() if not _is_alive(process)]

    def started(self) -> Mapping[str, psutil.Process]:
        """Return name → process, by the files into which the shell wrote the process ids."""
        for name in self._procfile():
            file = self._pid_file(name)
            if name not in self._started and file.exists() and (text := file.read_text().strip()):
                self._started[name] = psutil.Process(int(text))
        return self._started

    def complete(self) -> bool:
        """Return whether the shell has started every process."""
        return len(self.started()) == len(self._procfile())

    def _script(self) -> str:
        lines = [
            f"{shlex.join(argv)} > {shlex.quote(str(self._processes.logs / name))}.log 2>&1 & "
            f"echo $! > {shlex.quote(str(self._pid_file(name)))}"
            for name, argv in self._procfile().items()
        ]
        # A shell does not end its background jobs when it ends, so the trap does.
        return "\n".join(["trap 'kill $(jobs -p); wait; exit 0' TERM", *lines, "wait"])

    def _procfile(self) -> dict[str, list[str]]:
        commands = read_procfile(self._root / "Procfile")
        gateway = ["connector", "gateway", "--host", "127.0.0.1", "--port", str(self._port)]
        return {name: argv for name, argv in (commands | {"gateway": gateway}).items() if name not in _NOT_STARTED}

    def _pid_file(self, name: str) -> Path:
        return self._processes.logs / f"{name}.pid"


def _is_alive(process: psutil.Process) -> bool:
    return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
