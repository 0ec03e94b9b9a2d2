"""What a person does about a store and its jobs on the command line, and what comes of it."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.fernet import Fernet
from psycopg.types.json import Jsonb

from local.servers.services import Services
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver
from tests.support.connector.world import CLIENT_ID, CLIENT_SECRET, KEY, World


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), AMBIGUITY_WAIT="2") as started:
        yield started


def test_accepting_other_totals_runs_the_orders_held_for_them(driver: Driver, connector: Commands) -> None:
    order = driver.place()
    driver.poll()
    _park(driver, "totals-differ")
    result = connector("store", "resume", driver.store, "--totals", "accept")
    assert "1 job parked for totals-differ will run again" in result.stdout
    driver.run()
    assert driver.afosto(order)["status"] != "CONCEPT"


def test_what_waits_for_the_import_of_an_order_is_dropped_with_it(driver: Driver, connector: Commands) -> None:
    order = driver.place()
    driver.world.epages.act(driver.store, order["id"], "ship")
    driver.poll()
    _park(driver, "drift")
    result = connector("jobs", "drop", str(_job(driver, "orders")["id"]), given="y\n")
    assert f"orders.import of order {order['number']} of {driver.store}" in result.stdout
    assert "1 job that waited for the import of the order went with it" in result.stdout
    assert {job["state"] for job in driver.jobs()} == {"done"}
    told = connector("order", driver.store, order["number"]).stdout
    assert "was dropped by a person" in told
    assert "was dropped with the import of its order" in told


def test_later_news_of_an_order_whose_import_was_dropped_waits_for_nothing(driver: Driver, connector: Commands) -> None:
    order = driver.place()
    driver.poll()
    _park(driver, "drift")
    connector("jobs", "drop", str(_job(driver, "orders")["id"]), "--yes")
    driver.world.epages.act(driver.store, order["id"], "ship")
    driver.poll()
    assert "not carried over: the import of its order was dropped" in driver.hurry()
    assert _job(driver, "shipments")["state"] == "done"


def test_what_was_dropped_with_an_order_is_carried_over_when_the_order_is_imported_after_all(
    driver: Driver, connector: Commands
) -> None:
    order = driver.place()
    driver.world.epages.act(driver.store, order["id"], "ship")
    driver.poll()
    _park(driver, "drift")
    job = str(_job(driver, "orders")["id"])
    connector("jobs", "drop", job, "--yes")
    connector("jobs", "retry", job)
    driver.run()
    assert len(driver.afosto(order)["parcels"]) == 1


def test_dropping_a_job_of_an_order_that_is_in_afosto_drops_nothing_else(driver: Driver, connector: Commands) -> None:
    order, _ = driver.imported()
    driver.world.epages.act(driver.store, order["id"], "ship")
    driver.poll()
    _park(driver, "changed-after-import")
    connector("jobs", "drop", str(_job(driver, "orders")["id"]), "--yes")
    driver.run()
    assert len(driver.afosto(order)["parcels"]) == 1


def test_who_dropped_and_who_retried_a_job_and_when_is_kept_and_shown(
    driver: Driver, connector: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = driver.place()
    driver.world.epages.act(driver.store, order["id"], "ship")
    driver.poll()
    job = str(_job(driver, "orders")["id"])
    host, today = socket.gethostname(), f"{datetime.now(UTC):%Y-%m-%d}"
    monkeypatch.setenv("SUDO_USER", "anna")
    connector("jobs", "drop", job, "--yes")
    told = connector("order", driver.store, order["number"]).stdout
    assert f"was dropped by a person (by anna@{host} at {today}" in told
    assert f"was dropped with the import of its order (by anna@{host} at {today}" in told
    assert f"orders.import dropped by anna@{host}" in told
    monkeypatch.setenv("SUDO_USER", "bert")
    connector("jobs", "retry", job)
    assert f"retried by bert@{host} at {today}" in connector("jobs", "list", "--store", driver.store).stdout
    driver.run()
    shown = connector("jobs", "show", job).stdout
    assert f"is done (retried by bert@{host} at {today}" in shown
    assert shown.index(f"dropped by anna@{host}") < shown.index(f"orders.import retried by bert@{host}")


def test_a_store_says_why_each_of_its_flows_does_nothing(driver: Driver, connector: Commands) -> None:
    assert "WHY" in connector("store", "show", driver.store).stdout
    connector("store", "switch", driver.store, "cancellations.export", "off")
    off = _line(connector, driver.store, "cancellations.export")
    assert "it was switched off, or never chosen" in off
    assert off.endswith(f"connector store switch {driver.store} cancellations.export on")
    driver.runtime.ledger.database.transaction(
        lambda s: s.execute(
            "update stores set scopes = array_remove(scopes, 'clpr:c') where name = %s", (driver.store,)
        )
    )
    assert "the shop's app lacks clpr:c (" in _line(connector, driver.store, "cancellations.export")
    connector("store", "pause", driver.store)
    paused = _line(connector, driver.store, "orders.import")
    assert "the store is paused" in paused
    assert paused.endswith(f"connector store resume {driver.store}")


def test_a_job_that_nobody_decided_about_names_nobody(driver: Driver, connector: Commands) -> None:
    order, _ = driver.imported()
    told = connector("order", driver.store, order["number"]).stdout
    assert "orders.import (job" in told
    assert "dropped" not in told
    assert "retried" not in told


def test_no_job_is_dropped_without_a_yes(driver: Driver, connector: Commands) -> None:
    driver.place()
    driver.poll()
    result = connector("jobs", "drop", str(_job(driver, "orders")["id"]), given="n\n")
    assert result.exit_code == 1
    assert _job(driver, "orders")["state"] == "waiting"


def test_a_store_outlives_its_lost_key(driver: Driver, connector: Commands) -> None:
    order, _ = driver.imported()
    key = Fernet.generate_key().decode()
    for command in (("store", "show", driver.store), ("order", driver.store, order["number"]), ("status", "--json")):
        result = connector(*command, CONNECTOR_KEYS=key)
        assert driver.store in result.stdout
    given = f"{CLIENT_SECRET}\n{KEY}\n"
    changed = connector("store", "credentials", driver.store, "--client-id", CLIENT_ID, given=given, CONNECTOR_KEYS=key)
    assert "Afosto API key: the stored one fits none of CONNECTOR_KEYS" in changed.stderr
    assert "Both vendors take the credentials" in changed.stdout
    assert "is open in Afosto" in connector("order", driver.store, order["number"], CONNECTOR_KEYS=key).stdout
    # For the other tests of this world.
    connector("store", "credentials", driver.store, given=given)


def test_only_the_credential_that_changes_is_asked(driver: Driver, connector: Commands) -> None:
    change = ("store", "credentials", driver.store)
    assert connector(*change, "--afosto-key-stdin", given=f"{KEY}\n").exit_code == 0
    assert connector(*change, "--client-secret-stdin", given=f"{CLIENT_SECRET}\n").exit_code == 0
    both = connector(*change, given=f"{CLIENT_SECRET}\n{KEY}\n")
    assert both.exit_code == 0
    assert both.stderr.count(":") == 2
    refused = connector(*change, "--client-secret-stdin", given="wrong\n")
    assert refused.exit_code == 1
    driver.poll()


def test_a_store_is_not_removed_without_a_yes(driver: Driver, connector: Commands) -> None:
    result = connector("store", "remove", driver.store, given="n\n")
    assert result.exit_code == 1
    assert "imported twice" in result.stdout
    assert driver.store in driver.runtime.ledger.stores.names()


def test_nobody_is_asked_about_a_store_that_is_not_connected(connector: Commands) -> None:
    result = connector("store", "remove", "nosuch")
    assert result.exit_code == 1
    assert "No store 'nosuch' is connected" in result.stderr
    assert "Forget" not in result.stdout


def test_what_was_tried_for_a_store_and_heard_of_it_goes_with_it(driver: Driver, connector: Commands) -> None:
    driver.imported()
    endpoint = driver.runtime.ledger.webhooks.add(driver.store, "hush")
    driver.runtime.ledger.database.transaction(
        lambda s: s.execute(
            "insert into inbox (endpoint, message_id, event, entity_id) values (%s, '1', 'order', '1')", (endpoint,)
        )
    )
    assert connector("store", "remove", driver.store, "--yes").exit_code == 0
    left = driver.runtime.ledger.database.transaction(
        lambda s: s.execute(
            "select id::text from attempts where store = %s union all select message_id from inbox where endpoint = %s",
            (driver.store, endpoint),
        ).fetchall()
    )
    assert left == []


def test_nothing_is_uncertain_of_an_order_that_was_imported(driver: Driver, connector: Commands) -> None:
    order, _ = driver.imported()
    assert "not certain" not in connector("order", driver.store, order["number"]).stdout
    settled = driver.runtime.ledger.database.transaction(
        lambda s: s.execute("select outcome from intents where store = %s", (driver.store,)).fetchall()
    )
    assert settled == [{"outcome": "done"}]


def test_an_order_tells_what_is_uncertain_only_while_it_is(driver: Driver, connector: Commands) -> None:
    order, _ = driver.imported()
    job, ledger = _job(driver, "orders"), driver.runtime.ledger
    intent = {"store": driver.store, "order_key": order["id"], "job_id": job["id"], "kind": "parcel", "body": Jsonb({})}
    row = ledger.database.row("links.open_intent", {**intent, "wait": 60})
    assert row
    assert "An answer to 'parcel' is not certain yet" in connector("order", driver.store, order["number"]).stdout
    ledger.links.renew_intent(row["id"], 0)
    assert "not certain" not in connector("order", driver.store, order["number"]).stdout


def test_an_order_that_does_not_load_is_found_by_its_number(driver: Driver, connector: Commands) -> None:
    order = driver.world.epages.place_malformed(driver.store, "text-amount")
    driver.poll()
    told = connector("order", driver.store, order["number"]).stdout
    assert f"Order {order['number']} of {driver.store}" in told
    assert "It could not be read in full." in told
    assert "is parked: a person must decide" in told
    assert "What to do: The shop's API sends an amount that is not valid" in told
    assert "(field 'grandTotal.amount')" in told
    driver.world.epages.act(driver.store, order["id"], "mend")
    driver.poll()
    assert "placed 20" in connector("order", driver.store, order["number"]).stdout


def test_status_has_advice_for_each_field_that_does_not_load(driver: Driver, connector: Commands) -> None:
    for kind in ("text-amount", "half-quantity", "half-quantity"):
        driver.world.epages.place_malformed(driver.store, kind)
    driver.poll()
    mine = [row for row in json.loads(connector("status", "--json").stdout)["parked"] if row["store"] == driver.store]
    advice = {row["resolution"].partition("field '")[2].partition("'")[0]: row["jobs"] for row in mine}
    assert advice == {"productLineItems.0.quantity": 2, "grandTotal.amount": 1}


@pytest.mark.parametrize("command", [("list",), ("retry", "--reason", "drift"), ("drop", "--reason", "drift", "--yes")])
def test_jobs_of_a_store_that_is_not_connected_are_not_looked_for(
    connector: Commands, command: tuple[str, ...]
) -> None:
    result = connector("jobs", *command, "--store", "nosuch")
    assert result.exit_code == 1
    assert "No store 'nosuch' is connected" in result.stderr


def test_a_list_that_is_cut_says_so(driver: Driver, connector: Commands) -> None:
    driver.place()
    driver.place()
    driver.poll()
    assert "more than these 1" in connector("jobs", "list", "--store", driver.store, "--limit", "1").stdout
    assert "more than" not in connector("jobs", "list", "--store", driver.store, "--limit", "2").stdout


def test_the_jobs_that_could_not_be_taken_are_named(driver: Driver, connector: Commands) -> None:
    driver.imported()
    job = _job(driver, "orders")["id"]
    result = connector("jobs", "retry", str(job), "999999")
    assert "1 job will run again" in result.stdout
    assert "job 999999 does not exist" in result.stderr
    driver.run()
    assert f"job {job} is done" in connector("jobs", "drop", str(job), "--yes").stderr


def test_nobody_is_asked_about_jobs_that_cannot_be_dropped(driver: Driver, connector: Commands) -> None:
    driver.imported()
    done = str(_job(driver, "orders")["id"])
    for choice, complaint in (
        (("999999",), "No job could be taken: job 999999 does not exist"),
        ((done,), f"No job could be taken: job {done} is done"),
        (("--reason", "nope", "--store", driver.store), f"No job of {driver.store} is parked for 'nope'"),
    ):
        result = connector("jobs", "drop", *choice, given="y\n")
        assert result.exit_code == 1
        assert complaint in result.stderr
        assert result.stdout == ""


def test_a_drop_asks_about_as_many_jobs_as_there_are(driver: Driver, connector: Commands) -> None:
    for _ in range(2):
        driver.place()
    driver.poll()
    jobs = [str(job["id"]) for job in driver.jobs() if job["flow"] == "orders"]
    assert "Drop 2 jobs? What" in connector("jobs", "drop", *jobs, "999999", given="n\n").stdout
    _park(driver, "drift")
    by_reason = ("jobs", "drop", "--reason", "drift", "--store", driver.store)
    assert f"Drop 2 jobs parked for drift of {driver.store}?" in connector(*by_reason, given="n\n").stdout


def test_a_reason_for_which_nothing_is_parked_is_met_with_those_for_which_something_is(
    driver: Driver, connector: Commands
) -> None:
    driver.place()
    driver.poll()
    _park(driver, "totals-differ")
    result = connector("jobs", "retry", "--reason", "nope")
    assert result.exit_code == 1
    assert "No job is parked for 'nope'" in result.stderr
    assert "totals-differ" in result.stderr
    assert result.stdout == ""


def test_a_job_tells_that_nothing_was_carried_over_yet(driver: Driver, connector: Commands) -> None:
    driver.place()
    driver.poll()
    job = str(_job(driver, "orders")["id"])
    assert "news came 1 time, none was carried over yet" in connector("jobs", "show", job).stdout
    driver.run()
    assert "the last that was carried over is number 1" in connector("jobs", "show", job).stdout


def test_a_job_of_an_order_that_was_not_read_points_to_no_order(driver: Driver, connector: Commands) -> None:
    job = driver.runtime.ledger.jobs.request_run(driver.store, "import", "orders", "zzz-unknown")
    told = connector("jobs", "show", str(job)).stdout
    assert "The order itself was not read yet." in told
    assert "connector order" not in told


def test_a_flow_that_was_not_stopped_is_not_released_in_silence(driver: Driver, connector: Commands) -> None:
    result = connector("store", "resume", driver.store, "--flow", "orders.import")
    assert result.exit_code == 0
    assert result.stdout == f"{driver.store}: the flow orders.import was not stopped\n"


def test_a_paused_store_has_no_next_poll(driver: Driver, connector: Commands) -> None:
    driver.poll()
    connector("store", "pause", driver.store)
    (live,) = (line for line in connector("poll", driver.store).stdout.splitlines() if line.startswith("live"))
    assert live.endswith("  paused")
    connector("store", "resume", driver.store)
    assert "paused" not in connector("poll", driver.store).stdout


def test_a_job_is_shown_with_its_order_and_its_times_in_utc(driver: Driver, connector: Commands) -> None:
    order, _ = driver.imported()
    told = connector("jobs", "show", str(_job(driver, "orders")["id"])).stdout.splitlines()
    assert f"orders.import of order {order['number']} of {driver.store}, is done." in told[0]
    assert any(line.startswith("  made 20") and line.endswith("UTC") for line in told)


def test_a_poll_of_an_ill_store_says_what_is_wrong(driver: Driver, connector: Commands) -> None:
    driver.runtime.ledger.stores.blame(driver.store, "epages", "revoked-client", "the client was revoked", 0)
    result = connector("poll", driver.store, "--now")
    assert "is unhealthy: the client was revoked (revoked-client)" in result.stderr


def test_a_wrong_password_or_name_of_the_database_is_a_wrong_setting(connector: Commands, world: World) -> None:
    url = f"{world.settings.database_url.partition('?')[0]}_gone"
    result = connector("store", "list", CONNECTOR_DATABASE_URL=url)
    assert result.exit_code == 2
    assert "CONNECTOR_DATABASE_URL" in result.stderr


def test_one_process_is_told_in_the_singular(driver: Driver) -> None:
    order, _ = driver.imported()
    driver.world.epages.act(driver.store, order["id"], "ship")
    driver.poll()
    assert "1 process has its parcel, 1 moved" in driver.run()


def _line(connector: Commands, store: str, flow: str) -> str:
    (line,) = (line for line in connector("store", "show", store).stdout.splitlines() if line.startswith(flow))
    return line


def _job(driver: Driver, flow: str) -> dict[str, Any]:
    (found,) = (job for job in driver.jobs() if job["flow"] == flow)
    return found


def _park(driver: Driver, reason: str) -> None:
    """Leave the store's imports of orders as a run does that needs a person."""
    driver.runtime.ledger.database.transaction(
        lambda s: s.execute(
            "update jobs set state = 'parked', reason = %s, message = 'it needs a person' "
            "where store = %s and flow = 'orders'",
            (reason, driver.store),
        )
    )
