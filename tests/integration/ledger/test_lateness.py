"""How late orders become visible, by which an operator sets the overlap: measured while polling, forgotten in time."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from ledger.ledger import Ledger
from ledger.orders.cursors import Slice
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet, new_key
from ledger.records import SeenOrder
from ledger.status import Status
from tests.support.ledger.rows import store_values

MINUTE = timedelta(minutes=1)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    opened = Ledger(Database(database_url), KeySet([new_key()]))
    opened.stores.add(store_values("shop"), {"orders.import": True}, 60.0)
    yield opened
    opened.close()


def test_what_changed_before_the_store_was_connected_is_not_late(ledger: Ledger) -> None:
    connected = _position(ledger)
    _poll(ledger, connected + 10 * MINUTE, connected - 4 * MINUTE)
    assert _lateness(ledger) == 0


def test_what_became_visible_behind_the_cursor_is_late(ledger: Ledger) -> None:
    connected = _position(ledger)
    _poll(ledger, connected + 10 * MINUTE)
    _poll(ledger, connected + 10 * MINUTE, connected + 7 * MINUTE)
    assert _lateness(ledger) == 180


def test_the_longest_lateness_counts_for_a_day(ledger: Ledger) -> None:
    connected = _position(ledger)
    _poll(ledger, connected + 10 * MINUTE)
    _poll(ledger, connected + 10 * MINUTE, connected + 7 * MINUTE)
    _poll(ledger, connected + 10 * MINUTE, connected + 9 * MINUTE)
    assert _lateness(ledger) == 180
    ledger.database.transaction(lambda s: s.execute("update cursors set lateness_at = now() - interval '25 hours'"))
    assert _lateness(ledger) == 0
    _poll(ledger, connected + 10 * MINUTE, connected + 8 * MINUTE)
    assert _lateness(ledger) == 120


def _position(ledger: Ledger) -> datetime:
    cursor = ledger.cursors.get("shop", "live")
    assert cursor is not None
    return cursor.position


def _poll(ledger: Ledger, position: datetime, *updated: datetime) -> None:
    ledger.cursors.take("shop", "live", 300.0)
    cursor = ledger.cursors.get("shop", "live")
    assert cursor is not None
    orders = [SeenOrder(str(moment), "1", moment, moment, is_test=False, is_final=False) for moment in updated]
    found = Slice(orders, [], [], position, 60.0, 1, len(orders), finished=False, over=True, pause=300, promise=330.0)
    assert ledger.cursors.advance(cursor, found) is not None


def _lateness(ledger: Ledger) -> float:
    (store,) = Status(ledger.database).stores()
    return float(store["lateness"])
