"""Threads that repeat one thing. Errors do not end them, and they say whether they are stuck."""

import threading
import time
from collections.abc import Callable

import structlog

from schemas.errors import ConnectorError

log = structlog.get_logger()

# A turn is stuck if it lasts longer than both, this many intervals and this many seconds: no call of ours waits that
# long.
STUCK_INTERVALS, STUCK_SECONDS = 5, 60.0


class Loop:
    """Calls `turn` at once and then every `interval` seconds in a thread of its own, until it is stopped.

    An exception does not end it: the log says so once, and once more when a turn succeeds again.
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
        self._thread.start()

    def stop(self) -> None:
        """End the loop after the present turn."""
        self._stopped.set()

    @property
    def stuck(self) -> bool:
        """Whether it ended without being stopped, or no turn has begun for far too long."""
        if self._stopped.is_set():
            return False
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
                # An outage needs no traceback; an unexpected error does.
                unforeseen = None if isinstance(error, ConnectorError) else error
                log.warning("a loop fails and goes on", loop=self.name, why=str(error), exc_info=unforeseen)
            self._failing = True
        else:
            if self._failing:
                log.info("a loop works again", loop=self.name)
            self._failing = False


class Loops:
    """The loops of one process."""

    def __init__(self) -> None:
        self._loops: dict[str, Loop] = {}

    def start(self, name: str, interval: float, turn: Callable[[], object]) -> Loop:
        """Start a loop; one of the same name that was started before is forgotten."""
        loop = self._loops[name] = Loop(name, interval, turn)
        loop.start()
        return loop

    def stuck(self) -> list[str]:
        """Return the names of the loops that are stuck."""
        return sorted(name for name, loop in list(self._loops.items()) if loop.stuck)
