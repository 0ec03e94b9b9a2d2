"""What the embedded servers have in common: a free port, a wait until they answer, an end, and what a crash left."""

import contextlib
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from schemas.errors import ConnectorError

_START_SECONDS = 60.0
_STOP_SECONDS = 15.0
_LOG_TAIL = 2000  # characters of a server's log that an error quotes


class ServerDidNotStart(ConnectorError):
    """An embedded server did not start; its log says why."""


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until(answers: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once the server answers; raise ServerDidNotStart when it ended or took longer than a minute."""
    deadline = time.monotonic() + _START_SECONDS
    while not answers():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise ServerDidNotStart(f"{log.stem} did not start; {log} ends with:\n{log.read_text()[-_LOG_TAIL:]}")
        time.sleep(0.02)


def stop(process: subprocess.Popen[bytes], signum: signal.Signals) -> None:
    """Ask the server to end, and after 15 s end it."""
    process.send_signal(signum)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def end_leftover(pid_file: Path, folder: Path, signum: signal.Signals) -> None:
    """End the server of an earlier run whose parent crashed, then remove its pid file.

    The pid may meanwhile belong to a stranger; ours is the one whose working folder is `folder`.
    """
    if not pid_file.exists():
        return
    with contextlib.suppress(psutil.Error, ValueError, IndexError):
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        if process.cwd() == str(folder.resolve()):
            process.send_signal(signum)
            process.wait(_STOP_SECONDS)
    pid_file.unlink(missing_ok=True)
