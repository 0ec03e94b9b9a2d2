"""The whole fleet of the Procfile, started by a plain shell that restarts nothing."""

import shlex
from collections.abc import Mapping
from pathlib import Path

import psutil

from tests.chaos.crew import Crew
from workers.local.processes import Command, Processes, read_procfile

# It only shows what the others do, and would ask for a free port of its own.
_LEFT_OUT = ("flower",)


class ShellFleet(Crew):
    """Nine workers, beat and gateway as background jobs of one shell; they end with `processes`.

    No fault kills a member of it: that would prove nothing about a fleet that nobody restarts.
    """

    def __init__(self, processes: Processes, root: Path, environment: Mapping[str, str], gateway_port: int) -> None:
        super().__init__(processes, root, environment, gateway_port)
        self._root = root
        self._environment = environment
        self._members: dict[str, psutil.Process] = {}

    def start(self) -> None:
        """Start all of them."""
        self._processes.start(Command("shell", ["bash", "-c", self._script()], env=self._environment, cwd=self._root))

    def keep_up(self) -> None:
        """Nobody restarts anything here."""

    def dead(self) -> list[str]:
        """Name the members that have ended since they were first seen alive."""
        return [name for name, member in self.members().items() if not _lives(member)]

    def members(self) -> Mapping[str, psutil.Process]:
        """Return the process of each member, known from the file into which the shell wrote its id."""
        for name in self._procfile():
            file = self._pid_file(name)
            if name not in self._members and file.exists() and (text := file.read_text().strip()):
                self._members[name] = psutil.Process(int(text))
        return self._members

    def complete(self) -> bool:
        """Tell whether the shell has started every member."""
        return len(self.members()) == len(self._procfile())

    def _script(self) -> str:
        lines = [
            f"{shlex.join(argv)} > {shlex.quote(str(self._processes.logs / name))}.log 2>&1 & "
            f"echo $! > {shlex.quote(str(self._pid_file(name)))}"
            for name, argv in self._procfile().items()
        ]
        # A shell leaves its jobs behind when it ends; these end with it.
        return "\n".join(["trap 'kill $(jobs -p); wait; exit 0' TERM", *lines, "wait"])

    def _procfile(self) -> dict[str, list[str]]:
        commands = read_procfile(self._root / "Procfile")
        gateway = ["connector", "gateway", "--host", "127.0.0.1", "--port", str(self._port)]
        return {name: argv for name, argv in (commands | {"gateway": gateway}).items() if name not in _LEFT_OUT}

    def _pid_file(self, name: str) -> Path:
        return self._processes.logs / f"{name}.pid"


def _lives(process: psutil.Process) -> bool:
    return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
