"""Webhooks are counted by their answer, and how late they came."""

import time

from metrics.measures import REGISTRY
from tests.support.connector.gateway import WEBHOOK_SECRET, Doors, message


def _count(answer: str) -> float:
    return REGISTRY.get_sample_value("connector_webhooks_total", {"answer": answer}) or 0.0


def _lag(which: str) -> float:
    return REGISTRY.get_sample_value(f"connector_webhook_lag_seconds_{which}") or 0.0


def test_webhooks_are_counted_by_their_answer_and_new_ones_by_their_lag(doors: Doors) -> None:
    doors.store("corner")
    endpoint = doors.ledger.webhooks.add("corner", WEBHOOK_SECRET)
    before = {answer: _count(answer) for answer in ("new", "repeat", "refused", "unknown", "failed")}
    count, seconds = _lag("count"), _lag("sum")
    late = message(triggered_at=int((time.time() - 90) * 1000))
    for _ in range(2):
        assert doors.deliver(endpoint, late).status_code == 200
    assert doors.deliver(endpoint, late, secret="another").status_code == 401
    assert doors.deliver("nobody", late).status_code == 404
    assert {answer: _count(answer) - known for answer, known in before.items()} == {
        "new": 1,
        "repeat": 1,
        "refused": 1,
        "unknown": 1,
        "failed": 0,
    }
    assert _lag("count") - count == 1
    assert 89 < _lag("sum") - seconds < 100
