"""The counters and histograms of one process. docs/metrics.md explains each of them.

A label has few values, however many stores there are: never the name of a store, an order or a person.
"""

from http import HTTPStatus

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

# Seconds: a look takes some hundredths, a run that is cut off a minute.
_RUN_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
# Seconds: a call is given up after CONNECTOR_CALL_DEADLINE, 10 by default.
_CALL_BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
# Seconds: a webhook that Afosto sends again may be hours old.
_LAG_BUCKETS = (1, 2, 5, 10, 30, 60, 300, 900, 3600, 21600)
_STATUSES = frozenset(map(int, HTTPStatus))

_TASK_SECONDS = Histogram(
    "connector_task_seconds",
    "How long tasks ran, by what became of them: success, retry (it waits or failed for now) or failure.",
    ["task", "outcome"],
    buckets=_RUN_BUCKETS,
    registry=REGISTRY,
)
_TASKS_RUNNING = Gauge("connector_tasks_running", "Tasks that run in this process now.", registry=REGISTRY)
_JOB_RUN_SECONDS = Histogram(
    "connector_job_run_seconds",
    "How long runs of jobs took, by flow and outcome; the outcomes are those of an order's life.",
    ["flow", "outcome"],
    buckets=_RUN_BUCKETS,
    registry=REGISTRY,
)
_LEASES_LOST = Counter(
    "connector_leases_lost",
    "Jobs that their worker lost: noticed by the worker itself, or by dispatch because the worker was silent.",
    ["noticed_by"],
    registry=REGISTRY,
)
_VENDOR_CALL_SECONDS = Histogram(
    "connector_vendor_call_seconds",
    "How long calls took. status is that of HTTP, none without a usable answer; result: ok, throttled or failed.",
    ["vendor", "status", "result"],
    buckets=_CALL_BUCKETS,
    registry=REGISTRY,
)
_CALLS_WITHHELD = Counter(
    "connector_calls_withheld",
    "Calls that were not made when they were wanted: the budget was used up, or a breaker was open.",
    ["vendor", "why"],
    registry=REGISTRY,
)
_WEBHOOKS = Counter(
    "connector_webhooks",
    "Webhooks of Afosto by the answer that they got: new, repeat, refused (4xx), unknown (404) or failed (5xx).",
    ["answer"],
    registry=REGISTRY,
)
_WEBHOOK_LAG_SECONDS = Histogram(
    "connector_webhook_lag_seconds",
    "From the time at which Afosto triggered a webhook until it was taken; both clocks count.",
    buckets=_LAG_BUCKETS,
    registry=REGISTRY,
)
_HTTP_REQUEST_SECONDS = Histogram(
    "connector_http_request_seconds",
    "How long the gateway and the console took to answer requests, by the status of the answer.",
    ["server", "status"],
    buckets=_CALL_BUCKETS,
    registry=REGISTRY,
)


def note_task_start() -> None:
    """A task begins to run in this process."""
    _TASKS_RUNNING.inc()


def note_task_end(task: str, outcome: str, seconds: float) -> None:
    """A task has ended; `outcome` is success, retry or failure."""
    _TASKS_RUNNING.dec()
    _TASK_SECONDS.labels(task, outcome).observe(seconds)


def note_job_run(flow: str, outcome: str, seconds: float) -> None:
    """A run of a job has ended; `flow` is the flow's name, `outcome` as it is kept among the attempts."""
    _JOB_RUN_SECONDS.labels(flow, outcome).observe(seconds)


def note_lost_leases(noticed_by: str, count: int = 1) -> None:
    """Jobs were lost by their worker; `noticed_by` is "worker" or "dispatch"."""
    _LEASES_LOST.labels(noticed_by).inc(count)


def note_vendor_call(vendor: str, status: int | None, result: str, seconds: float) -> None:
    """A call was made; `status` is None without a usable answer. `result` is "ok", "throttled" or "failed"."""
    _VENDOR_CALL_SECONDS.labels(vendor, status_label(status), result).observe(seconds)


def note_withheld_call(vendor: str, why: str) -> None:
    """A call was wanted and not made; `why` is "budget" or "breaker"."""
    _CALLS_WITHHELD.labels(vendor, why).inc()


def note_webhook(answer: str) -> None:
    """A webhook was answered; `answer` is "new", "repeat", "refused", "unknown" (no such endpoint) or "failed"."""
    _WEBHOOKS.labels(answer).inc()


def note_webhook_lag(seconds: float) -> None:
    """A new webhook came so long after Afosto had triggered it; clocks that differ may make this negative."""
    _WEBHOOK_LAG_SECONDS.observe(max(0.0, seconds))


def note_request(server: str, status: int, seconds: float) -> None:
    """The gateway or the console has answered a request."""
    _HTTP_REQUEST_SECONDS.labels(server, status_label(status)).observe(seconds)


def status_label(status: int | None) -> str:
    """Return a status as a label: a vendor that invents statuses adds one value only."""
    if status is None:
        return "none"
    return str(status) if status in _STATUSES else "other"
