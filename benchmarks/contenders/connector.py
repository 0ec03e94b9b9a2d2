"""The connector itself, with the three queues of an import in one process, and beat."""

QUEUES = "orders,poll,dispatch"


def worker(concurrency: int) -> list[list[str]]:
    """Return the commands of one process with this many threads, and of beat."""
    return [celery(QUEUES, "threads", concurrency), beat()]


def celery(queues: str, pool: str, concurrency: int) -> list[str]:
    """Return the command of one worker."""
    options = ["-Q", queues, "--pool", pool, "--concurrency", str(concurrency), "-l", "INFO"]
    return ["celery", "-A", "workers.app", "worker", *options]


def beat() -> list[str]:
    """Return the command of beat."""
    return ["celery", "-A", "workers.app", "beat", "-l", "INFO"]
