"""What each flow of an order would do today: a dry run that changes nothing on either side and nothing we know."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from psycopg import sql

from jobs.blocking_calls import BLOCKING_LANE, BlockingGate, OnlyReads
from jobs.vendor_clients import afosto_client, epages_client, reading_afosto, reading_epages
from ledger.postgres.session import Session
from local.servers.services import Services
from reconcile.explain import Explanation, FlowOutlook, Outlook, explain
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver
from tests.support.connector.world import LOSES_ANSWERS, TENANT, World
from tests.support.ledger.reconcile_cases import lines

TABLES = ("orders", "jobs", "links", "intents", "attempts", "watched", "cursors", "sold_lines", "stock")


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **LOSES_ANSWERS) as started:
        yield started


def test_an_order_that_is_equal_on_both_sides_has_nothing_to_do(driver: Driver) -> None:
    order, _ = driver.imported()
    assert {flow.outlook for flow in _explained(driver, order).flows} == {Outlook.NOTHING}


def test_what_nothing_has_asked_for_yet_is_named_with_both_figures(driver: Driver) -> None:
    order, there = driver.imported(lines=lines(driver, 2))
    driver.world.afosto.ship(TENANT, there["id"], [there["units"][0]["id"]], code="CODE")
    found = _flow(_explained(driver, order), "shipments.export")
    assert found.outlook in (Outlook.UNASKED, Outlook.ACTS)
    assert [(change.kind, change.shop, change.afosto) for change in found.changes] == [("shipped", "0", "1")]


def test_a_flow_that_is_off_says_so_and_what_it_holds_back(driver: Driver, connector: Commands) -> None:
    order, there = driver.imported(lines=lines(driver, 2))
    driver.runtime.ledger.stores.switch_flow(driver.store, "shipments.export", enabled=False)
    driver.world.afosto.ship(TENANT, there["id"], [there["units"][0]["id"]], code="CODE")
    found = _flow(_explained(driver, order), "shipments.export")
    assert (found.outlook, found.changes[0].afosto) == (Outlook.OFF, "1")
    told = connector("order", driver.store, order["number"], "--explain").stdout
    assert "shipments.export is off: shipments.export does not run: it is switched off." in told
    assert f"connector store switch {driver.store} shipments.export on" in told
    assert "shipped" in told
    assert "0 in the shop, 1 in Afosto" in told


def test_a_paused_store_says_so(driver: Driver) -> None:
    order = driver.place()
    driver.poll()
    driver.runtime.ledger.stores.pause(driver.store)
    assert _flow(_explained(driver, order), "orders.import").outlook is Outlook.PAUSED


def test_an_order_that_was_never_read_is_imported_by_the_next_poll(driver: Driver) -> None:
    order = driver.place()
    found = _flow(_explained(driver, order), "orders.import")
    assert (found.outlook, found.cause) == (Outlook.ACTS, "the shop's news is read at the next poll")


def test_an_unpaid_order_waits(driver: Driver) -> None:
    order = driver.place(payment="Rechnung", paid=False, coupon=False)
    driver.both()
    found = _flow(_explained(driver, order), "orders.import")
    assert found.outlook is Outlook.WAITS
    assert f"connector store switch {driver.store} open_unpaid on" in found.advice


def test_a_parked_job_comes_with_what_to_do(driver: Driver) -> None:
    ledger = driver.runtime.ledger
    for location in ledger.stores.locations(driver.store):
        ledger.stores.unmap_location(driver.store, location)
    order = driver.place(pickup=True)
    driver.both()
    found = _flow(_explained(driver, order), "orders.import")
    assert found.outlook is Outlook.PERSON
    assert "location-not-mapped" in found.cause
    assert "connector locations map" in found.advice


def test_a_test_order_is_never_imported(driver: Driver) -> None:
    order = driver.place(test=True)
    found = _flow(_explained(driver, order), "orders.import")
    assert (found.outlook, found.cause) == (Outlook.NOTHING, "test orders are counted, never imported")


def test_an_explanation_writes_nothing_anywhere(driver: Driver, connector: Commands) -> None:
    order, there = driver.imported(lines=lines(driver, 3))
    driver.world.afosto.ship(TENANT, there["id"], [there["units"][0]["id"]], code="CODE")
    driver.world.epages.act(driver.store, order["id"], "ship")
    other = driver.place()
    before = _everything(driver)
    for each in (order, other):
        _explained(driver, each)
        result = connector("order", driver.store, each["id"], "--explain")
        assert result.exit_code in (0, 1), result.output
    assert _everything(driver) == before


def test_the_clients_of_an_explanation_refuse_to_change_anything(driver: Driver) -> None:
    order, there = driver.imported()
    runtime, store = driver.runtime, driver.runtime.ledger.stores.get(driver.store)
    shop_gate = BlockingGate(reading_epages(runtime, store.name, BLOCKING_LANE), _tell)
    afosto_gate = BlockingGate(reading_afosto(runtime, store.afosto_bucket, BLOCKING_LANE), _tell)
    before = _everything(driver)
    with pytest.raises(OnlyReads):
        epages_client(runtime, store, shop_gate).cancel(order["id"], "no")
    with pytest.raises(OnlyReads):
        afosto_client(runtime, store, afosto_gate).receive_items(there["id"], [there["units"][0]["id"]])
    assert _everything(driver) == before


def test_a_script_gets_each_flow(driver: Driver, connector: Commands) -> None:
    order, _ = driver.imported()
    (told,) = json.loads(connector("order", driver.store, order["number"], "--explain", "--json").stdout)
    assert {flow["flow"]: flow["outlook"] for flow in told["flows"]}["orders.import"] == "nothing"


def _explained(driver: Driver, order: dict[str, Any]) -> Explanation:
    return explain(driver.runtime, driver.store, order["id"], _tell)


def _flow(found: Explanation, name: str) -> FlowOutlook:
    return next(flow for flow in found.flows if flow.flow == name)


def _tell(why: str, seconds: float) -> None:
    raise AssertionError(f"waits {seconds} s: {why}")


def _everything(driver: Driver) -> dict[str, Any]:
    """Both sides of the store, what was done there and by whom, and all rows of the ledger about it."""
    rows = {table: driver.runtime.ledger.database.transaction(partial(_rows, table, driver.store)) for table in TABLES}
    shop, afosto = driver.world.epages, driver.world.afosto
    sides = {"shop": shop.orders(driver.store), "afosto": afosto.orders(TENANT), "stock": shop.stock(driver.store)}
    return {**rows, **sides, "causes": [shop.causes(driver.store), afosto.causes(TENANT)]}


def _rows(table: str, store: str, session: Session) -> list[dict[str, Any]]:
    query = sql.SQL("select to_jsonb(t) as row from {} as t where store = %s order by to_jsonb(t)::text")
    return session.execute(query.format(sql.Identifier(table)), [store]).fetchall()
