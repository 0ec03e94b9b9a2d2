"""How much work is due on each queue and since when, what runs, what waits for calls, and what is parked."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from prometheus_client.core import Metric

from exporter.families import Gauge, gauge
from exporter.parts.reasons import reason_label
from ledger.figures import Figures, FlowJobs
from schemas.flows import JOBS, flow_name
from schemas.states import Lane
from tasks.broker.queues import queue_of

DUE = gauge("connector_jobs_due", "Jobs that may run now and that no worker has begun.", "queue", "lane")
OLDEST = gauge(
    "connector_oldest_due_job_seconds", "For how long the oldest of these has been due; 0 without any.", "queue", "lane"
)
RUNNING = gauge("connector_jobs_running", "Jobs that workers run now.", "queue")
WAITING = gauge(
    "connector_jobs_waiting_for_calls", "Jobs that wait because a budget of calls is used up.", "queue", "lane"
)
LONGEST_WAIT = gauge(
    "connector_longest_wait_for_calls_seconds",
    "In how long the last of these may make its calls; 0 without any.",
    "queue",
    "lane",
)
PARKED = gauge("connector_jobs_parked", "Jobs that need a person.", "reason")

# The queues that run jobs, with each lane: every pair has a row, so that no alert loses its series.
QUEUES = tuple(dict.fromkeys(queue_of(name) for name in JOBS))
KEYS = tuple((queue, lane.name.lower()) for queue in QUEUES for lane in Lane)


def read_backlog(figures: Figures) -> Iterator[Metric]:
    """Yield depth and age per queue and lane."""
    yield from _by_queue(figures.backlog(), DUE, OLDEST)


def read_jobs(figures: Figures) -> Iterator[Metric]:
    """Yield the jobs that run, wait for calls, or are parked."""
    running = Counter(dict.fromkeys(QUEUES, 0))
    for row in figures.running():
        running[_queue(row["direction"], row["flow"])] += row["jobs"]
    yield RUNNING.rows(running.items())
    yield from _by_queue(figures.waiting_for_calls(), WAITING, LONGEST_WAIT)
    parked: Counter[str] = Counter()
    for reason, count in figures.parked().items():
        parked[reason_label(reason)] += count
    yield PARKED.rows(parked.items())


def _by_queue(flows: Iterable[FlowJobs], counted: Gauge, longest: Gauge) -> Iterator[Metric]:
    jobs: Counter[tuple[str, str]] = Counter()
    seconds: defaultdict[tuple[str, str], float] = defaultdict(float)
    for each in flows:
        key = _queue(each.direction, each.flow), Lane(each.lane).name.lower()
        jobs[key] += each.jobs
        seconds[key] = max(seconds[key], each.longest)
    yield counted.rows((*key, jobs[key]) for key in KEYS)
    yield longest.rows((*key, seconds[key]) for key in KEYS)


def _queue(direction: str, flow: str) -> str:
    return queue_of(flow_name(direction, flow))
