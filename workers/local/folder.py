"""The folder of a local run: who holds it, what is kept secret in it, and what of an earlier run is still alive in it.

lock           held by the process that runs the servers; its text is that process's id
services.json  the addresses of the running servers
processes/     its lock is held while the processes of a Procfile run as well
keys           the keys for stored secrets        password   the servers' password
postgres/      PostgreSQL's data                  redis/     Redis's configuration
postgres.superuser   the password of PostgreSQL's superuser, for a person: the connector's own role is none
logs/          one file per process
"""

import fcntl
import os
import signal
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

_SERVERS = ("postgres", "redis-server", "valkey-server")
_LEFTOVER_GRACE = 10.0
"""Seconds a leftover server has to end by itself."""


def write_private(path: Path, text: str) -> None:
    """Write a file only its owner can read; readers see the old text or the new one, never a part."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)


def kept_secret(path: Path, make: Callable[[], str]) -> str:
    """Read the secret in `path`, or make it and keep it there, readable by its owner only."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private(draft, make())
        # Of two processes that make one at the same time, the first wins and both read the same.
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text().strip()


@contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Hold the folder, unless another process does: yields whether it worked. The system lets go of a dead holder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield True


def holder(folder: Path) -> int | None:
    """Give the id of the process that holds the folder, or None."""
    lock = folder / "lock"
    if not lock.exists():
        return None
    with lock.open("r") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(file.read() or 0) or None
    return None


def end_leftovers(folder: Path) -> None:
    """End the servers still at work in a data folder though nobody holds it.

    They are known by their working directory: a process id in a file may since belong to somebody else.
    """
    for process in _servers_in(folder):
        if not _is_helper(process):
            _signal(process, signal.SIGINT)
    deadline = time.monotonic() + _LEFTOVER_GRACE
    while left := list(_servers_in(folder)):
        if time.monotonic() > deadline:
            for process in left:
                _signal(process, signal.SIGKILL)
        time.sleep(0.02)


def _servers_in(folder: Path) -> Iterator["psutil.Process"]:
    if not folder.exists():
        return
    import psutil  # noqa: PLC0415 - comes with the extra `local`, without which no server ever ran here

    for process in psutil.process_iter(["name", "cwd", "cmdline"]):
        if process.info["name"] in _SERVERS and process.info["cwd"] == str(folder.resolve()):
            yield process


def _is_helper(process: "psutil.Process") -> bool:
    """PostgreSQL's own children end with it; to its checkpointer SIGINT would mean something else."""
    title: str = (process.info["cmdline"] or [""])[0]
    return title.startswith("postgres:")


def _signal(process: "psutil.Process", number: signal.Signals) -> None:
    # Gone by itself in the meantime, which is as good.
    with suppress(ProcessLookupError):
        os.kill(process.pid, number)


def open_the_way(path: Path) -> None:
    """Let every account pass through the folders above `path`, not read them."""
    for above in path.resolve().parents:
        mode = above.stat().st_mode
        if not mode & stat.S_IXOTH:
            above.chmod(mode | stat.S_IXOTH)
