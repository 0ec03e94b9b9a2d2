"""The queues, consumed by one worker pool each, and which tasks go to which."""

from fnmatch import fnmatch

# Exports share a pool of their own, so that no import stands before what has to be done within seconds.
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

# Patterns of task names, the first that fits decides.
ROUTES: tuple[tuple[str, str], ...] = (
    ("*.export", "exports"),
    ("orders.look", "exports"),
    ("orders.walk", "exports"),
    *((f"{name}.*", name) for name in QUEUE_NAMES),
)


def queue_of(task: str) -> str:
    """Return the queue on which a task of this name runs."""
    return next(queue for pattern, queue in ROUTES if fnmatch(task, pattern))
