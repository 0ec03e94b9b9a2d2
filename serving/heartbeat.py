"""Keeps gunicorn's heartbeat file of each process (its time stamp counts) in memory: a disk may be read-only."""

import os

from gunicorn.config import Config
from gunicorn.workers import base
from gunicorn.workers.workertmp import WorkerTmp


class MemoryHeartbeat(WorkerTmp):
    """A heartbeat file in memory, if the system supports such files, else among the temporary files."""

    def __init__(self, cfg: Config) -> None:
        if hasattr(os, "memfd_create"):
            self._tmp = os.fdopen(os.memfd_create("heartbeat"), "w+b", 0)
        else:
            super().__init__(cfg)


def keep_heartbeats_in_memory() -> None:
    """Make all gunicorn workers that this process creates from now on use such a file."""
    base.WorkerTmp = MemoryHeartbeat  # type: ignore[attr-defined] # gunicorn (27) can only set the folder
