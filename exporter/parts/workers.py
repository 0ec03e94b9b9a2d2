"""The worker processes, and when dispatch ran."""

from collections.abc import Iterator

from prometheus_client.core import Metric

from exporter.families import gauge
from ledger.status import Status
from tasks.broker.consumers import is_silent
from tasks.broker.queues import QUEUE_NAMES

WORKERS = gauge("connector_workers", "Worker processes that consume a queue.", "queue", "state")
SLOTS = gauge("connector_queue_slots", "Tasks that the living workers of a queue run at once.", "queue")
STUCK = gauge("connector_workers_stuck", "Worker processes of which a loop does not come round any more.")
DISPATCH_AGE = gauge("connector_dispatch_age_seconds", "How long ago dispatch ran; absent if it never did.")


def read_workers(status: Status) -> Iterator[Metric]:
    """Yield the processes of each queue: alive ones, and those that were silent for too long."""
    rows = status.workers()
    states = (
        ("alive", [row for row in rows if not is_silent(row)]),
        ("silent", [row for row in rows if is_silent(row)]),
    )
    yield WORKERS.rows(
        (queue, state, sum(queue in row["queues"] for row in found)) for state, found in states for queue in QUEUE_NAMES
    )
    alive = states[0][1]
    yield SLOTS.rows((queue, sum(row["slots"] for row in alive if queue in row["queues"])) for queue in QUEUE_NAMES)
    yield STUCK.value(sum(bool(row["stuck"]) for row in rows))


def read_dispatch(status: Status) -> Iterator[Metric]:
    """Yield the age of dispatch."""
    age = status.dispatch_age()
    yield DISPATCH_AGE.rows([] if age is None else [(age,)])
