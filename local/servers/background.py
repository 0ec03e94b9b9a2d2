"""Servers that run in the background: `connector local up` starts them, `connector local down` stops them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path

from ledger.postgres.database import Database
from ledger.postgres.migrate import migrate
from local.servers.folder import end_leftovers, folder_lock, lock_owner
from local.servers.processes import Command, Processes, read_procfile
from local.servers.services import Services, check_answers, environment, local_services, named, running
from local.servers.startup import ServerFailed
from schemas.errors import ConfigurationError

_TIMEOUT = 90.0
_PAUSE = 0.1


def up(folder: Path, procfile: Path | None = None, environ: Mapping[str, str] = os.environ) -> Services:
    """Run the servers in `folder`, and on a migrated database the processes of `procfile`, until `down`.

    Changes nothing if all of it runs already. Raises ServerFailed. Raises ConfigurationError if there is no Procfile,
    or a server that the environment names does not answer.
    """
    if procfile and not procfile.is_file():
        raise ConfigurationError(f"There is no {procfile} in {Path.cwd()}; run this in the project's folder")
    check_answers(named(folder, environ))
    if not running(folder):
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / "standing.log"
        with log.open("wb") as output:
            keeper = _start_keeper(folder, procfile, environ, output.fileno())
        _wait_for(keeper, folder, log, bool(procfile))
    elif procfile and not _processes_run(folder):
        raise ServerFailed("The servers already run without the processes; stop them first: connector local down")
    with local_services(folder, environ) as services:
        return services


def down(folder: Path) -> bool:
    """Stop whatever runs in `folder`, crashed or not, and wait for its end; return whether anything was running.

    Raises ServerFailed if it does not end.
    """
    keeper = lock_owner(folder)
    if keeper:
        os.kill(keeper, signal.SIGTERM)
    deadline = time.monotonic() + _TIMEOUT
    while lock_owner(folder):
        if time.monotonic() > deadline:
            raise ServerFailed(f"Process {keeper}, which runs the servers in {folder}, does not end")
        time.sleep(_PAUSE)
    for name in ("postgres", "redis"):
        end_leftovers(folder / name)
    return keeper is not None


def run_until_stopped(folder: Path, procfile: Path | None) -> None:
    """Run the servers, and the processes of `procfile`, until SIGTERM: what the background process of `up` does."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    with local_services(folder) as services, Processes(folder / "logs") as processes:
        env = {**os.environ, **environment(services), "PATH": _path()}
        if procfile:
            _migrate(services)
            for name, argv in read_procfile(procfile).items():
                processes.start(Command(name, argv, env=env))
        with folder_lock(folder / "processes") if procfile else nullcontext():
            while True:
                signal.pause()


def _processes_run(folder: Path) -> bool:
    return lock_owner(folder / "processes") is not None


def _migrate(services: Services) -> None:
    database = Database(services.database_url)
    migrate(database)
    database.close()


def _path() -> str:
    """Return a PATH that begins with the programs of this Python's environment, as if it were activated."""
    return os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))


def _start_keeper(
    folder: Path, procfile: Path | None, environ: Mapping[str, str], output: int
) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-m", "local.servers", str(folder), *([str(procfile)] if procfile else [])]
    return subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=dict(environ), start_new_session=True
    )


def _wait_for(keeper: subprocess.Popen[bytes], folder: Path, log: Path, processes: bool) -> None:
    deadline = time.monotonic() + _TIMEOUT
    while not running(folder) or (processes and not _processes_run(folder)):
        if keeper.poll() is not None or time.monotonic() > deadline:
            raise ServerFailed(
                f"The servers or processes in {folder} did not start:\n{log.read_text(errors='replace')}"
            )
        time.sleep(_PAUSE)
    # It outlives us, so nobody waits for it.
    keeper.returncode = 0
