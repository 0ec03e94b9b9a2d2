"""Threads that do one thing again and again, whatever goes wrong, and that can be asked whether they are stuck."""

import threading
import time
from collections.abc import Callable

import structlog

from schemas.errors import ConnectorError

log = structlog.get_logger()

# A turn that lasts longer than so many intervals, and than so many seconds, is stuck: no call of ours waits that long.
STUCK_INTERVALS, STUCK_SECONDS = 5, 60.0

_loops: dict[str, "Loop"] = {}


class Loop:
    """Calls `turn` at once and then every `interval` seconds in a thread of its own, until it is stopped.

    An exception ends no loop: it is told once in the log, and once more when a turn succeeds again.
    """

    def __init__(self, name: str, interval: float, turn: Callable[[], object]) -> None:
        self.name = name
        self._interval = interval
        self._turn = turn
        self._stopped = threading.Event()
        self._failing = False
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        _loops[self.name] = self
        self._thread.start()

    def stop(self) -> None:
        """Let the present turn be the last."""
        self._stopped.set()
        if _loops.get(self.name) is self:
            del _loops[self.name]

    @property
    def stuck(self) -> bool:
        """Whether it has ended, or no turn has begun for far too long."""
        silent = time.monotonic() - self._began
        return not self._thread.is_alive() or silent > max(STUCK_INTERVALS * self._interval, STUCK_SECONDS)

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._began = time.monotonic()
            self._try()
            self._stopped.wait(self._interval)

    def _try(self) -> None:
        try:
            self._turn()
        except Exception as error:
            if not self._failing:
                # An outage needs no traceback, what nobody foresaw does.
                unforeseen = None if isinstance(error, ConnectorError) else error
                log.warning("a loop fails and goes on", loop=self.name, why=str(error), exc_info=unforeseen)
            self._failing = True
        else:
            if self._failing:
                log.info("a loop is well again", loop=self.name)
            self._failing = False


def stuck_loops() -> list[str]:
    """Return the names of the loops of this process that are stuck."""
    return sorted(name for name, loop in list(_loops.items()) if loop.stuck)
