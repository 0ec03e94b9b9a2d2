"""Run one command until this script's standard input is closed, then stop it.

The parent keeps the other end of that pipe. When the parent dies, for whatever reason and on every Unix, the system
closes the pipe: so no command outlives its parent. This file is started as a script of its own and may import nothing
but the standard library.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from types import FrameType
from typing import Any

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# Python itself ignores these, and its Popen restores them in a child process.
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)


def main() -> None:
    """Run the command in the first argument: JSON with `command`, `account`, `stop_signal` and `grace` (seconds)."""
    request = json.loads(sys.argv[1])
    give_children_default_signals()
    for number in _STOP_SIGNALS:
        signal.signal(number, _exit)
    child = _start(request)
    try:
        threading.Thread(target=_exit_with, args=(child,), daemon=True).start()
        sys.stdin.buffer.read()
    finally:
        _end(child, request)


def give_children_default_signals() -> None:
    """Go on ignoring the signals that this process was started to ignore, but let its children start with the defaults.

    `nohup` starts a process that ignores SIGHUP, and `command &` in a script one that ignores SIGINT and SIGQUIT;
    children inherit SIG_IGN, and blocked signals too. They do not inherit handlers, so a handler that does nothing
    ignores the signal for this process alone. Call this in the main thread.
    """
    for number in signal.valid_signals():
        if number not in _IGNORED_BY_PYTHON and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, _ignore)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _ignore(_number: int, _frame: FrameType | None) -> None:
    pass


def _start(request: dict[str, Any]) -> subprocess.Popen[bytes]:
    identity: dict[str, Any] = {}
    if request["account"]:
        uid, gid = request["account"]
        identity = {"user": uid, "group": gid, "extra_groups": []}
    try:
        return subprocess.Popen(request["command"], stdin=subprocess.DEVNULL, **identity)
    except OSError as error:
        sys.exit(f"cannot start {request['command'][0]}: {error}")


def _exit(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _exit_with(child: subprocess.Popen[bytes]) -> None:
    code = child.wait()
    # Shells report "ended by signal n" as 128 + n.
    os._exit(code if code >= 0 else 128 - code)


def _end(child: subprocess.Popen[bytes], request: dict[str, Any]) -> None:
    for number in _STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    child.send_signal(request["stop_signal"])
    try:
        child.wait(request["grace"])
    except subprocess.TimeoutExpired:
        # The guard leads its process group: this kills the child, the child's children and the guard.
        os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
