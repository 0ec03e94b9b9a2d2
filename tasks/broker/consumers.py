"""The workers that consume our queues: what is sent to a queue without a living worker stays there."""

from jobs.dispatch_window import WORKER_ALIVE_SECONDS
from ledger.jobs.dispatch_window import DispatchWindow
from ledger.postgres.database import Row
from tasks.broker.queues import QUEUE_NAMES

# Redis answers each second, and kombu drops a connection after 11 s without an answer; then it connects again.
DEAF_SECONDS = 60.0


def slots_of_queues(window: DispatchWindow) -> dict[str, int]:
    """Return each of our queues → jobs that its living workers run at once; 0 where nobody consumes it."""
    slots = window.slots(WORKER_ALIVE_SECONDS)
    return {queue: slots.get(queue, 0) for queue in QUEUE_NAMES}


def is_silent(worker: Row) -> bool:
    """Whether a row of `Status.workers` has not reported for so long that it is frozen, dead or cut off."""
    return bool(worker["seen_before"] > WORKER_ALIVE_SECONDS)


def is_deaf(worker: Row) -> bool:
    """Whether a row of `Status.workers` reports, but the broker has not answered it for too long."""
    unheard = worker["listened_before"]
    return unheard is not None and unheard > DEAF_SECONDS
