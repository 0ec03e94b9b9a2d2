"""The exporter shows the fleet in few series, and a part that fails takes no other with it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import LiteralString

import psycopg
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from exporter.app import create_app
from exporter.collecting import Fleet, Part
from exporter.parts.freshness import MOST_NAMED
from exporter.runtime import Runtime, build_runtime
from ledger.jobs.dispatch_window import WorkerProcess
from ledger.ledger import Ledger
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet
from local.servers.services import Services, environment
from local.servers.startup import free_port
from schemas.settings import load_settings
from tasks.broker.consumers import DEAF_SECONDS
from tests.support.ledger.rows import store_values
from tests.support.servers.metrics import Samples, parsed

MANY = 300


@pytest.fixture
def runtime(fresh_services: Services) -> Iterator[Runtime]:
    built = build_runtime(load_settings(environment(fresh_services)))
    yield built
    built.close()


@pytest.fixture
def ledger(runtime: Runtime) -> Iterator[Ledger]:
    database = Database(runtime.settings.database_url)
    yield Ledger(database, KeySet(runtime.settings.keys))
    database.close()


def read(runtime: Runtime) -> Samples:
    """Read every part once, as its loop does, and return what a scrape shows."""
    parts = runtime.parts()
    fleet = Fleet(parts)
    for part in parts:
        try_to_read(fleet, part)
    registry = CollectorRegistry()
    registry.register(fleet)
    return parsed(generate_latest(registry).decode())


def try_to_read(fleet: Fleet, part: Part) -> None:
    try:
        fleet.read(part)
    except Exception as error:  # noqa: BLE001 - as a loop does
        print(f"{part.name}: {error}")


def execute(ledger: Ledger, statement: LiteralString) -> None:
    ledger.database.transaction(lambda session: session.execute(statement))


def add_stores(ledger: Ledger, *names: str) -> None:
    for name in names:
        ledger.stores.add(store_values(name), {"orders.import": True}, 60.0)


def test_an_empty_installation_has_every_part_and_no_worker(runtime: Runtime) -> None:
    found = read(runtime)
    assert set(found.found["connector_exporter_part_up"].values()) == {1.0}
    assert found.one("connector_queue_slots", queue="orders") == 0
    assert found.one("connector_server_up", server="database") == 1
    assert found.one("connector_server_up", server="redis") == 1
    assert found.one("connector_oldest_due_job_seconds", queue="exports", lane="export") == 0
    assert "connector_dispatch_age_seconds" not in found.found


def test_late_stores_are_counted_and_the_latest_are_named(runtime: Runtime, ledger: Ledger) -> None:
    add_stores(ledger, "fresh", "late", "paused", "later")
    execute(ledger, "update cursors set polled_at = now() - interval '100 seconds' where kind = 'live'")
    execute(ledger, "update stores set connected_at = now() - interval '1 day'")
    for name, minutes in (("late", 10), ("later", 50), ("paused", 90)):
        ledger.database.transaction(
            lambda session, name=name, minutes=minutes: session.execute(  # type: ignore[misc]
                "update cursors set polled_at = now() - %s * interval '1 minute' where kind = 'live' and store = %s",
                (minutes, name),
            )
        )
    execute(ledger, "update stores set paused_at = now() where name = 'paused'")
    found = read(runtime)
    assert found.one("connector_stores", state="active") == 3
    assert found.one("connector_stores", state="paused") == 1
    assert found.one("connector_stores_late") == 2
    assert found.one("connector_store_news_promise_seconds") == 330
    ages = found.found["connector_store_late_seconds"]
    assert {dict(labels)["store"]: round(age, -1) for labels, age in ages.items()} == {"late": 600, "later": 3000}
    below = {end: found.one("connector_store_news_age_seconds_bucket", le=end) for end in ("60", "120", "900", "+Inf")}
    assert below == {"60": 0, "120": 1, "900": 2, "+Inf": 3}


def test_jobs_are_counted_per_queue_and_lane_with_the_age_of_the_oldest(runtime: Runtime, ledger: Ledger) -> None:
    add_stores(ledger, "corner", "off")
    for order in ("1", "2", "3", "4", "5"):
        ledger.jobs.request_run("corner", "import", "orders", order)
    ledger.jobs.request_run("corner", "export", "looks", "1", lane=0)
    ledger.jobs.request_run("off", "import", "orders", "6")
    execute(ledger, "update jobs set due_at = now() - interval '1 hour' where subject in ('1', '6')")
    execute(ledger, "update jobs set lane = 2 where subject = '2'")
    execute(ledger, "update jobs set due_at = now() + interval '100 seconds', prepaid = true where subject = '3'")
    execute(ledger, "update jobs set state = 'parked', reason = 'drift' where subject = '4'")
    execute(ledger, "update jobs set state = 'parked', reason = 'a shop''s own word' where subject = '5'")
    ledger.stores.switch_flow("off", "orders.import", enabled=False)
    found = read(runtime)
    assert found.one("connector_jobs_due", queue="orders", lane="live") == 1
    assert found.one("connector_jobs_due", queue="orders", lane="background") == 1
    assert found.one("connector_jobs_due", queue="exports", lane="export") == 1
    assert found.one("connector_oldest_due_job_seconds", queue="orders", lane="live") == pytest.approx(3600, abs=60)
    assert found.one("connector_oldest_due_job_seconds", queue="exports", lane="export") > 3000
    assert found.one("connector_jobs_waiting_for_calls", queue="orders", lane="live") == 1
    assert found.one("connector_longest_wait_for_calls_seconds", queue="orders", lane="live") == pytest.approx(
        100, abs=60
    )
    parked = {dict(labels)["reason"]: count for labels, count in found.found["connector_jobs_parked"].items()}
    assert parked == {"drift": 1, "other": 1}


def test_jobs_of_a_store_whose_vendor_is_away_are_not_due(runtime: Runtime, ledger: Ledger) -> None:
    """Dispatch sends none of them, so more workers would not help, as the alert of a growing backlog advises."""
    add_stores(ledger, "corner", "away")
    for store in ("corner", "away"):
        ledger.jobs.request_run(store, "import", "orders", "1")
    execute(ledger, "update jobs set due_at = now() - interval '1 hour' where store = 'away'")
    execute(
        ledger,
        "insert into store_health (store, vendor, reason, message, retry_at) "
        "values ('away', 'epages', 'does-not-answer', 'it is away', now() + interval '1 minute')",
    )
    found = read(runtime)
    assert found.one("connector_jobs_due", queue="orders", lane="live") == 1
    assert found.one("connector_oldest_due_job_seconds", queue="orders", lane="live") < 3000


def test_workers_work_or_are_deaf_or_silent_and_are_not_missed_for_ever(runtime: Runtime, ledger: Ledger) -> None:
    for name, unheard in (("good", 1.0), ("deaf", DEAF_SECONDS + 1), ("silent", 1.0), ("gone", 1.0)):
        ledger.dispatch_window.heartbeat(name, "host", ["orders", "exports"], 32, WorkerProcess(unheard=unheard))
    execute(ledger, "update workers set seen_at = now() - interval '10 minutes' where id = 'silent'")
    execute(ledger, "update workers set seen_at = now() - interval '2 hours', stuck = '{leases}' where id = 'gone'")
    found = read(runtime)
    for queue in ("orders", "exports"):
        states = {
            state: found.one("connector_workers", queue=queue, state=state) for state in ("alive", "deaf", "silent")
        }
        assert states == {"alive": 1, "deaf": 1, "silent": 1}
        assert found.one("connector_queue_slots", queue=queue) == 64
    assert found.one("connector_workers", queue="poll", state="alive") == 0
    assert found.one("connector_workers_stuck") == 0


def test_a_store_that_is_paused_is_neither_unhealthy_nor_stopped(runtime: Runtime, ledger: Ledger) -> None:
    add_stores(ledger, "corner", "paused")
    for store in ("corner", "paused"):
        ledger.stores.blame(store, "epages", "wrong-credentials", "refused", 60.0)
        ledger.stores.halt_flow(store, "orders.import", "totals-differ", "they differ")
    ledger.stores.pause("paused")
    found = read(runtime)
    assert found.one("connector_stores_unhealthy", vendor="epages", reason="wrong-credentials") == 1
    assert found.one("connector_flows_stopped", flow="orders.import", reason="totals-differ") == 1


def test_stores_of_which_no_event_comes_are_counted_by_whether_they_have_an_endpoint(
    runtime: Runtime, ledger: Ledger
) -> None:
    add_stores(ledger, "registered", "none", "heard")
    for store in ("registered", "heard"):
        execute(ledger, "update stores set afosto_bucket = 'of-' || name")
        ledger.webhooks.add(store, "secret")
    execute(
        ledger,
        "update walks set changes_missed = 3, missed_since = now() - interval '1 hour', missed_at = now() "
        "- interval '5 minutes'",
    )
    execute(ledger, "update webhook_endpoints set seen_at = now() where store = 'heard'")
    found = read(runtime)
    assert found.one("connector_stores_without_events", webhook="registered") == 1
    assert found.one("connector_stores_without_events", webhook="none") == 1


def test_many_stores_in_trouble_make_few_series(runtime: Runtime, ledger: Ledger) -> None:
    add_stores(ledger, "first")
    few = read(runtime).series()
    add_stores(ledger, *(f"store-{n}" for n in range(MANY)))
    execute(ledger, "update stores set connected_at = now() - interval '1 day'")
    execute(
        ledger,
        "insert into store_health (store, vendor, reason, message, retry_at) "
        "select name, 'epages', 'own-reason-' || name, 'why', now() from stores",
    )
    execute(
        ledger,
        "insert into jobs (store, direction, flow, subject, order_key, lane, state, reason) "
        "select name, 'import', 'orders', n::text, n::text, 1, case n when 1 then 'parked' else 'waiting' end, "
        "case n when 1 then 'odd-' || name end from stores cross join generate_series(1, 3) as n",
    )
    found = read(runtime)
    assert found.one("connector_stores_late") > MANY
    assert found.one("connector_stores_unhealthy", vendor="epages", reason="other") > MANY
    assert found.one("connector_jobs_parked", reason="other") > MANY
    assert len(found.found["connector_store_late_seconds"]) == MOST_NAMED
    assert found.series() - few <= MOST_NAMED + 5


def test_without_the_database_the_other_parts_go_on_and_the_exporter_says_which_fail(runtime: Runtime) -> None:
    settings = replace(runtime.settings, database_url=f"postgresql://connector@127.0.0.1:{free_port()}/connector")
    alone = build_runtime(settings)
    found = read(alone)
    up = {dict(labels)["part"]: value for labels, value in found.found["connector_exporter_part_up"].items()}
    assert {part for part, value in up.items() if value} == {"servers", "broker"}
    assert found.one("connector_server_up", server="database") == 0
    assert found.one("connector_server_up", server="broker") == 1
    assert found.one("connector_broker_messages", queue="orders") == 0
    assert "connector_stores" not in found.found
    answer = create_app(alone, Fleet([])).test_client().get("/targets")
    assert answer.status_code == 503
    alone.close()


def test_without_redis_the_figures_of_the_database_go_on(runtime: Runtime, ledger: Ledger) -> None:
    add_stores(ledger, "corner")
    gone = f"redis://127.0.0.1:{free_port()}/0"
    alone = build_runtime(replace(runtime.settings, broker_url=gone, redis_url=gone))
    found = read(alone)
    assert found.one("connector_stores", state="active") == 1
    assert found.one("connector_server_up", server="database") == 1
    assert found.one("connector_server_up", server="broker") == 0
    assert found.one("connector_server_up", server="redis") == 0
    up = {dict(labels)["part"]: value for labels, value in found.found["connector_exporter_part_up"].items()}
    assert {part for part, value in up.items() if not value} == {"broker", "limits"}
    alone.close()


def test_a_statement_that_hangs_is_given_up_and_the_next_reading_succeeds(runtime: Runtime) -> None:
    part = next(part for part in runtime.parts() if part.name == "stores")
    fleet = Fleet([part])
    with psycopg.connect(runtime.settings.database_url) as session:
        session.execute("lock table store_health in access exclusive mode")
        with pytest.raises(Exception, match="too slow"):
            fleet.read(part)
    fleet.read(part)
    assert {metric.name for metric in fleet.collect()} >= {"connector_stores", "connector_exporter_part_up"}
