"""Why both sides differ, where two causes look alike: what must not be repaired is left to a person or to time."""

from collections.abc import Iterator

import pytest

from ledger.orders.links import NewLink
from local.servers.services import Services
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver
from tests.support.connector.world import TENANT, World
from tests.support.ledger.reconcile_cases import act_in_afosto, execute, forget, found, lines, pass_by, placed

LOST = {"kind": "503", "count": 1}


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world")) as started:
        yield started


def test_an_import_whose_answer_was_lost_is_on_its_way(driver: Driver, connector: Commands) -> None:
    driver.runtime.ledger.stores.set_marking(driver.store, True)
    driver.world.epages.set_faults(driver.store, faults=[{**LOST, "method": "PUT", "path": "order-note"}])
    driver.place()
    driver.poll()
    driver.run()
    (row,) = found(connector, code=0)
    assert row["cause"].startswith("the answer to a call was lost")


def test_an_export_whose_answer_was_lost_is_on_its_way(driver: Driver, connector: Commands) -> None:
    _, copy = driver.imported(lines=lines(driver, 2))
    driver.world.epages.set_faults(driver.store, faults=[{**LOST, "method": "POST", "writes": True}])
    act_in_afosto(driver, copy, "cancel")
    driver.both()
    (row,) = found(connector, code=0)
    assert row["cause"].startswith("the answer to a call was lost")


def test_what_waits_for_a_parked_job_is_for_a_person_who_is_told_which_job_that_is(
    driver: Driver, connector: Commands
) -> None:
    _, copy = driver.imported(lines=lines(driver, 2), payment="iDEAL", pickup=True)
    driver.world.afosto.cancel(TENANT, copy["id"], [copy["units"][0]["id"]])
    driver.world.afosto.ready(TENANT, copy["id"])
    driver.both()
    rows = {row["kind"]: row for row in found(connector)}
    waiting, parked = rows["shipped"], rows["canceled"]
    assert waiting["state"] == parked["state"] == "for a person"
    assert "which is parked: full-refund-only" in waiting["cause"]
    assert waiting["advice"] == parked["advice"]


def test_what_was_carried_over_and_undone_in_afosto_is_not_done_again(driver: Driver, connector: Commands) -> None:
    order, copy = driver.imported(lines=lines(driver, 2))
    (line,) = order["lines"]
    driver.world.epages.act(driver.store, order["id"], "cancel", lines={line["id"]: 1})
    driver.both()
    gone = next(unit["id"] for unit in driver.afosto(order)["units"] if unit["progress"] == "CANCELLED")
    driver.world.afosto.tamper(TENANT, copy["id"], "remove", units=[gone])
    driver.world.afosto.tamper(TENANT, copy["id"], "add", sku=line["sku"], quantity=1, line_ref=line["id"])
    (row,) = found(connector)
    assert (row["kind"], row["state"], row["repair"]) == ("canceled", "for a person", [])
    assert row["cause"] == "it was carried over, and undone in Afosto later"


def test_what_was_carried_over_and_undone_in_the_shop_is_not_done_again(driver: Driver, connector: Commands) -> None:
    order, copy = driver.imported(lines=lines(driver, 1))
    act_in_afosto(driver, copy, "cancel")
    (unit,) = driver.afosto(order)["units"]
    # As if the shop had forgotten what the ledger remembers.
    link = NewLink("cancellation", unit["contra"], line_id=order["lines"][0]["id"], written_by="afosto")
    driver.runtime.ledger.links.bind(driver.store, order["id"], [link])
    execute(driver, "update watched set looked_at = now() where store = %s")
    (row,) = found(connector)
    assert (row["kind"], row["state"], row["repair"]) == ("canceled", "for a person", [])
    assert row["cause"] == "it was carried over, and undone in the shop later"


def test_a_parked_look_is_the_cause_of_what_afosto_did_and_nobody_carried_over(
    driver: Driver, connector: Commands
) -> None:
    order, copy = driver.imported()
    act_in_afosto(driver, copy, "cancel")
    driver.look(order)
    execute(
        driver,
        "update jobs set state = 'parked', reason = 'keeps-failing', resolution = 'look at it' "
        "where store = %s and flow = 'looks'",
    )
    rows = found(connector)
    assert rows
    for row in rows:
        assert "is parked: keeps-failing" in row["cause"]
        assert (row["state"], row["advice"]) == ("for a person", "look at it")


def test_a_repair_does_not_ask_for_a_flow_that_is_switched_off(driver: Driver, connector: Commands) -> None:
    order = placed(driver)
    driver.world.epages.act(driver.store, order["id"], "ship")
    pass_by(driver)
    connector("store", "switch", driver.store, "shipments.import", "off")
    forget(driver, "jobs", "orders")
    (row,) = found(connector)
    assert row["repair"] == ["orders.import"]


def test_an_order_whose_document_does_not_load_is_told(driver: Driver, connector: Commands) -> None:
    driver.world.epages.place_malformed(driver.store, "text-amount")
    (row,) = found(connector)
    assert (row["kind"], row["shop"], row["state"]) == ("unreadable", "does not load", "for a person")


@pytest.mark.parametrize("decision", ["is parked: cancel-conflict", "was dropped by a person"])
def test_what_a_conflict_keeps_apart_is_for_the_person_who_decides_on_it(
    driver: Driver, connector: Commands, decision: str
) -> None:
    order, copy = driver.imported(pickup=True, lines=lines(driver, 3))
    driver.world.afosto.cancel(TENANT, copy["id"], [copy["units"][0]["id"]])
    driver.world.afosto.ready(TENANT, copy["id"])
    driver.world.epages.act(driver.store, order["id"], "ready")
    driver.both()
    driver.settle()
    (conflict,) = [job for job in driver.jobs() if job["reason"] == "cancel-conflict"]
    if decision == "was dropped by a person":
        connector("jobs", "drop", str(conflict["id"]), "--yes")
    rows = found(connector, "--repair")
    assert [row["kind"] for row in rows] == ["canceled", "shipped"]
    for row in rows:
        assert row["cause"] == f"cancellations.export (job {conflict['id']}) {decision}"
        assert (row["state"], row["repair"]) == ("for a person", [])
    told = connector("reconcile", driver.store).stdout
    assert told.count("What to do: ") == 1
    assert f"{order['number']}, canceled, shipped: cancellations.export (job {conflict['id']})" in told
