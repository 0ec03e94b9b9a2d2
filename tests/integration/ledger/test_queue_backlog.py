"""What an autoscaler sees: the queries of deploy/kubernetes, as they stand there, asked of a real ledger."""

from collections.abc import Iterator
from functools import partial
from typing import Any, LiteralString

import pytest

from jobs.dispatch_window import WORKER_ALIVE_SECONDS
from ledger.jobs.dispatch_window import WorkerProcess
from ledger.ledger import Ledger
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet, new_key
from schemas.flows import SWITCHES
from tasks.flows import FLOWS
from tests.support.deploy.kubernetes import by_name, scaling
from tests.support.ledger.rows import store_values

SHOP, OTHER = "corner", "other"
POOLS = sorted(by_name("ScaledObject"))
MOST = 10_000  # due jobs of a flow that are counted


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    opened = Ledger(Database(database_url), KeySet([new_key()]))
    for name in (SHOP, OTHER):
        opened.stores.add(store_values(name, name), dict.fromkeys(SWITCHES, True), 60.0)
    yield opened
    opened.database.close()


def execute(ledger: Ledger, statement: LiteralString, *values: object) -> None:
    ledger.database.transaction(lambda session: session.execute(statement, values))


def due(
    ledger: Ledger, count: int, *, store: str = SHOP, ago: float = 60, lane: int = 1, state: str = "waiting"
) -> None:
    execute(
        ledger,
        "insert into jobs (store, direction, flow, subject, order_key, lane, state, due_at, queued_at) "
        "select %s, 'import', 'orders', key, key, %s, %s, now() - %s * interval '1 second', "
        "case when %s = 'queued' then now() - interval '5 seconds' end "
        "from (select gen_random_uuid()::text as key from generate_series(1, %s)) n",
        store,
        lane,
        state,
        ago,
        state,
        count,
    )


def seen(ledger: Ledger, pool: str = "orders") -> dict[str, float]:
    """Return what each query of a pool says, by the name of its trigger."""
    return {
        trigger.name: ledger.database.transaction(partial(_one, trigger.query)) for trigger in scaling(pool).triggers
    }


def _one(query: str, session: Any) -> float:
    ((value,),) = (row.values() for row in session.execute(query).fetchall())
    return float(value)


def working(ledger: Ledger, slots: int) -> None:
    ledger.dispatch_window.heartbeat("worker", "host", ["orders"], slots, WorkerProcess(unheard=0.0))


@pytest.mark.parametrize("pool", POOLS)
def test_with_nothing_to_do_each_query_says_zero(ledger: Ledger, pool: str) -> None:
    assert set(seen(ledger, pool).values()) == {0.0}


def test_the_view_knows_the_queue_of_each_flow(ledger: Ledger) -> None:
    # A new store publishes no stock until somebody confirms it.
    execute(ledger, "update store_flows set stopped_reason = null")
    for flow in FLOWS:
        execute(
            ledger,
            "insert into jobs (store, direction, flow, subject, order_key) values (%s, %s, %s, 'it', %s)",
            *(SHOP, flow.direction, flow.name, flow.task),
        )
    wanted: dict[str, float] = {}
    for flow in FLOWS:
        wanted[flow.queue] = wanted.get(flow.queue, 0) + 1
    assert {pool: seen(ledger, pool)["depth"] for pool in wanted} == wanted


def test_what_waits_for_a_worker_counts_with_the_time_for_which_it_has_been_due(ledger: Ledger) -> None:
    due(ledger, 3, ago=90)
    due(ledger, 2, ago=-60)
    assert seen(ledger) == {"depth": 3, "age": pytest.approx(90, abs=5)}


def test_past_orders_count_and_have_no_age(ledger: Ledger) -> None:
    due(ledger, 3, ago=9000, lane=2)
    assert seen(ledger) == {"depth": 3, "age": 0}


STAND_STILL: tuple[LiteralString, ...] = (
    "update stores set paused_at = now() where name = 'other'",
    "update store_flows set enabled = false where store = 'other'",
    "update store_flows set stopped_reason = 'drift' where store = 'other'",
    """insert into store_health (store, vendor, reason, message, retry_at)
    values ('other', 'epages', 'unreachable', 'it is away', now() + interval '1 minute')""",
)


@pytest.mark.parametrize("stand_still", STAND_STILL)
def test_what_no_worker_may_do_now_does_not_count(ledger: Ledger, stand_still: LiteralString) -> None:
    due(ledger, 1)
    due(ledger, 5, store=OTHER, ago=9000)
    execute(ledger, stand_still)
    assert seen(ledger) == {"depth": 1, "age": pytest.approx(60, abs=5)}


@pytest.mark.parametrize("stand_still", STAND_STILL)
def test_many_jobs_that_no_worker_may_do_do_not_hide_those_of_another_store(
    ledger: Ledger, stand_still: LiteralString
) -> None:
    due(ledger, MOST + 1, store=OTHER, ago=9000)
    due(ledger, 3, ago=90)
    execute(ledger, stand_still)
    assert seen(ledger) == {"depth": 3, "age": pytest.approx(90, abs=5)}


def test_while_workers_have_all_that_may_be_sent_more_of_them_would_help_nobody(ledger: Ledger) -> None:
    """Nothing is sent because the calls to a vendor are used up: the slots are free, and jobs are due for hours."""
    due(ledger, 500, ago=9000)
    due(ledger, 3, store=OTHER, ago=9000, state="queued")
    working(ledger, 32)
    assert seen(ledger) == {"depth": 3, "age": pytest.approx(5, abs=4)}


def test_while_workers_are_busy_all_that_is_due_counts(ledger: Ledger) -> None:
    due(ledger, 500, ago=90)
    due(ledger, 20, store=OTHER, ago=80, state="queued")
    working(ledger, 32)
    assert seen(ledger) == {"depth": 520, "age": pytest.approx(90, abs=5)}


def test_without_any_worker_all_that_is_due_counts(ledger: Ledger) -> None:
    due(ledger, 500, ago=90)
    working(ledger, 32)
    execute(ledger, "update workers set seen_at = now() - %s * interval '1 second'", WORKER_ALIVE_SECONDS + 1)
    assert seen(ledger)["depth"] == 500


def test_a_poll_that_is_sent_and_has_not_ended_counts(ledger: Ledger) -> None:
    execute(ledger, "update cursors set running_until = now() + interval '1 minute' where store = 'corner'")
    polls = seen(ledger, "poll")["depth"]
    assert polls > 0
    execute(ledger, "update cursors set running_until = now() - interval '1 second' where store = 'corner'")
    assert seen(ledger, "poll") == {"depth": 0}


@pytest.mark.parametrize("pool", ["orders", "exports"])
def test_with_many_jobs_it_reads_no_more_than_it_counts(ledger: Ledger, pool: str) -> None:
    due(ledger, 3 * MOST)
    due(ledger, 3 * MOST, ago=-3600)
    ledger.database.transaction(lambda session: session.execute("analyze jobs"))
    (plan,) = ledger.database.transaction(
        lambda session: session.execute(f"explain (analyze, format json) {scaling(pool).triggers[0].query}").fetchall()
    )
    read = [node for node in _nodes(plan["QUERY PLAN"][0]["Plan"]) if node.get("Relation Name") == "jobs"]
    assert {node["Index Name"] for node in read} == {"jobs_due", "jobs_queued"}
    assert sum(node["Actual Rows"] for node in read) == (MOST if pool == "orders" else 0)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from _nodes(child)
