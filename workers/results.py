"""A process pool (`--pool prefork`) that survives when the broker is lost while it reads a result.

Celery (5.7) reads the message of a child process in a generator, which waits when half of it has come. If the broker is
lost at this moment, the event loop forgets all its readers, and the pool registers new ones. They take the second half
for the head of a message, and the worker ends with "Unrecoverable error: UnpicklingError".
"""

from collections.abc import Generator
from inspect import GEN_SUSPENDED, getgeneratorstate
from typing import Any

from celery.concurrency.asynpool import AsynPool
from celery.concurrency.asynpool import ResultHandler as CelerysResultHandler

Reading = Generator[None, None, None]


class ResultHandler(CelerysResultHandler):
    """Continues a message that it has begun to read."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._begun: dict[int, tuple[object, Reading]] = {}

    def _recv_message(self, add_reader: Any, fd: int, callback: Any, **options: Any) -> Reading:
        # The number of the file of a child that died is used again for the next child.
        child = self.fileno_to_outq.get(fd)
        begun, reading = self._begun.get(fd, (None, None))
        if reading is None or begun is not child or getgeneratorstate(reading) != GEN_SUSPENDED:
            reading = super()._recv_message(add_reader, fd, callback, **options)
            self._begun[fd] = child, reading
        return reading


def keep_begun() -> None:
    """Make every process pool of this process continue the messages that it has begun to read."""
    AsynPool.ResultHandler = ResultHandler
