"""A worker's heartbeat in the ledger: the queues that it consumes, its slots, and its settings."""

import os
import socket
from collections.abc import Callable, Sequence

from jobs.loops import Loops
from ledger.jobs.dispatch_window import DispatchWindow, WorkerProcess
from schemas.settings import Settings
from workers.listening import LISTENING


class Heartbeat:
    """Reports one worker process under the name that it has in Flower too.

    What it consumes, and how many tasks it runs at once, may be changed by remote control.
    """

    def __init__(
        self,
        window: DispatchWindow,
        settings: Settings,
        loops: Loops,
        name: str,
        queues: Callable[[], Sequence[str]],
        slots: Callable[[], int],
    ) -> None:
        self._window = window
        self._settings = settings.shared()
        self._loops = loops
        self._name = name
        self._host = socket.gethostname()
        self._queues = queues
        self._slots = slots
        self._took_over = False

    def beat(self) -> None:
        """Report that the process lives; the first time, forget the processes that it replaces."""
        if not self._took_over:
            self._take_over()
            self._took_over = True
        inside = WorkerProcess(os.getpid(), self._loops.stuck(), self._settings, LISTENING.unheard())
        self._window.heartbeat(self._name, self._host, self._queues(), self._slots(), inside)

    def end(self) -> None:
        """Sign off: this process ended properly and is not missing."""
        self._window.forget(self._name)

    def _take_over(self) -> None:
        """Forget the processes that this one replaces: they were killed and started again, so they are not missing.

        Such an id belongs to no process now, or to this one: containers number their processes from 1.
        """
        for name, pid in self._window.predecessors(self._name, self._host, self._queues()).items():
            if pid == os.getpid() or not _exists(pid):
                self._window.forget(name)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
