"""The tutorial's Celery with as many threads as the others and a queue of its own; nothing else is changed."""

from benchmarks.contenders.plain_celery import app, import_all

QUEUE = "threads"
app.conf.task_default_queue = QUEUE


def worker(concurrency: int) -> list[list[str]]:
    """Return the command of one process with this many threads."""
    options = ["--pool", "threads", "--concurrency", str(concurrency), "-n", "threads@%h"]
    return [["celery", "-A", __name__, "worker", *options]]


def begin(shop: str, *, handed: bool) -> None:
    """Import all orders of a shop."""
    import_all.apply_async((shop, handed), queue=QUEUE)
