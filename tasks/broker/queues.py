"""The names of the queues, each consumed by one worker pool, and the queue of each task."""

from fnmatch import fnmatch

# Exports have a pool of their own: they must be done within seconds and never wait behind imports.
QUEUE_NAMES: tuple[str, ...] = (
    "orders",
    "cancellations",
    "shipments",
    "returns",
    "exports",
    "inventory",
    "poll",
    "dispatch",
    "reconcile",
)

# Patterns of task names: the first that matches names the queue.
ROUTES: tuple[tuple[str, str], ...] = (
    ("*.export", "exports"),
    ("orders.look", "exports"),
    ("orders.walk", "exports"),
    # Nothing of a store waits on this queue, so a subscriber that does not answer delays none.
    ("events.deliver", "reconcile"),
    *((f"{name}.*", name) for name in QUEUE_NAMES),
)


def queue_of(task: str) -> str:
    """Return the queue on which a task of this name runs."""
    return next(queue for pattern, queue in ROUTES if fnmatch(task, pattern))
