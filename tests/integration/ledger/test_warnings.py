"""A parked job, a stopped flow and an unhealthy store each leave one warning in the log, when they begin."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, LiteralString

import pytest

from ledger.ledger import Ledger
from ledger.orders.cursors import Slice
from ledger.orders.unreadable_orders import Malformed
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet, new_key
from ledger.records import Settlement
from schemas.errors import MalformedDocument
from schemas.wording.phrases import phrase
from tests.support.ledger.rows import store_values

NOW = datetime.now(UTC)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    opened = Ledger(Database(database_url), KeySet([new_key()]))
    opened.stores.add(store_values("shop"), {"orders.import": True}, 60.0)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.WARNING, "ledger")
    return caplog


def excerpt(log: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """What the warnings so far said of their trouble; from now on they are forgotten."""
    names = ("store", "flow", "where", "order", "reason", "why", "resolution")
    said = [{name: vars(line)[name] for name in names if name in vars(line)} for line in log.records]
    assert all(line.levelno == logging.WARNING for line in log.records)
    log.clear()
    return said


def parks(ledger: Ledger, reason: str, order: str = "4711") -> None:
    """The import of an order runs and ends in the hands of a person."""
    end = Settlement("parked", "parked", "the counts differ", reason=reason, resolution="correct one side")
    runs(ledger, end, order)


def runs(ledger: Ledger, end: Settlement, order: str = "4711") -> None:
    execute(ledger, "update jobs set due_at = now() where state = 'waiting'")
    claimed = ledger.jobs.claim("shop", "import", "orders", order, holder="me", lease=60)
    assert claimed is not None
    assert ledger.jobs.settle(claimed[0], "me", end, steps=(), seconds=1, requests=1) is not None


def execute(ledger: Ledger, statement: LiteralString) -> None:
    ledger.database.transaction(lambda session: session.execute(statement))


def asked(ledger: Ledger, order: str = "4711") -> None:
    assert ledger.jobs.request_run("shop", "import", "orders", order) is not None


def test_a_parked_job_is_told_once_with_all_that_a_person_needs(ledger: Ledger, log: pytest.LogCaptureFixture) -> None:
    asked(ledger)
    parks(ledger, "drift")
    assert excerpt(log) == [
        {
            "store": "shop",
            "flow": "orders.import",
            "order": "4711",
            "reason": "drift",
            "why": "the counts differ",
            "resolution": "correct one side",
        }
    ]


def test_a_job_that_is_parked_again_for_the_same_is_told_no_second_time(
    ledger: Ledger, log: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        asked(ledger)
        parks(ledger, "drift")
    assert len(excerpt(log)) == 1


def test_another_reason_a_person_s_retry_and_a_success_in_between_are_told_of_again(
    ledger: Ledger, log: pytest.LogCaptureFixture
) -> None:
    asked(ledger)
    parks(ledger, "drift")
    asked(ledger)
    parks(ledger, "totals-differ")
    assert [line["reason"] for line in excerpt(log)] == ["drift", "totals-differ"]
    ledger.jobs.retry(reason="totals-differ")
    parks(ledger, "totals-differ")
    assert len(excerpt(log)) == 1
    asked(ledger)
    runs(ledger, Settlement("done", "done", "imported"))
    asked(ledger)
    parks(ledger, "totals-differ")
    assert len(excerpt(log)) == 1


def test_a_document_that_is_read_again_by_itself_is_told_once(ledger: Ledger, log: pytest.LogCaptureFixture) -> None:
    error = MalformedDocument(phrase("order 10001 does not load"), field="lineItems.0.sku")
    found = Slice(
        [],
        [],
        [Malformed("4711", "10001", "hash", error)],
        NOW,
        60.0,
        1,
        1,
        finished=False,
        over=True,
        pause=300,
        promise=330.0,
    )
    for _ in range(2):
        advance(ledger, found)
        execute(
            ledger, "update jobs set settled_at = now() - interval '2 days', failing_since = now() - interval '3 days'"
        )
        advance(ledger, found)
        end = Settlement("parked", "parked", str(error), reason=error.reason, resolution=error.resolution)
        runs(ledger, end)
    (line,) = excerpt(log)
    assert (line["order"], line["reason"]) == ("4711", "malformed-document")


def advance(ledger: Ledger, found: Slice) -> None:
    ledger.cursors.take("shop", "live", 300.0)
    cursor = ledger.cursors.get("shop", "live")
    assert cursor is not None
    assert ledger.cursors.advance(cursor, found) is not None


def test_a_job_whose_holders_die_is_told_when_it_is_parked(ledger: Ledger, log: pytest.LogCaptureFixture) -> None:
    asked(ledger)
    for _ in range(3):
        assert ledger.jobs.claim("shop", "import", "orders", "4711", holder="me", lease=60) is not None
        execute(ledger, "update jobs set lease_until = now() - interval '1 second'")
        ledger.jobs.reclaim_expired(3)
    (line,) = excerpt(log)
    assert (line["order"], line["reason"]) == ("4711", "holder-dies")
    assert "connector jobs retry --reason holder-dies" in line["resolution"]


def test_a_flow_that_stops_itself_is_told_once(ledger: Ledger, log: pytest.LogCaptureFixture) -> None:
    for order in ("1", "2", "3"):
        asked(ledger, order)
        parks(ledger, "totals-differ", order)
    excerpt(log)
    for _ in range(2):
        ledger.stores.stop_flow_if_alike("shop", "orders", "totals-differ", "the totals differ", 3)
    (line,) = excerpt(log)
    assert (line["store"], line["flow"], line["reason"]) == ("shop", "orders.import", "totals-differ")
    assert line["resolution"].endswith("connector store resume shop --flow orders.import")


def test_an_ill_store_is_told_once_per_reason_until_it_was_well(ledger: Ledger, log: pytest.LogCaptureFixture) -> None:
    for attempt in range(3):
        ledger.stores.blame("shop", "epages", "does-not-answer", f"no answer for {attempt} s", 0)
    (line,) = excerpt(log)
    assert (line["store"], line["where"], line["reason"]) == ("shop", "epages", "does-not-answer")
    assert line["resolution"] == "nothing: it continues on its own when the vendor answers again"
    ledger.stores.blame("shop", "epages", "revoked-client", "the client is revoked", 0)
    assert len(excerpt(log)) == 1
    ledger.stores.heal("shop", ["epages"])
    ledger.stores.blame("shop", "epages", "revoked-client", "the client is revoked", 0)
    assert len(excerpt(log)) == 1


def test_a_fault_of_ours_is_told_once_with_its_traceback(ledger: Ledger, log: pytest.LogCaptureFixture) -> None:
    for attempt in range(3):
        ledger.stores.note_fault("shop", "orders.walk", f"failed at {attempt}", KeyError(attempt))
    (line,) = log.records
    assert line.exc_info
    assert line.exc_info[0] is KeyError
    excerpt(log)
    ledger.stores.heal_run("shop", "orders.walk")
    ledger.stores.note_fault("shop", "orders.walk", "failed", KeyError("sku"))
    assert [line["where"] for line in excerpt(log)] == ["orders.walk"]
