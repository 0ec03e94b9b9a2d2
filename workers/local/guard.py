"""Runs one command for as long as somebody holds this script's standard input open, and ends it then.

A dead holder's pipe closes by itself, whatever the holder died of and on every Unix alike, so nothing outlives
the process that wanted it. Started as a script of its own: it must not load anything but the standard library.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from types import FrameType
from typing import Any

_LEAVE = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# Python itself ignores these, and its Popen restores them in a child.
_PYTHONS = (signal.SIGPIPE, signal.SIGXFSZ)


def main() -> None:
    """Run the order in the first argument: JSON with `command`, `account`, `stop_signal` and `grace` (seconds)."""
    order = json.loads(sys.argv[1])
    give_children_default_signals()
    for number in _LEAVE:
        signal.signal(number, _leave)
    child = _start(order)
    try:
        threading.Thread(target=_follow, args=(child,), daemon=True).start()
        sys.stdin.buffer.read()
    finally:
        _end(child, order)


def give_children_default_signals() -> None:
    """Keep ignoring what this process was started to ignore, but let its children begin with the defaults.

    `nohup` starts a process that ignores SIGHUP, and `command &` in a script one that ignores SIGINT and SIGQUIT;
    children inherit SIG_IGN, and a blocked signal too. A handler ends with exec, so one that does nothing ignores
    for this process alone. Call it in the main thread.
    """
    for number in signal.valid_signals():
        if number not in _PYTHONS and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, _ignore)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _ignore(_number: int, _frame: FrameType | None) -> None:
    pass


def _start(order: dict[str, Any]) -> subprocess.Popen[bytes]:
    identity: dict[str, Any] = {}
    if order["account"]:
        uid, gid = order["account"]
        identity = {"user": uid, "group": gid, "extra_groups": []}
    try:
        return subprocess.Popen(order["command"], stdin=subprocess.DEVNULL, **identity)
    except OSError as error:
        sys.exit(f"cannot start {order['command'][0]}: {error}")


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _follow(child: subprocess.Popen[bytes]) -> None:
    code = child.wait()
    # A shell's way to say "ended by a signal".
    os._exit(code if code >= 0 else 128 - code)


def _end(child: subprocess.Popen[bytes], order: dict[str, Any]) -> None:
    for number in _LEAVE:
        signal.signal(number, signal.SIG_IGN)
    child.send_signal(order["stop_signal"])
    try:
        child.wait(order["grace"])
    except subprocess.TimeoutExpired:
        # The guard leads its process group: this ends the child, the child's children and the guard.
        os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
