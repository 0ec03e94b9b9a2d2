"""Who consumes our queues: what is sent to one without a living worker stays there."""

from ledger.front import Front
from workers.queues import QUEUE_NAMES

ALIVE_SECONDS = 30.0  # a worker that was not seen for so long counts as dead


def slots_of_queues(front: Front) -> dict[str, int]:
    """Return each of our queues → jobs that its living workers run at once; 0 where nobody consumes it."""
    slots = front.slots(ALIVE_SECONDS)
    return {queue: slots.get(queue, 0) for queue in QUEUE_NAMES}
