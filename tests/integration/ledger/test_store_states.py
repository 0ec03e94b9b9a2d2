"""The lists of the console and of the API, which read a page, and `connector status`, which reads all, agree."""

from collections.abc import Iterator

import pytest

from ledger.ledger import Ledger
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet, new_key
from ledger.status import Status
from ledger.stores.condition import StoreState
from ledger.stores.overview import StoresOverview
from tests.support.console.sample_stores import FRESH, add_sample_stores

POLL_INTERVAL, LATENESS = 300.0, 150.0


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    opened = Ledger(Database(database_url), KeySet([new_key()]))
    yield opened
    opened.close()


def test_a_store_has_one_state_wherever_one_looks(ledger: Ledger) -> None:
    add_sample_stores(ledger)
    status = Status(ledger.database)
    told = [(row["name"], row["state"]) for row in status.stores_in_state(POLL_INTERVAL, status.lag())]
    checked = [(row["name"], row["state"]) for row in status.conditions(POLL_INTERVAL, status.lag(), LATENESS)]
    shown = [(line.name, line.state) for line in StoresOverview(ledger.database, POLL_INTERVAL).page().stores]
    listed = status.page(stores=None, state=None, stale=2 * POLL_INTERVAL, after="", limit=100)
    assert checked == [(name, state) for name, state in told if not state.is_sound]
    assert shown == told
    assert {row["name"]: row["state"] for row in listed} == dict(told)
    assert {state for _, state in shown} == set(StoreState) - {StoreState.NEW}


def test_a_store_whose_orders_become_visible_late_is_looked_at_although_it_is_sound(ledger: Ledger) -> None:
    add_sample_stores(ledger)
    status = Status(ledger.database)
    ledger.database.transaction(
        lambda session: session.execute(
            "update cursors set lateness = %s, lateness_at = now() where store = %s and kind = 'live'",
            (LATENESS + 1, FRESH),
        )
    )
    late = [row["name"] for row in status.conditions(POLL_INTERVAL, status.lag(), LATENESS) if row["state"].is_sound]
    assert late == [FRESH]
