"""Runs a simulated vendor's trader as time passes."""

import asyncio
from collections.abc import Callable

_TICK = 0.05


class Trading:
    """A background task that advances a trader; at most one runs at a time."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def start(self, advance: Callable[[], None], seconds: float | None) -> None:
        """Call `advance` again and again, for `seconds` or until stopped. Stops an earlier run."""
        self.stop()
        self._task = asyncio.create_task(_run(advance, seconds))

    def stop(self) -> None:
        """Stop the task."""
        if self._task:
            self._task.cancel()
            self._task = None

    @property
    def active(self) -> bool:
        """Whether it runs at the moment."""
        return self._task is not None and not self._task.done()


async def _run(advance: Callable[[], None], seconds: float | None) -> None:
    loop = asyncio.get_running_loop()
    ends = None if seconds is None else loop.time() + seconds
    while ends is None or loop.time() < ends:
        advance()
        await asyncio.sleep(_TICK)
