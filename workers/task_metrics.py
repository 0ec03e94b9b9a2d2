"""Measures the tasks of a worker, and shows /metrics of each of its processes, children of a pool included."""

import time
from collections.abc import Callable
from typing import Any

from celery import current_app
from celery.signals import (
    task_postrun,
    task_prerun,
    worker_process_init,
    worker_process_shutdown,
    worker_ready,
    worker_shutdown,
)

from metrics.measures import note_task_end, note_task_start
from serving.metrics import offer_metrics

_started: dict[str, float] = {}
_ends: list[Callable[[], None]] = []


@task_prerun.connect
def _on_start(task_id: str, **_: Any) -> None:
    _started[task_id] = time.monotonic()
    note_task_start()


@task_postrun.connect
def _on_end(task_id: str, task: Any, state: str | None, **_: Any) -> None:
    began = _started.pop(task_id, None)
    if began is not None:
        note_task_end(task.name, (state or "unknown").lower(), time.monotonic() - began)


@worker_process_init.connect
def _begin_child(**_: Any) -> None:
    """Show a child's own figures. Its parent's address is not the child's to end, nor its connections to use."""
    _ends.clear()
    _show()


@worker_ready.connect
def _show(**_: Any) -> None:
    runtime = current_app.runtime()
    queues = ",".join(sorted(current_app.amqp.queues.consume_from))
    _ends.append(offer_metrics(runtime.settings, runtime.ledger, queues))


@worker_shutdown.connect
@worker_process_shutdown.connect
def _end(**_: Any) -> None:
    while _ends:
        _ends.pop()()
