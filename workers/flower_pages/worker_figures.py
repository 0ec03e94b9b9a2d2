"""Flower's own figures of workers, of which it keeps those of `max_workers`, like everything else about workers.

Flower (2.2) deletes those of workers that are gone only when somebody asks for its /metrics. Each process has a name of
its own, and some fifty figures, so a scaled fleet would fill the memory of a Flower that nobody asks.
"""

from typing import Any

from flower import events
from flower.events import PrometheusMetrics
from flower.options import options


class WorkerFigures(PrometheusMetrics):
    """Forgets the worker that was heard of longest ago when there are too many."""

    def __init__(self) -> None:
        super().__init__()
        self._heard: dict[str, None] = {}  # an ordered set, the last one heard of at its end

    def observe_task(self, worker: str, event: Any, task: Any) -> None:
        """Count an event of a task."""
        self._hear(worker)
        super().observe_task(worker, event, task)

    def observe_worker(self, worker: str, event: Any) -> None:
        """Count an event of a worker."""
        self._hear(worker)
        super().observe_worker(worker, event)

    def _hear(self, worker: str) -> None:
        self._heard.pop(worker, None)
        self._heard[worker] = None
        if len(self._heard) > options.max_workers:
            longest_ago = next(iter(self._heard))
            del self._heard[longest_ago]
            self.remove_workers({longest_ago})


def limit_figures() -> None:
    """Make Flower keep these figures in this process."""
    events.PrometheusMetrics = WorkerFigures
