"""What is kept for a while goes in the end, a batch at a time, and nothing else goes with it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import LiteralString

import pytest
from psycopg import sql

from jobs.runtime import Runtime, build_runtime
from ledger import retention
from ledger.ledger import Ledger
from ledger.people.audit import Outcome
from ledger.people.users import Role
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet, new_key
from ledger.records import Settlement
from local.servers.services import Services, environment
from schemas.settings import load_settings
from tasks.reconcile import prune
from tests.support.ledger.rows import store_values


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    opened = Ledger(Database(database_url), KeySet([new_key()]))
    opened.stores.add(store_values("shop"), {"orders.import": True}, 60.0)
    yield opened
    opened.close()


def test_old_attempts_settled_intents_and_webhooks_are_deleted(ledger: Ledger) -> None:
    for order in ("old", "new"):
        _ran(ledger, order)
        _heard(ledger, order)
    _execute(ledger, "update attempts set at = now() - interval '100 days' where order_key = 'old'")
    _execute(ledger, "update intents set settled_at = now() - interval '100 days' where order_key = 'old'")
    _execute(ledger, "update inbox set received_at = now() - interval '100 days' where message_id = 'old'")
    pruned = ledger.retention.prune(90, 30, seconds=60)
    assert pruned.complete
    assert pruned.rows == {
        "order_documents": 0,
        "attempts": 1,
        "intents": 1,
        "inbox": 1,
        "set_aside": 0,
        "deliveries": 0,
        "idempotency_keys": 0,
        "missed_windows": 0,
        "connection_drafts": 0,
        "invitations": 0,
        "user_sessions": 0,
        "sign_in_attempts": 0,
        "audit": 0,
        "comparisons": 0,
        "sweeps": 0,
    }
    assert _keys(ledger, "attempts") == _keys(ledger, "intents") == _keys(ledger, "inbox") == ["new"]


def test_connections_that_nobody_goes_on_with_and_invitations_that_are_over_are_deleted(ledger: Ledger) -> None:
    ledger.users.add("anna", Role.OPERATOR, "four words without connection")
    for name in ("old", "new"):
        ledger.connection_drafts.begin("anna", name)
        ledger.invitations.add(name, "anna")
    _execute(ledger, "update connection_drafts set changed_at = now() - interval '15 days' where name = 'old'")
    _execute(ledger, "update invitations set expires_at = now() - interval '31 days' where store_name = 'old'")
    pruned = ledger.retention.prune(90, 30, seconds=60)
    assert (pruned.rows["connection_drafts"], pruned.rows["invitations"]) == (1, 1)
    assert [draft.name for draft in ledger.connection_drafts.known()] == ["new"]
    assert [invitation.store_name for invitation in ledger.invitations.known()] == ["new"]


def test_the_audit_log_goes_back_a_year(ledger: Ledger) -> None:
    for action, days in (("store.pause", 366), ("store.resume", 364), ("store.poll", 0)):
        ledger.audit.add("anna", action, "shop", "127.0.0.1", Outcome.DONE)
        _execute(ledger, "update audit set at = now() - make_interval(days => %s::int) where action = %s", days, action)
    assert ledger.retention.prune(90, 30, seconds=60).rows["audit"] == 1
    assert [entry.action for entry in ledger.audit.entries()] == ["store.poll", "store.resume"]


def test_each_kind_has_an_age_of_its_own(ledger: Ledger) -> None:
    _ran(ledger, "order")
    _heard(ledger, "order")
    _execute(ledger, "update attempts set at = now() - interval '60 days'")
    _execute(ledger, "update inbox set received_at = now() - interval '60 days'")
    ledger.retention.prune(90, 30, seconds=60)
    assert (_keys(ledger, "attempts"), _keys(ledger, "inbox")) == (["order"], [])


def test_jobs_links_and_open_intents_stay_whatever_their_age(ledger: Ledger) -> None:
    _ran(ledger, "order")
    _execute(ledger, "update intents set settled_at = null, created_at = now() - interval '10 years'")
    _execute(
        ledger, "update jobs set settled_at = now() - interval '10 years', created_at = now() - interval '10 years'"
    )
    _execute(ledger, "update links set created_at = now() - interval '10 years'")
    ledger.retention.prune(90, 30, seconds=60)
    assert _keys(ledger, "jobs") == _keys(ledger, "links") == _keys(ledger, "intents") == ["order"]


def test_more_than_a_batch_goes_in_one_run(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    _old_attempts(ledger, 5)
    assert ledger.retention.prune(90, 30, seconds=60).rows["attempts"] == 5


def test_a_run_that_has_no_time_left_sends_another_one(fresh_services: Services, ledger: Ledger) -> None:
    _old_attempts(ledger, 5)
    sent: list[str] = []
    runtime = _runtime(fresh_services, sent)
    assert prune(runtime, seconds=-1).endswith("more to follow")
    assert sent == ["reconcile.prune"]
    assert "5 of attempts" in prune(runtime)
    assert sent == ["reconcile.prune"]
    runtime.close()


def test_the_ages_are_settings(fresh_services: Services, ledger: Ledger) -> None:
    _old_attempts(ledger, 5)
    runtime = _runtime(fresh_services, [])
    patient = replace(runtime, settings=replace(runtime.settings, attempts_days=101))
    assert "0 of attempts" in prune(patient)
    runtime.close()


def _runtime(services: Services, sent: list[str]) -> Runtime:
    return build_runtime(load_settings(environment(services)), lambda name, *_: sent.append(name), lambda _: 0)


def _ran(ledger: Ledger, order: str) -> None:
    """One order was imported: a job, its attempt, its link, and an intent that is settled."""
    ledger.jobs.request_run("shop", "import", "orders", order)
    claimed = ledger.jobs.claim("shop", "import", "orders", order, holder="me", lease=60)
    assert claimed is not None
    job, _ = claimed
    ledger.links.bind_order("shop", order, f"afosto-{order}", job.id, {})
    _execute(ledger, "update intents set settled_at = now() where order_key = %s", order)
    ledger.jobs.settle(job, "me", Settlement("done", "done", "imported"), steps=[], seconds=0.1, requests=3)


def _heard(ledger: Ledger, order: str) -> None:
    insert: LiteralString = (
        "insert into inbox (endpoint, message_id, event, entity_id, order_key) values ('e', %s, 'ORDER_OPENED', %s, %s)"
    )
    _execute(ledger, insert, order, order, order)


def _old_attempts(ledger: Ledger, count: int) -> None:
    insert: LiteralString = (
        "insert into attempts "
        "(job_id, store, order_key, direction, flow, fence, worker, outcome, message, steps, seconds, requests, at) "
        "select n, 'shop', n::text, 'import', 'orders', 1, 'me', 'done', '', '[]', 1, 1, now() - interval '100 days' "
        "from generate_series(1, %s) as n"
    )
    _execute(ledger, insert, count)


def _keys(ledger: Ledger, table: str) -> list[str]:
    query = sql.SQL("select order_key from {} order by order_key").format(sql.Identifier(table))
    return [row["order_key"] for row in ledger.database.transaction(lambda s: s.execute(query).fetchall())]


def _execute(ledger: Ledger, statement: LiteralString, *values: object) -> None:
    ledger.database.transaction(lambda session: session.execute(statement, values))
