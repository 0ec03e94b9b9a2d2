"""Whether processes that were just started are at work: each queue has a living worker, and dispatch runs."""

import time
from collections.abc import Sequence
from contextlib import closing

from ledger.database import Database
from ledger.front import DispatchWindow
from ledger.status import Status
from tasks.consumers import slots_of_queues
from workers.local.server import ServerFailed

# Nine workers that start at once on a small machine need half a minute.
_PATIENCE = 120.0
_PAUSE = 0.5
_RECENT = 10.0  # dispatch runs every second


def wait_until_ready(database_url: str, logs: str, patience: float = _PATIENCE) -> None:
    """Wait up to `patience` seconds for the workers of a migrated database; `logs` is where they log.

    Raises ServerFailed, which names what is not there yet.
    """
    deadline = time.monotonic() + patience
    with closing(Database(database_url, size=1)) as database:
        while lacking := missing(database):
            if time.monotonic() > deadline:
                raise ServerFailed(
                    f"After {patience:.0f} s this does not work yet: {', '.join(lacking)}; the logs in {logs} say why. "
                    "Then try again, or end all of it: connector local down"
                )
            time.sleep(_PAUSE)


def missing(database: Database) -> Sequence[str]:
    """Return the queues without a living worker, and dispatch when it did not run of late."""
    slots, age = slots_of_queues(DispatchWindow(database)), Status(database).dispatch_age()
    queues = [f"the queue {queue}" for queue, count in slots.items() if not count]
    return queues if age is not None and age <= _RECENT else [*queues, "dispatch, which never ran or stopped"]
