"""Wait until processes that were just started are working: each queue has a living worker, and dispatch runs."""

import time
from collections.abc import Sequence
from contextlib import closing

from ledger.jobs.dispatch_window import DispatchWindow
from ledger.postgres.database import Database
from ledger.status import Status
from local.servers.startup import ServerFailed
from tasks.broker.consumers import slots_of_queues

# Nine workers that start at once on a small machine need half a minute.
_START_TIMEOUT = 120.0
_CHECK_SECONDS = 0.5
_RECENT_SECONDS = 10.0  # dispatch runs every second


def wait_until_ready(database_url: str, logs: str, timeout: float = _START_TIMEOUT) -> None:
    """Wait up to `timeout` seconds for the workers of a migrated database; `logs` is the folder of their logs.

    Raises ServerFailed, which names what does not work yet.
    """
    deadline = time.monotonic() + timeout
    with closing(Database(database_url, size=1)) as database:
        while not_ready := missing(database):
            if time.monotonic() > deadline:
                raise ServerFailed(
                    f"This does not work after {timeout:.0f} s: {', '.join(not_ready)}; the logs in {logs} say why. "
                    "Then try again, or stop everything: connector local down"
                )
            time.sleep(_CHECK_SECONDS)


def missing(database: Database) -> Sequence[str]:
    """Return the queues without a living worker, and dispatch if it has not run recently."""
    slots, age = slots_of_queues(DispatchWindow(database)), Status(database).dispatch_age()
    queues = [f"the queue {queue}" for queue, count in slots.items() if not count]
    return queues if age is not None and age <= _RECENT_SECONDS else [*queues, "dispatch, which never ran or stopped"]
