"""What a person does about jobs on the command line, and what comes of it."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from local.servers.services import Services
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver
from tests.support.connector.world import LOSES_ANSWERS, World
from tests.support.ledger.jobs import only_job, park_imports


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **LOSES_ANSWERS) as started:
        yield started


def test_what_waits_for_the_import_of_an_order_is_dropped_with_it(driver: Driver, connector: Commands) -> None:
    order = driver.place()
    driver.world.epages.act(driver.store, order["id"], "ship")
    driver.poll()
    park_imports(driver, "drift")
    result = connector("jobs", "drop", str(only_job(driver, "orders")["id"]), given="y\n")
    assert f"orders.import of order {order['number']} of {driver.store}" in result.stdout
    assert "1 job that waited for the import of the order went with it" in result.stdout
    assert {job["state"] for job in driver.jobs()} == {"done"}
    told = connector("order", driver.store, order["number"]).stdout
    assert "was dropped by a person" in told
    assert "was dropped with the import of its order" in told


def test_later_news_of_an_order_whose_import_was_dropped_waits_for_nothing(driver: Driver, connector: Commands) -> None:
    order = driver.place()
    driver.poll()
    park_imports(driver, "drift")
    connector("jobs", "drop", str(only_job(driver, "orders")["id"]), "--yes")
    driver.world.epages.act(driver.store, order["id"], "ship")
    driver.poll()
    assert "not carried over: the import of its order was dropped" in driver.hurry()
    assert only_job(driver, "shipments")["state"] == "done"


def test_what_was_dropped_with_an_order_is_carried_over_when_the_order_is_imported_after_all(
    driver: Driver, connector: Commands
) -> None:
    order = driver.place()
    driver.world.epages.act(driver.store, order["id"], "ship")
    driver.poll()
    park_imports(driver, "drift")
    job = str(only_job(driver, "orders")["id"])
    connector("jobs", "drop", job, "--yes")
    connector("jobs", "retry", job)
    driver.run()
    assert len(driver.afosto(order)["parcels"]) == 1


def test_dropping_a_job_of_an_order_that_is_in_afosto_drops_nothing_else(driver: Driver, connector: Commands) -> None:
    order, _ = driver.imported()
    driver.world.epages.act(driver.store, order["id"], "ship")
    driver.poll()
    park_imports(driver, "changed-after-import")
    connector("jobs", "drop", str(only_job(driver, "orders")["id"]), "--yes")
    driver.run()
    assert len(driver.afosto(order)["parcels"]) == 1


def test_who_dropped_and_who_retried_a_job_and_when_is_kept_and_shown(
    driver: Driver, connector: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = driver.place()
    driver.world.epages.act(driver.store, order["id"], "ship")
    driver.poll()
    job = str(only_job(driver, "orders")["id"])
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


def test_no_job_is_dropped_without_a_yes(driver: Driver, connector: Commands) -> None:
    driver.place()
    driver.poll()
    result = connector("jobs", "drop", str(only_job(driver, "orders")["id"]), given="n\n")
    assert result.exit_code == 1
    assert only_job(driver, "orders")["state"] == "waiting"


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
    job = only_job(driver, "orders")["id"]
    result = connector("jobs", "retry", str(job), "999999")
    assert "1 job will run again" in result.stdout
    assert "job 999999 does not exist" in result.stderr
    driver.run()
    assert f"job {job} is done" in connector("jobs", "drop", str(job), "--yes").stderr


def test_nobody_is_asked_about_jobs_that_cannot_be_dropped(driver: Driver, connector: Commands) -> None:
    driver.imported()
    done = str(only_job(driver, "orders")["id"])
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
    park_imports(driver, "drift")
    by_reason = ("jobs", "drop", "--reason", "drift", "--store", driver.store)
    assert f"Drop 2 jobs parked for drift of {driver.store}?" in connector(*by_reason, given="n\n").stdout


def test_a_reason_for_which_nothing_is_parked_is_met_with_those_for_which_something_is(
    driver: Driver, connector: Commands
) -> None:
    driver.place()
    driver.poll()
    park_imports(driver, "totals-differ")
    result = connector("jobs", "retry", "--reason", "nope")
    assert result.exit_code == 1
    assert "No job is parked for 'nope'" in result.stderr
    assert "totals-differ" in result.stderr
    assert result.stdout == ""


def test_a_job_tells_that_nothing_was_carried_over_yet(driver: Driver, connector: Commands) -> None:
    driver.place()
    driver.poll()
    job = str(only_job(driver, "orders")["id"])
    assert "news came 1 time, none was carried over yet" in connector("jobs", "show", job).stdout
    driver.run()
    assert "the last that was carried over is number 1" in connector("jobs", "show", job).stdout


def test_a_job_of_an_order_that_was_not_read_points_to_no_order(driver: Driver, connector: Commands) -> None:
    job = driver.runtime.ledger.jobs.request_run(driver.store, "import", "orders", "zzz-unknown")
    told = connector("jobs", "show", str(job)).stdout
    assert "The order itself was not read yet." in told
    assert "connector order" not in told


def test_a_job_is_shown_with_its_order_and_its_times_in_utc(driver: Driver, connector: Commands) -> None:
    order, _ = driver.imported()
    told = connector("jobs", "show", str(only_job(driver, "orders")["id"])).stdout.splitlines()
    assert f"orders.import of order {order['number']} of {driver.store}, is done." in told[0]
    assert any(line.startswith("  made 20") and line.endswith("UTC") for line in told)


def test_one_process_is_told_in_the_singular(driver: Driver) -> None:
    order, _ = driver.imported()
    driver.world.epages.act(driver.store, order["id"], "ship")
    driver.poll()
    assert "1 process has its parcel, 1 moved" in driver.run()
