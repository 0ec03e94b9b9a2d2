"""How much work is due on each queue and since when, what runs, what waits for calls, and what is parked."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from prometheus_client.core import Metric

from exporter.families import gauge
from exporter.parts.reasons import reason_label
from ledger.figures import Figures
from ledger.postgres.database import Row
from schemas.flows import JOBS, flow_name
from schemas.states import Lane
from tasks.broker.queues import queue_of

DUE = gauge("connector_jobs_due", "Jobs that may run now and that no worker has begun.", "queue", "lane")
OLDEST = gauge(
    "connector_oldest_due_job_seconds", "For how long the oldest of these has been due; 0 without any.", "queue", "lane"
)
RUNNING = gauge("connector_jobs_running", "Jobs that workers run now.", "queue")
WAITING = gauge("connector_jobs_waiting_for_calls", "Jobs that wait because a budget of calls is used up.", "queue")
PARKED = gauge("connector_jobs_parked", "Jobs that need a person.", "reason")

# The queues that run jobs.
QUEUES = tuple(dict.fromkeys(queue_of(name) for name in JOBS))


def read_backlog(figures: Figures) -> Iterator[Metric]:
    """Yield depth and age per queue and lane. Each queue and lane has a row, so that no alert loses its series."""
    jobs: Counter[tuple[str, str]] = Counter()
    oldest: defaultdict[tuple[str, str], float] = defaultdict(float)
    for each in figures.backlog():
        key = _queue(each.direction, each.flow), Lane(each.lane).name.lower()
        jobs[key] += each.jobs
        oldest[key] = max(oldest[key], each.oldest)
    keys = [(queue, lane.name.lower()) for queue in QUEUES for lane in Lane]
    yield DUE.rows((*key, jobs[key]) for key in keys)
    yield OLDEST.rows((*key, oldest[key]) for key in keys)


def read_jobs(figures: Figures) -> Iterator[Metric]:
    """Yield the jobs that run, wait for calls, or are parked."""
    yield RUNNING.rows(_by_queue(figures.running()))
    yield WAITING.rows(_by_queue(figures.waiting_for_calls()))
    parked: Counter[str] = Counter()
    for reason, count in figures.parked().items():
        parked[reason_label(reason)] += count
    yield PARKED.rows(parked.items())


def _by_queue(rows: Iterable[Row]) -> Iterator[tuple[str, int]]:
    jobs = Counter(dict.fromkeys(QUEUES, 0))
    for row in rows:
        jobs[_queue(row["direction"], row["flow"])] += row["jobs"]
    yield from jobs.items()


def _queue(direction: str, flow: str) -> str:
    return queue_of(flow_name(direction, flow))
