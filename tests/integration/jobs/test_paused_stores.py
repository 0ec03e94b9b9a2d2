"""A store that is paused keeps no room in the dispatch window: no worker may claim what was sent for it."""

from collections.abc import Iterator

import pytest

from ledger.jobs.dispatch_window import QueueLoad
from ledger.ledger import Ledger
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet, new_key
from schemas.flows import SWITCHES
from tests.support.ledger.rows import store_values

PAUSED, OTHER = "paused", "other"
FLOWS = (("import", "orders"), ("export", "looks"))
JOBS = 5
# Seconds after which a job that nobody claimed is sent again.
AFTER = 60.0


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    opened = Ledger(Database(database_url), KeySet([new_key()]))
    for name in (PAUSED, OTHER):
        opened.stores.add(store_values(name, name), dict.fromkeys(SWITCHES, True), 60.0)
    yield opened
    opened.database.close()


def sent(ledger: Ledger, store: str, direction: str, flow: str) -> None:
    for number in range(JOBS):
        ledger.jobs.request_run(store, direction, flow, f"{flow} {number}")
    assert len(ledger.dispatch_window.release(direction, flow, {store: (JOBS, JOBS)}, JOBS)) == JOBS


def loads(ledger: Ledger) -> list[QueueLoad]:
    found = ledger.dispatch_window.load(FLOWS, AFTER)
    return [found[flow] for flow in FLOWS]


def test_a_pause_takes_back_what_was_sent_of_all_flows_and_of_no_other_store(ledger: Ledger) -> None:
    for flow in FLOWS:
        sent(ledger, PAUSED, *flow)
        sent(ledger, OTHER, *flow)
    ledger.stores.pause(PAUSED)
    assert [load.queued for load in loads(ledger)] == [JOBS, JOBS]
    ledger.stores.resume(PAUSED)
    for flow in FLOWS:
        assert len(ledger.dispatch_window.release(*flow, {PAUSED: (JOBS, JOBS)}, JOBS)) == JOBS


def test_what_was_sent_at_the_moment_of_the_pause_is_taken_back_instead_of_sent_again(ledger: Ledger) -> None:
    ledger.stores.pause(PAUSED)
    for flow in FLOWS:
        # Dispatch had chosen the store before it was paused.
        sent(ledger, PAUSED, *flow)
    ledger.database.transaction(
        lambda session: session.execute("update jobs set queued_at = queued_at - interval '2 minutes'")
    )
    for flow in FLOWS:
        assert ledger.dispatch_window.resend(*flow, AFTER, 100) == []
    assert [load.queued for load in loads(ledger)] == [0, 0]
