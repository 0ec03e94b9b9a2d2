"""A comparison in parts finds what one at once finds, goes on after a death, and never changes anything."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from jobs.runtime import Runtime
from ledger.orders.kept_comparisons import ComparisonRun
from local.servers.services import Services
from reconcile import compare_in_parts as parts
from reconcile.kept_repairs import repair_kept
from schemas.errors import RetryLater
from schemas.wording.phrases import phrase
from tasks.dispatch import dispatch
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver
from tests.support.connector.world import LOSES_ANSWERS, World
from tests.support.ledger.reconcile_cases import forget, found, pass_by, trade

Document = dict[str, Any]
# More runs than any of these comparisons needs.
MOST_RUNS = 200


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **LOSES_ANSWERS, POLL_PAGE_SIZE="2") as started:
        yield started


def compared(driver: Driver) -> list[Document]:
    """Compare with a task for each part, as workers do; return what was kept."""
    sent: list[dict[str, object]] = []
    runtime: Runtime = replace(driver.runtime, send=lambda name, message, queue: sent.append(dict(message)))
    run = driver.runtime.ledger.comparisons.ask(driver.store, "anna")
    assert run
    sent.append({"comparison": run.comparison, "store": run.store, "fence": run.fence})
    for _ in range(MOST_RUNS):
        if not sent:
            break
        parts.compare_in_parts(runtime, ComparisonRun(**sent.pop()))  # type: ignore[arg-type]
    (newest, *_) = driver.runtime.ledger.comparisons.of_store(driver.store, 1)
    assert newest.ended_at
    assert newest.error is None
    return driver.runtime.ledger.comparisons.differences(run.comparison, state=None, limit=1_000, offset=0)


def _told(rows: list[Document]) -> list[tuple[str, ...]]:
    names = ("kind", "sku", "shop", "afosto", "state", "cause")
    return sorted(tuple(str(row[name]) for name in names) for row in rows)


def test_parts_find_the_same_as_one_comparison_at_once(
    driver: Driver, connector: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    trade(driver)
    forget(driver, "jobs", "shipments")
    pass_by(driver)
    monkeypatch.setattr(parts, "PART_SECONDS", 0.0)  # every part is a task of its own
    assert _told(compared(driver)) == _told(found(connector))


def test_a_repair_of_what_was_kept_makes_both_sides_equal(driver: Driver, connector: Commands) -> None:
    driver.poll()
    driver.place()
    driver.poll()
    forget(driver, "jobs", "orders")
    pass_by(driver)
    (row,) = compared(driver)
    assert row["state"] == "repairable"
    ledger = driver.runtime.ledger
    (kept,) = ledger.comparisons.of_store(driver.store, 1)
    assert repair_kept(ledger, driver.store, kept.id, None, by="anna").jobs > 0
    driver.hurry()
    driver.settle()
    assert compared(driver) == []
    assert found(connector) == []


def test_a_vendor_that_does_not_answer_ends_a_comparison_with_the_reason(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RetryLater(phrase("the shop does not answer"))

    monkeypatch.setattr(parts, "comparable", refuse)
    run = driver.runtime.ledger.comparisons.ask(driver.store, "anna")
    assert run
    with pytest.raises(RetryLater):
        parts.compare_in_parts(driver.runtime, run)
    (kept,) = driver.runtime.ledger.comparisons.of_store(driver.store, 1)
    assert kept.error == "the shop does not answer. Compare again in some minutes"
    assert "nothing to do" in parts.compare_in_parts(driver.runtime, run)


def test_a_comparison_ends_where_too_much_differs(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    driver.poll()
    for _ in range(4):
        driver.place()
    monkeypatch.setattr(parts, "MOST_KEPT", 1)
    rows = compared(driver)
    assert 1 < len(rows) <= 4
    (kept,) = driver.runtime.ledger.comparisons.of_store(driver.store, 1)
    assert kept.left_out == ["more than 1 differ, so the comparison ended there"]


def test_the_nightly_sweep_notes_what_it_read_and_what_it_requested(driver: Driver) -> None:
    driver.imported()
    driver.place()
    driver.sweep()
    (sweep,) = driver.runtime.ledger.comparisons.sweeps(driver.store, 10)
    assert sweep.documents >= 1
    assert sweep.jobs >= 0
    assert sweep.ended_at


def test_dispatch_has_another_run_go_on_where_nobody_does(driver: Driver) -> None:
    sent: list[tuple[str, dict[str, object]]] = []
    runtime: Runtime = replace(driver.runtime, send=lambda name, message, queue: sent.append((name, dict(message))))
    run = driver.runtime.ledger.comparisons.ask(driver.store, "anna")
    assert run
    dispatch(runtime)
    expected = {"store": driver.store, "comparison": run.comparison, "fence": run.fence + 1}
    assert [message for name, message in sent if name == "reconcile.compare" and message == expected] == [expected]
    assert driver.store not in [each.store for each in driver.runtime.ledger.comparisons.take_due(100)]
    assert "nothing to do" in parts.compare_in_parts(runtime, run)
