"""gunicorn's sign of life of each process, which is the time of a file: kept in memory, for a disk may be read-only."""

import os

from gunicorn.config import Config
from gunicorn.workers import base
from gunicorn.workers.workertmp import WorkerTmp


class Pulse(WorkerTmp):
    """A file without a name, where the system has such files; else one among the temporary files."""

    def __init__(self, cfg: Config) -> None:
        if hasattr(os, "memfd_create"):
            self._tmp = os.fdopen(os.memfd_create("pulse"), "w+b", 0)
        else:
            super().__init__(cfg)


def keep_in_memory() -> None:
    """Let every gunicorn worker of this process that is made from now on have such a file."""
    base.WorkerTmp = Pulse  # type: ignore[attr-defined] # gunicorn (27) has no setting for it but a folder
