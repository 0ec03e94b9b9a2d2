"""Flower keeps figures of so many workers, however many come and go."""

from types import SimpleNamespace

import pytest
from flower import events
from prometheus_client import CollectorRegistry

from workers.flower_pages import worker_figures

HEARTBEAT = {"type": "worker-heartbeat", "active": 1}


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> events.PrometheusMetrics:
    registry = CollectorRegistry()
    for kind in ("PrometheusCounter", "Gauge", "Histogram"):
        made = getattr(events, kind)
        monkeypatch.setattr(events, kind, lambda *args, made=made, **named: made(*args, registry=registry, **named))
    monkeypatch.setattr(events, "PROMETHEUS_METRICS", None)
    monkeypatch.setattr(events, "PrometheusMetrics", events.PrometheusMetrics)
    monkeypatch.setattr(worker_figures, "options", SimpleNamespace(max_workers=2))
    worker_figures.limit_figures()
    return events.get_prometheus_metrics()


def test_the_worker_that_was_heard_of_longest_ago_is_forgotten(figures: events.PrometheusMetrics) -> None:
    for worker in ("first", "second", "first", "third"):
        figures.observe_worker(worker, HEARTBEAT)
    assert {worker for (worker,) in figures.worker_online._metrics} == {"first", "third"}
    assert {worker for (worker,) in figures.worker_number_of_currently_executing_tasks._metrics} == {"first", "third"}
