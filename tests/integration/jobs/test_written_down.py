"""Whatever a vendor said, what came of a run is written down: no text and no figure keeps a job running for ever."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest

from ledger.ledger import Ledger
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet, new_key
from ledger.records import Context, Job, Settlement
from ledger.stock.records import StockOutcome, WantedSku
from local.servers.services import Services
from schemas.errors import NeedsPerson
from schemas.intents import ShopParcelIntent
from schemas.wording.phrases import phrase
from tests.support.connector.driver import Driver
from tests.support.connector.world import World
from tests.support.ledger.rows import store_values

UNKEEPABLE = "a NUL \0, half a pair \ud800, the letters \\u0000"
KEPT = "a NUL \ufffd, half a pair ?, the letters \\u0000"
# Twice what an index takes; random, as a repeated character would be compressed.
LONG = secrets.token_hex(10_000)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    opened = Ledger(Database(database_url), KeySet([new_key()]))
    opened.stores.add(store_values("shop"), {"orders.import": True}, 60.0)
    yield opened
    opened.close()


@pytest.fixture
def job(ledger: Ledger) -> Job:
    return claimed(ledger)[0]


def claimed(ledger: Ledger) -> tuple[Job, Context]:
    ledger.jobs.request_run("shop", "import", "orders", "order")
    found = ledger.jobs.claim("shop", "import", "orders", "order", holder="me", lease=60)
    assert found is not None
    return found


def settle(ledger: Ledger, job: Job, end: Settlement, *steps: str) -> dict[str, object]:
    assert ledger.jobs.settle(job, "me", end, steps=steps, seconds=1, requests=1) is not None
    row = ledger.jobs.find(job.id)
    assert row is not None
    return row


def test_a_reason_that_no_index_takes_parks_the_job_with_less(ledger: Ledger, job: Job) -> None:
    row = settle(ledger, job, Settlement("parked", "parked", LONG, reason=LONG, resolution=LONG), LONG)
    assert (row["state"], row["reason"]) == ("parked", "not-written-down")
    assert row["message"] == "what came of the run could not be written down: the database refuses it (54000)"


@pytest.mark.parametrize(
    "end",
    [
        Settlement("waiting", "waits", "the shop asks for patience", pause=1e300),
        Settlement("waiting", "waits", "the budget is used up", prepaid_epages=40_000),
        Settlement("waiting", "waits", "the budget is used up", prepaid_afosto=10**9),
    ],
)
def test_a_figure_out_of_range_lets_the_job_wait_with_less(ledger: Ledger, job: Job, end: Settlement) -> None:
    row = settle(ledger, job, end)
    assert row["state"] == "waiting"
    assert isinstance(row["due_at"], datetime)
    assert 0 < (row["due_at"] - datetime.now(UTC)).total_seconds() <= 60


def test_a_job_that_is_done_is_done_even_with_less(ledger: Ledger, job: Job) -> None:
    assert settle(ledger, job, Settlement("done", "done", "opened", pause=1e300))["state"] == "done"


def test_a_character_that_postgres_cannot_keep_is_replaced_in_texts_and_in_json(ledger: Ledger, job: Job) -> None:
    row = settle(ledger, job, Settlement("parked", "parked", UNKEEPABLE, reason="odd"), UNKEEPABLE)
    assert (row["reason"], row["message"]) == ("odd", KEPT)
    (attempt,) = ledger.database.transaction(lambda s: s.execute("select steps from attempts").fetchall())
    assert attempt["steps"] == [KEPT]


def test_what_is_announced_of_a_call_holds_any_text(ledger: Ledger, job: Job) -> None:
    ledger.links.record_intent(job, ShopParcelIntent("parcel", {UNKEEPABLE: 1}, UNKEEPABLE, ()), 0)
    settle(ledger, job, Settlement("waiting", "waits"))
    (intent,) = claimed(ledger)[1].intents
    assert intent.body == {"parcel": "parcel", "lines": {KEPT: 1}, "code": KEPT, "baseline": []}


def test_a_store_is_blamed_in_any_words(ledger: Ledger) -> None:
    ledger.stores.blame("shop", "epages", LONG, UNKEEPABLE, 60)
    (health,) = ledger.database.transaction(lambda s: s.execute("select message from store_health").fetchall())
    assert health["message"] == KEPT


def test_a_stock_that_no_column_takes_holds_up_no_other_sku(ledger: Ledger, job: Job) -> None:
    ledger.stock.request_publishing("shop", ["A"])
    (wanted,) = ledger.stock.due("shop", 10, [])
    assert isinstance(wanted, WantedSku)
    ledger.stock.note_outcome(
        job, wanted, ("product", None), StockOutcome("published", phrase("fine"), published=2**40), 60
    )
    (row,) = ledger.stock.list("shop")
    assert (row["outcome"], row["open"]) == ("not-written-down", False)


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world")) as started:
        yield started


def test_a_failure_that_cannot_be_judged_does_not_leave_its_job_running(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise psycopg.DataError("the database refuses it")

    def wrong_secret(*_: object) -> str:
        error = NeedsPerson(phrase("no"), reason="wrong-secret", resolution=phrase("look"), store_wide=True)
        error.vendor = "epages"
        raise error

    monkeypatch.setattr(driver.runtime.ledger.stores, "blame", refuse)
    monkeypatch.setattr("jobs.run.Run.reserve", wrong_secret)
    driver.place()
    driver.poll()
    with pytest.raises(psycopg.DataError):
        driver.hurry()
    (job,) = driver.jobs()
    assert (job["state"], job["message"]) == ("waiting", "DataError: the database refuses it")
