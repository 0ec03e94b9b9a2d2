"""A store without news is scanned and watched less often, and as often as any other once it has some."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from psycopg import sql

from ledger.ledger import Ledger
from ledger.orders.cursors import Slice
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet, new_key
from ledger.postgres.session import Session
from ledger.records import JobRequest
from tests.support.ledger.rows import store_values

USUAL, LONGEST = 60.0, 300.0


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    opened = Ledger(Database(database_url), KeySet([new_key()]))
    opened.stores.add(
        store_values("shop"), dict.fromkeys(("orders.import", "shipments.export", "inventory.publish"), True), 60.0
    )
    yield opened
    opened.close()


@pytest.mark.parametrize(("quiet", "pause"), [("1 minute", USUAL), ("24 minutes", 120), ("10 days", LONGEST)])
def test_the_longer_a_store_is_quiet_the_later_its_next_walk_and_watch(
    ledger: Ledger, quiet: str, pause: float
) -> None:
    _quiet_for(ledger, quiet)
    _walk(ledger, news=False)
    _watch(ledger, news=False)
    assert _next(ledger, "walks", "next_at") == pytest.approx(pause, abs=5)
    assert _next(ledger, "stock_cursors", "next_poll_at") == pytest.approx(pause, abs=5)


def test_news_from_afosto_end_the_quiet(ledger: Ledger) -> None:
    _quiet_for(ledger, "10 days")
    for news in (True, False):
        _walk(ledger, news=news)
        _watch(ledger, news=news)
        assert _next(ledger, "walks", "next_at") == pytest.approx(USUAL, abs=5)
        assert _next(ledger, "stock_cursors", "next_poll_at") == pytest.approx(USUAL, abs=5)


def test_an_order_in_the_shop_ends_the_quiet(ledger: Ledger) -> None:
    _quiet_for(ledger, "10 days")
    _poll(ledger, JobRequest("orders", "order", "hash", datetime.now(UTC)))
    _walk(ledger, news=False)
    _watch(ledger, news=False)
    assert _next(ledger, "walks", "next_at") == pytest.approx(USUAL, abs=5)
    assert _next(ledger, "stock_cursors", "next_poll_at") == pytest.approx(USUAL, abs=5)


def test_a_poll_without_news_leaves_it_quiet(ledger: Ledger) -> None:
    _quiet_for(ledger, "10 days")
    _poll(ledger)
    _walk(ledger, news=False)
    assert _next(ledger, "walks", "next_at") == pytest.approx(LONGEST, abs=5)


def _quiet_for(ledger: Ledger, time: str) -> None:
    def work(session: Session) -> None:
        session.execute("update walks set news_at = now() - %s::interval", (time,))
        session.execute("update stock_cursors set news_at = now() - %s::interval", (time,))

    ledger.database.transaction(work)


def _walk(ledger: Ledger, *, news: bool) -> None:
    ledger.database.transaction(lambda session: session.execute("update walks set next_at = now()"))
    assert ledger.scans.take_due(USUAL, 10) == ["shop"]
    ledger.scans.read("shop", lists=True, listed_to=datetime.now(UTC), news=news, longest=LONGEST)


def _watch(ledger: Ledger, *, news: bool) -> None:
    now = datetime.now(UTC)
    ledger.stock.move_cursor("shop", now, lists_changes=True, pause=USUAL, news=news, longest=LONGEST)


def _poll(ledger: Ledger, *wishes: JobRequest) -> None:
    fence = ledger.cursors.take("shop", "live", 300.0)
    cursor = ledger.cursors.get("shop", "live")
    assert cursor is not None
    assert cursor.fence == fence
    now = datetime.now(UTC)
    read = Slice(
        [], wishes, [], now, 60.0, requests=1, documents=0, finished=False, over=True, pause=300.0, promise=330.0
    )
    assert len(ledger.cursors.advance(cursor, read) or []) == len(wishes)


def _next(ledger: Ledger, table: str, column: str) -> float:
    """In how many seconds the store's turn comes."""
    text = sql.SQL("select extract(epoch from {} - now())::float8 as seconds from {}")
    query = text.format(sql.Identifier(column), sql.Identifier(table))
    row = ledger.database.transaction(lambda session: session.execute(query).fetchone())
    assert row is not None
    return float(row["seconds"])
