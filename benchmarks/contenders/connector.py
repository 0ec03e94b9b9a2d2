"""The connector itself, as the Procfile starts it, with its three queues of an import in one process, and beat."""

import os
from functools import cache

from ledger.database import Database
from ledger.keys import KeySet
from ledger.ledger import Ledger
from schemas.settings import load_settings

QUEUES = "orders,poll,dispatch"


def worker(concurrency: int) -> list[list[str]]:
    """One process with so many threads, and beat."""
    return [celery(QUEUES, "threads", concurrency), ["celery", "-A", "workers.app", "beat", "-l", "INFO"]]


def celery(queues: str, pool: str, concurrency: int) -> list[str]:
    """Return the command of one worker."""
    options = ["-Q", queues, "-n", f"{queues}@%h", "--pool", pool, "--concurrency", str(concurrency), "-l", "INFO"]
    return ["celery", "-A", "workers.app", "worker", *options]


def begin(shop: str) -> None:
    """The store was connected and paused; from now on it is polled and imported."""
    _ledger().stores.resume(shop)


@cache
def _ledger() -> Ledger:
    settings = load_settings(os.environ)
    return Ledger(Database(settings.database_url), KeySet(settings.keys))
