"""The connector as its Procfile starts it: a worker process for each queue of an import, and beat."""

from benchmarks.contenders.connector import QUEUES, beat, celery


def worker(concurrency: int) -> list[list[str]]:
    """A process per queue, each with so many threads, and beat."""
    return [*(celery(queue, "threads", concurrency) for queue in QUEUES.split(",")), beat()]
