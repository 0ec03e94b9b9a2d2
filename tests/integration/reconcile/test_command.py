"""What `connector reconcile` says of a store: nothing where both sides agree, else what differs and what helps."""

from collections.abc import Iterator

import pytest

from local.servers.services import Services
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver
from tests.support.connector.world import LOSES_ANSWERS, TENANT, World
from tests.support.ledger.reconcile_cases import copies, execute, forget, found, pass_by, placed, repaired, trade


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **LOSES_ANSWERS) as started:
        yield started


def test_nothing_is_found_where_both_sides_did_all_there_is_to_do(driver: Driver, connector: Commands) -> None:
    trade(driver)
    assert found(connector) == []
    assert "0 differences, 0 more on their way" in connector("reconcile", driver.store).stdout


def test_nothing_is_found_after_answers_were_lost(driver: Driver, connector: Commands) -> None:
    lost = [{"kind": "reset", "probability": 0.07}, {"kind": "503", "probability": 0.07, "after_effect": True}]
    driver.world.afosto.set_faults(TENANT, *lost, seed=3)
    driver.world.epages.set_faults(driver.store, faults=[{**fault, "writes": True} for fault in lost], seed=4)
    trade(driver)
    driver.world.afosto.set_faults(TENANT)
    driver.world.epages.set_faults(driver.store, faults=[])
    driver.settle()
    assert driver.differences() == []
    assert found(connector) == []


def test_an_order_for_which_no_job_was_ever_made_is_imported_by_a_repair(driver: Driver, connector: Commands) -> None:
    order = placed(driver)
    driver.world.epages.act(driver.store, order["id"], "ship")
    forget(driver, "jobs", "orders")
    pass_by(driver)
    (row,) = found(connector)
    assert (row["order"], row["kind"], row["afosto"], row["state"]) == (
        order["number"],
        "missing",
        "none",
        "repairable",
    )
    assert row["cause"] == "no job was ever created for it"
    repaired(driver, connector)
    assert driver.afosto(order)["parcels"]


def test_an_order_that_no_poll_has_read_is_on_its_way(driver: Driver, connector: Commands) -> None:
    driver.place()
    (row,) = found(connector, code=0)
    assert (row["state"], row["cause"]) == ("on its way", "the shop's news is read at the next poll")


def test_an_order_whose_import_is_parked_shows_what_a_person_must_do(driver: Driver, connector: Commands) -> None:
    placed(driver)
    driver.poll()
    execute(
        driver,
        "update jobs set state = 'parked', reason = 'totals-differ', resolution = 'compare prices' where store = %s",
    )
    (row,) = found(connector)
    assert "is parked: totals-differ" in row["cause"]
    assert (row["state"], row["advice"]) == ("for a person", "compare prices")
    assert "What to do: compare prices." in connector("reconcile", driver.store).stdout


def test_an_order_whose_import_was_dropped_is_left_to_the_person_who_did(driver: Driver, connector: Commands) -> None:
    placed(driver)
    driver.poll()
    (job,) = driver.jobs()
    connector("jobs", "drop", str(job["id"]), "--yes")
    (row,) = found(connector, "--repair")
    assert row["cause"] == f"orders.import (job {job['id']}) was dropped by a person"
    assert {each["state"] for each in driver.jobs()} == {"done"}


def test_an_order_that_waits_for_its_money_is_no_difference_until_its_draft_is_gone(
    driver: Driver, connector: Commands
) -> None:
    order = driver.place(paid=False, payment="PayPal")
    driver.poll()
    driver.run()
    assert found(connector) == []
    assert "Drafts that wait for their payment: 1." in connector("reconcile", driver.store).stdout
    (draft,) = copies(driver, order)
    driver.world.afosto.tamper(TENANT, draft["id"], "delete")
    (row,) = found(connector)
    assert (row["kind"], row["afosto"], row["state"]) == ("missing", "draft is gone", "repairable")
    repaired(driver, connector)
    assert [copy["status"] for copy in copies(driver, order)] == ["CONCEPT"]


def test_a_flow_that_is_switched_off_is_named_as_the_cause(driver: Driver, connector: Commands) -> None:
    order, _ = driver.imported()
    connector("store", "switch", driver.store, "cancellations.import", "off")
    driver.world.epages.act(driver.store, order["id"], "cancel")
    driver.poll()
    rows = found(connector)
    assert rows
    for row in rows:
        assert row["cause"] == "cancellations.import does not run: it is switched off"
        assert f"connector store switch {driver.store} cancellations.import on" in row["advice"]


def test_a_paused_store_is_not_compared(driver: Driver, connector: Commands) -> None:
    connector("store", "pause", driver.store)
    result = connector("reconcile", driver.store)
    assert result.exit_code == 1
    assert f"connector store resume {driver.store}" in result.stderr


def test_a_store_whose_orders_may_not_be_read_is_told_which_box_is_missing(driver: Driver, connector: Commands) -> None:
    execute(driver, "update stores set scopes = '{prod:r}' where name = %s")
    result = connector("reconcile", driver.store)
    assert result.exit_code == 1
    assert "has not granted ordr:r (Bestellungen lesen)" in result.stderr


def test_a_budget_that_is_used_up_is_waited_for(driver: Driver, connector: Commands) -> None:
    for _ in range(3):
        driver.imported()
    budget = {"CONNECTOR_AFOSTO_CALLS_PER_WINDOW": "4", "CONNECTOR_AFOSTO_WINDOW": "1"}
    result = connector("reconcile", driver.store, **budget)
    assert result.exit_code == 0, result.output
    assert "3 orders" in result.stdout


def test_stock_that_is_not_published_is_not_compared(driver: Driver, connector: Commands) -> None:
    driver.imported()
    assert "stock is not compared: inventory.publish: it is switched off" in connector("reconcile", driver.store).stdout
