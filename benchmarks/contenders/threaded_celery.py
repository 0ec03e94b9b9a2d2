"""The tutorial's Celery with as many threads as the others have, and nothing else changed."""

from benchmarks.contenders.plain_celery import app, begin

__all__ = ["app", "begin", "worker"]


def worker(concurrency: int) -> list[list[str]]:
    """One process with so many threads."""
    options = ["--pool", "threads", "--concurrency", str(concurrency), "-n", "threads@%h"]
    return [["celery", "-A", __name__, "worker", *options]]
