"""The worker processes, and when beat and dispatch ran."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import Metric

from exporter.families import gauge
from ledger.jobs.beats import Beats
from ledger.postgres.database import Row
from ledger.status import Status
from tasks.broker.consumers import is_deaf, is_silent
from tasks.broker.queues import QUEUE_NAMES

WORKERS = gauge("connector_workers", "Worker processes that consume a queue.", "queue", "state")
SLOTS = gauge("connector_queue_slots", "Tasks that the living workers of a queue run at once.", "queue")
STUCK = gauge("connector_workers_stuck", "Worker processes of which a loop does not come round any more.")
DISPATCH_AGE = gauge("connector_dispatch_age_seconds", "How long ago dispatch ran; absent if it never did.")
BEAT_AGE = gauge(
    "connector_beat_age_seconds", "How long ago the broker last took a message from beat; absent if no beat is listed."
)
# Seconds after which a silent process is not counted any more. It may never come back: a host that is lost takes its
# processes along, and those that replace them on other hosts have other names.
MISSED_FOR = 3600.0
_STATES = ("alive", "deaf", "silent")


def read_workers(status: Status) -> Iterator[Metric]:
    """Yield the processes of each queue: those that work, that take nothing from the broker, and that are silent."""
    rows = [row for row in status.workers() if row["seen_before"] <= MISSED_FOR]
    counts = Counter((queue, _state(row)) for row in rows for queue in row["queues"])
    yield WORKERS.rows((queue, state, counts[queue, state]) for state in _STATES for queue in QUEUE_NAMES)
    living = [row for row in rows if not is_silent(row)]
    yield SLOTS.rows((queue, sum(row["slots"] for row in living if queue in row["queues"])) for queue in QUEUE_NAMES)
    yield STUCK.value(sum(bool(row["stuck"]) for row in living))


def read_dispatch(status: Status, beats: Beats) -> Iterator[Metric]:
    """Yield the ages of dispatch and of beat."""
    for gauge_, age in ((DISPATCH_AGE, status.dispatch_age()), (BEAT_AGE, beats.age())):
        yield gauge_.rows([] if age is None else [(age,)])


def _state(worker: Row) -> str:
    if is_silent(worker):
        return "silent"
    return "deaf" if is_deaf(worker) else "alive"
