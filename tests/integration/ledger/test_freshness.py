"""How well the promise was kept that no store's news is older than five minutes and a bit."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import LiteralString

import pytest

from ledger.ledger import Ledger
from ledger.orders.cursors import Slice
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet, new_key
from ledger.postgres.session import Session
from ledger.stores.freshness import Share
from tests.support.ledger.rows import store_values

PROMISE = 330.0


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    opened = Ledger(Database(database_url), KeySet([new_key()]))
    opened.stores.add(store_values("shop"), {"orders.import": True}, 60.0)
    _execute(opened, "update stores set connected_at = now() - interval '2 days'")
    _execute(opened, "update cursors set polled_at = now()")
    yield opened
    opened.close()


def test_a_store_that_is_read_in_time_has_missed_nothing_and_has_no_row(ledger: Ledger) -> None:
    _last_polled(ledger, "5 minutes")
    _poll(ledger)
    share = ledger.freshness.shares(PROMISE)["shop"]
    assert (share.missed, share.met) == (0, 1.0)
    assert share.windows in range(576, 579)
    assert _execute(ledger, "select * from missed_windows") == []


def test_an_hour_without_a_poll_is_kept_as_missed_from_the_end_of_the_promise_on(ledger: Ledger) -> None:
    _last_polled(ledger, "1 hour 330 seconds")
    _poll(ledger)
    _poll(ledger)
    assert ledger.freshness.shares(PROMISE)["shop"].missed in (12, 13)
    last_day = ledger.freshness.last_day("shop", PROMISE)
    assert len(last_day) == 288
    assert [window.missed for window in last_day].count(True) in (12, 13)
    assert not any(window.missed for window in last_day[:270])


def test_what_a_silent_store_misses_right_now_counts_before_its_next_poll(ledger: Ledger) -> None:
    _last_polled(ledger, "25 hours")
    assert ledger.freshness.shares(PROMISE)["shop"].missed in (299, 300)
    missed = [window.missed for window in ledger.freshness.last_day("shop", PROMISE)]
    assert missed[-287:] == [True] * 287
    _poll(ledger)
    assert ledger.freshness.shares(PROMISE)["shop"].missed in (299, 300)


def test_the_same_window_that_is_missed_twice_counts_once(ledger: Ledger) -> None:
    for _ in range(3):
        _last_polled(ledger, "331 seconds")
        _poll(ledger)
    assert ledger.freshness.shares(PROMISE)["shop"].missed in (1, 2)


def test_a_paused_store_misses_nothing_also_after_it_was_resumed(ledger: Ledger) -> None:
    _last_polled(ledger, "5 minutes")
    ledger.stores.pause("shop")
    _execute(
        ledger,
        "update stores set paused_at = now() - interval '6 hours';"
        "update cursors set polled_at = now() - interval '365 minutes'",
    )
    assert ledger.freshness.shares(PROMISE)["shop"].missed == 0
    ledger.stores.resume("shop")
    _poll(ledger)
    assert ledger.freshness.shares(PROMISE)["shop"].missed == 0


def test_only_the_stores_that_may_be_seen_are_told_of(ledger: Ledger) -> None:
    ledger.stores.add(store_values("other"), {"orders.import": True}, 60.0)
    assert set(ledger.freshness.shares(PROMISE, {"other"})) == {"other"}
    assert set(ledger.freshness.shares(PROMISE)) == {"other", "shop"}
    assert ledger.freshness.last_day("nobody", PROMISE) == []


def test_the_shares_of_stores_add_up(ledger: Ledger) -> None:
    assert (Share(100, 5) + Share(100, 0)).met == 0.975
    assert Share().met is None


def test_the_last_day_tells_when_orders_were_imported(ledger: Ledger) -> None:
    _execute(
        ledger,
        "insert into links (store, kind, order_key, epages_id, afosto_id, written_by, created_at) "
        "select 'shop', 'order', o::text, o::text, 'a-' || o, 'epages', now() - (o / 2) * interval '2 hours' "
        "from generate_series(1, 3) as o",
    )
    orders = [window.orders for window in ledger.freshness.last_day("shop", PROMISE)]
    assert (orders[-1], sum(orders), max(orders)) == (1, 3, 2)


def test_windows_are_deleted_after_thirty_days(ledger: Ledger) -> None:
    _execute(
        ledger,
        "insert into missed_windows select 'shop', (now() at time zone 'utc')::date - d, ~0::bit(288) "
        "from generate_series(0, 40) as d",
    )
    assert ledger.freshness.shares(PROMISE)["shop"].met == 0
    assert ledger.retention.prune(90, 30, seconds=60).rows["missed_windows"] == 11


def _last_polled(ledger: Ledger, ago: str) -> None:
    ledger.database.transaction(
        lambda session: session.execute("update cursors set polled_at = now() - %s::interval", [ago])
    )


def _poll(ledger: Ledger) -> None:
    cursor = ledger.cursors.get("shop", "live")
    assert cursor is not None
    now = datetime.now(UTC)
    found = Slice([], [], [], now, 60.0, 1, 0, finished=False, over=True, pause=300.0, promise=PROMISE)
    assert ledger.cursors.advance(cursor, found) is not None


def _execute(ledger: Ledger, statement: LiteralString) -> list[dict[str, object]]:
    def work(session: Session) -> list[dict[str, object]]:
        cursor = session.execute(statement)
        return cursor.fetchall() if cursor.description else []

    return ledger.database.transaction(work)
