"""Child processes that end with their parent: logged to files, never restarted, and stopped in order."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_GUARD = Path(__file__).with_name("guard.py")
_GUARD_MARGIN = 5.0
"""Seconds that a guard may need beyond its child's grace."""


@dataclass(frozen=True)
class Command:
    """What to run.

    `env` is the whole environment (None: the parent's). `account` is the uid and gid to run as (None: the parent's).
    `grace` is the number of seconds between `stop_signal` and SIGKILL.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    account: tuple[int, int] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0


class Child:
    """One running command. Its standard output and error go to the file `log`."""

    def __init__(self, command: Command, log: Path) -> None:
        self.command = command
        self.log = log
        request = {
            "command": list(command.argv),
            "account": command.account,
            "stop_signal": command.stop_signal,
            "grace": command.grace,
        }
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            # In a session of its own it gets no Ctrl-C from the terminal: the parent stops its children in order.
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_GUARD), json.dumps(request)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=command.env,
                cwd=command.cwd,
                start_new_session=True,
            )

    @property
    def name(self) -> str:
        """The command's name."""
        return self.command.name

    @property
    def pid(self) -> int:
        """The id of the guard, the parent process of the command and of all that it starts."""
        return self._guard.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code: None while it runs, 128 + n when signal n ended it."""
        return self._guard.poll()

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the command ends by itself. Raises subprocess.TimeoutExpired after `timeout` seconds."""
        return self._guard.wait(timeout)

    def send_stop(self) -> None:
        """Make the guard send the stop signal, and SIGKILL after the grace; return at once."""
        assert self._guard.stdin is not None
        self._guard.stdin.close()

    def stop(self) -> None:
        """Stop it and wait until it has ended."""
        self.send_stop()
        try:
            self._guard.wait(self.command.grace + _GUARD_MARGIN)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Send SIGKILL to the command and all its children, like a crash, and wait until they have ended."""
        if self.exit_code is None:
            os.killpg(self._guard.pid, signal.SIGKILL)
        self.send_stop()
        self._guard.wait()

    def log_tail(self, lines: int = 15) -> str:
        """Return the end of the log, for an error message."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


class Processes:
    """A set of children whose logs are `logs/<name>.log`. The end of the `with` block stops them all.

    To stop some before others that they need, nest their set in the others' set.
    """

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self._children: list[Child] = []

    def start(self, command: Command) -> Child:
        """Start one more child."""
        child = Child(command, self.logs / f"{command.name}.log")
        self._children.append(child)
        return child

    def ended(self) -> tuple[Child, ...]:
        """Return the children that ended by themselves."""
        return tuple(child for child in self._children if child.exit_code is not None)

    def stop(self) -> None:
        """Send the stop signal to all, the last started first, and wait until all have ended."""
        children, self._children = self._children[::-1], []
        for child in children:
            child.send_stop()
        for child in children:
            child.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def read_procfile(path: Path) -> dict[str, list[str]]:
    """Return the command of each process type in a Procfile, in the file's order."""
    lines = (line.partition(":") for line in path.read_text().splitlines() if line.strip() and line[0] != "#")
    return {name.strip(): shlex.split(command) for name, _, command in lines}
