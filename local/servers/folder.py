"""The folder of a local run: its lock, its secrets, and servers that an earlier run left behind.

lock           locked by the process that runs the servers; its text is that process's id
services.json  the addresses of the running servers
processes/     its lock is locked while the processes of a Procfile run as well
keys           the keys for stored secrets        password   the servers' password
postgres/      PostgreSQL's data                  redis/     Redis's configuration
postgres.superuser   the password of PostgreSQL's superuser, for people; the connector's own role is no superuser
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
"""Seconds that a leftover server has to end after SIGINT; then it gets SIGKILL."""


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read; readers see the old text or the new one, never a part."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)


def read_or_create_secret(path: Path, make: Callable[[], str]) -> str:
    """Read the secret in `path`. If there is none, make it and store it there, readable by its owner only."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private(draft, make())
        # If two processes make one at the same time, the first wins and both read the same.
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text().strip()


@contextmanager
def folder_lock(folder: Path) -> Iterator[bool]:
    """Lock the folder until the block ends; yield False if another process has it. A dead owner's lock is released."""
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


def lock_owner(folder: Path) -> int | None:
    """Return the id of the process that has locked the folder, or None."""
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
    """End the servers that still run in a data folder which nobody has locked.

    They are found by their working directory: a process id in a file may belong to another program by now.
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
    import psutil  # noqa: PLC0415 - comes with the extra `local`; without it no server ever ran here

    for process in psutil.process_iter(["name", "cwd", "cmdline"]):
        if process.info["name"] in _SERVERS and process.info["cwd"] == str(folder.resolve()):
            yield process


def _is_helper(process: "psutil.Process") -> bool:
    """PostgreSQL's own children end with it; its checkpointer would take SIGINT for something else."""
    title: str = (process.info["cmdline"] or [""])[0]
    return title.startswith("postgres:")


def _signal(process: "psutil.Process", number: signal.Signals) -> None:
    # It may have ended by itself in the meantime.
    with suppress(ProcessLookupError):
        os.kill(process.pid, number)


def make_reachable(path: Path) -> None:
    """Let every account enter the folders above `path`, but not read them."""
    for above in path.resolve().parents:
        mode = above.stat().st_mode
        if not mode & stat.S_IXOTH:
            above.chmod(mode | stat.S_IXOTH)
