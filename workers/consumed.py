"""Who consumes our queues: what is sent to one without a living worker stays there."""

from ledger.database import Row
from ledger.front import DispatchWindow
from workers.queues import QUEUE_NAMES

# A worker that was not seen for so long counts as silent: it reports every 5 s, and who looks shall know within 30 s.
ALIVE_SECONDS = 25.0


def slots_of_queues(window: DispatchWindow) -> dict[str, int]:
    """Return each of our queues → jobs that its living workers run at once; 0 where nobody consumes it."""
    slots = window.slots(ALIVE_SECONDS)
    return {queue: slots.get(queue, 0) for queue in QUEUE_NAMES}


def is_silent(worker: Row) -> bool:
    """Whether a row of `Status.workers` has not reported for so long that it is frozen, dead or cut off."""
    return bool(worker["seen_before"] > ALIVE_SECONDS)
