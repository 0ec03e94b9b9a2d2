"""Rules of the ledger that only a real database can keep or break."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import LiteralString

import psycopg
import pytest
from psycopg import sql

from ledger.jobs.jobs import upsert_requests
from ledger.ledger import Ledger
from ledger.orders.cursors import Slice
from ledger.postgres.database import Database, Statement, fetch
from ledger.postgres.encryption import KeySet, new_key
from ledger.postgres.session import Session
from ledger.records import JobRequest, Settlement
from ledger.stores import new_store
from schemas.errors import NeedsPerson
from tests.support.ledger.rows import store_values

NOW = datetime.now(UTC)
LONG = 5.0  # seconds after which a thread that should go on counts as stuck


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    opened = Ledger(Database(database_url), KeySet([new_key()]))
    opened.stores.add(store_values("shop"), {"orders.import": True, "shipments.import": True}, 60.0)
    yield opened
    opened.close()


def test_a_dependent_written_while_its_order_is_being_opened_is_woken(ledger: Ledger) -> None:
    _advance(ledger, _request("orders", "placed"))
    job = ledger.jobs.claim("shop", "import", "orders", "order", holder="me", lease=60)
    assert job is not None
    ledger.links.bind_order("shop", "order", "afosto-order", job[0].id, {})
    opening = threading.Thread(target=lambda: ledger.links.stage_order("shop", "order", "afosto-order", "opened"))

    def poll(session: Session) -> None:
        fetch(session, "jobs.lock_orders", {"store": "shop", "subjects": ["order"]})
        opening.start()
        opening.join(0.3)
        assert opening.is_alive(), "an order must not be opened between a poll's look at it and what the poll writes"
        upsert_requests(session, "shop", "import", 1, [_request("shipments", "shipped")], LONG * 10)

    ledger.database.transaction(poll)
    opening.join(LONG)
    due = {row["flow"]: row["due_at"] for row in ledger.jobs.search(store="shop")}
    assert due["shipments"] <= datetime.now(UTC)


def test_a_dependent_waits_for_its_order_until_it_is_opened(ledger: Ledger) -> None:
    _advance(ledger, _request("orders", "placed"), _request("shipments", "shipped"))
    (shipment,) = (row for row in ledger.jobs.search(store="shop") if row["flow"] == "shipments")
    assert shipment["due_at"] > datetime.now(UTC) + timedelta(seconds=10)


def test_a_dependent_written_while_its_order_is_given_up_is_woken(ledger: Ledger) -> None:
    _advance(ledger, _request("orders", "placed"))
    job = ledger.jobs.claim("shop", "import", "orders", "order", holder="me", lease=60)
    assert job is not None
    _advance(ledger, _request("shipments", "canceled"))
    ledger.jobs.settle(job[0], "me", Settlement("done", "done", "canceled"), steps=[], seconds=0, requests=0)
    (shipment,) = (row for row in ledger.jobs.search(store="shop") if row["flow"] == "shipments")
    assert shipment["due_at"] <= datetime.now(UTC)


def test_a_dependent_written_after_its_order_was_given_up_is_due_at_once(ledger: Ledger) -> None:
    _advance(ledger, _request("orders", "placed"))
    job = ledger.jobs.claim("shop", "import", "orders", "order", holder="me", lease=60)
    assert job is not None
    ledger.jobs.settle(job[0], "me", Settlement("done", "done", "canceled"), steps=[], seconds=0, requests=0)
    _advance(ledger, _request("shipments", "canceled"))
    (shipment,) = (row for row in ledger.jobs.search(store="shop") if row["flow"] == "shipments")
    assert shipment["due_at"] <= datetime.now(UTC)


def test_a_dependent_of_a_draft_that_waits_for_its_payment_is_due_at_once(ledger: Ledger) -> None:
    _advance(ledger, _request("orders", "placed"))
    job = ledger.jobs.claim("shop", "import", "orders", "order", holder="me", lease=60)
    assert job is not None
    ledger.links.bind_order("shop", "order", "afosto-order", job[0].id, {})
    ledger.links.stage_order("shop", "order", "afosto-order", "filled")
    _advance(ledger, _request("shipments", "shipped"))
    (shipment,) = (row for row in ledger.jobs.search(store="shop") if row["flow"] == "shipments")
    assert shipment["due_at"] <= datetime.now(UTC)


def test_a_late_note_of_a_draft_does_not_close_an_opened_order(ledger: Ledger) -> None:
    _advance(ledger, _request("orders", "placed"))
    job = ledger.jobs.claim("shop", "import", "orders", "order", holder="me", lease=60)
    assert job is not None
    ledger.links.bind_order("shop", "order", "afosto-order", job[0].id, {})
    assert ledger.links.stage_order("shop", "order", "afosto-order", "filled", facts={"total": "1"})
    assert ledger.links.stage_order("shop", "order", "afosto-order", "opened")
    assert not ledger.links.stage_order("shop", "order", "afosto-order", "filled")


def test_a_second_job_of_an_order_is_not_claimed_and_the_connection_goes_on(ledger: Ledger) -> None:
    _advance(ledger, _request("orders", "placed"))
    ledger.jobs.request_run("shop", "import", "shipments", "order")
    assert ledger.jobs.claim("shop", "import", "orders", "order", holder="me", lease=60) is not None
    for _ in range(3):
        assert ledger.jobs.claim("shop", "import", "shipments", "order", holder="you", lease=60) is None
    states = {row["flow"]: row["state"] for row in ledger.jobs.search(store="shop")}
    assert states == {"orders": "running", "shipments": "waiting"}


def test_a_job_claimed_while_another_of_its_order_is_released_breaks_nothing(ledger: Ledger) -> None:
    _advance(ledger, _request("orders", "placed"))
    ledger.jobs.request_run("shop", "import", "shipments", "order")
    released: list[object] = []

    def release() -> None:
        released.append(ledger.dispatch_window.release("import", "shipments", {"shop": (5, 5)}, 5))

    releasing = threading.Thread(target=release)

    def claim(session: Session) -> None:
        key = {"store": "shop", "direction": "import", "flow": "orders", "subject": "order"}
        assert fetch(session, "jobs.claim", {**key, "holder": "me", "lease": 60})
        releasing.start()
        releasing.join(0.3)
        assert releasing.is_alive(), "an order is held by one at a time"

    ledger.database.transaction(claim)
    releasing.join(LONG)
    assert released == [[]]


def test_connections_that_the_server_ended_are_noticed_before_they_are_used(ledger: Ledger) -> None:
    ended = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = %s"
    together = threading.Barrier(4)
    threads = [threading.Thread(target=_hold, args=(ledger, together)) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(LONG)
    name = ledger.database.transaction(lambda session: session.info.dbname)
    ledger.database.transaction(partial(_execute, ended, (name,)))
    time.sleep(0.2)
    assert [ledger.stores.names() for _ in range(5)] == [["shop"]] * 5


def test_a_store_that_is_taken_up_again_is_polled_at_once(ledger: Ledger) -> None:
    assert [row["kind"] for row in ledger.cursors.take_due(600.0, 5)] != []
    ledger.stores.pause("shop")
    assert ledger.cursors.take_due(600.0, 5) == []
    ledger.stores.resume("shop")
    assert {row["store"] for row in ledger.cursors.take_due(600.0, 5)} == {"shop"}


def test_the_sweep_leaves_out_orders_nobody_expects_anything_of(ledger: Ledger) -> None:
    insert = "insert into orders (store, id, number, created_at, updated_at) values ('shop', %s, %s, %s, %s)"
    ages = {"last week": 7, "last year": 365}
    for name, days in ages.items():
        at = NOW - timedelta(days=days)
        ledger.database.transaction(partial(_execute, insert, (name, name, at, at)))
    assert ledger.cursors.start_sweep("shop", NOW, 60.0)
    sweep = ledger.cursors.get("shop", "sweep")
    assert sweep is not None
    assert sweep.position == NOW - timedelta(days=7)


def test_of_two_who_connect_one_shop_at_once_under_two_names_the_second_is_refused(ledger: Ledger) -> None:
    address = {"base_url": "https://one.example/api"}
    sealed = {**store_values("first"), **address, "client_secret": b"", "afosto_key": b""}
    with ThreadPoolExecutor(1) as elsewhere:

        def connect(session: Session) -> Future[None]:
            new_store.insert(session, sealed, {}, 60.0)
            second = elsewhere.submit(ledger.stores.add, {**store_values("second"), **address}, {}, 60.0)
            wait([second], 0.3)
            assert not second.done(), "a shop must not be judged to be new while somebody connects another"
            return second

        second = ledger.database.transaction(connect)
        with pytest.raises(NeedsPerson, match="as the store 'first'") as refused:
            second.result(LONG)
    assert refused.value.reason == "shop-connected-already"
    assert ledger.stores.names() == ["first", "shop"]


def _execute(statement: LiteralString, values: tuple[object, ...], session: Session) -> None:
    session.execute(statement, values)


def _advance(ledger: Ledger, *job_requests: JobRequest) -> None:
    fence = ledger.cursors.take("shop", "live", 300.0)
    cursor = ledger.cursors.get("shop", "live")
    assert cursor is not None
    assert cursor.fence == fence
    found = Slice(
        [], job_requests, [], NOW, 60.0, 1, len(job_requests), finished=False, over=True, pause=300, promise=330.0
    )
    assert ledger.cursors.advance(cursor, found) is not None


def _request(flow: str, content: str) -> JobRequest:
    return JobRequest(flow, "order", content, NOW)


def _hold(ledger: Ledger, together: threading.Barrier) -> None:
    """Keep a connection until all have one."""
    ledger.database.transaction(lambda _: together.wait(LONG))


@pytest.mark.parametrize(("chosen", "used"), [("off", "on"), ("remote_write", "remote_write")])
def test_what_the_server_said_it_committed_survives_its_death_whatever_its_default(
    database_url: str, chosen: str, used: str
) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("alter database {} set synchronous_commit = {}").format(name, chosen))
    database = Database(database_url)
    row = database.transaction(lambda session: session.execute("show synchronous_commit").fetchone())
    database.close()
    assert row == {"synchronous_commit": used}


def test_a_batch_that_fails_leaves_no_connection_that_thinks_its_statements_prepared(database_url: str) -> None:
    database = Database(database_url, size=1)
    asks: Statement = ("stores.exists", {"name": "shop"})
    for _ in range(5):
        database.batch(asks)
    nobodys: Statement = (
        "stores.add_flow",
        {"store": "nobody", "direction": "import", "flow": "orders", "enabled": True},
    )
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        # The sixth time it is prepared, behind a statement that fails: the server never hears of it.
        database.batch(nobodys, asks)
    assert database.batch(asks) == [[]]
    database.close()
