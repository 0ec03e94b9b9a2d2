"""The note of a shop's order names the Afosto order it became, where the store wants that."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from jobs.runtime import Runtime
from local.servers.services import Services
from simulators.epages.hosting.tokens import ALL_SCOPES
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver
from tests.support.connector.world import LOSES_ANSWERS, TENANT, World, wait_for

LOST: list[dict[str, Any]] = [
    {"kind": "503", "count": 1},
    {"kind": "503", "count": 1, "after_effect": True},
    {"kind": "late", "count": 1, "seconds": 0.8, "hold": 0.1},
]


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **LOSES_ANSWERS) as started:
        yield started


def test_an_order_is_marked_once_and_the_mark_is_no_news(driver: Driver) -> None:
    driver.runtime.ledger.stores.set_marking(driver.store, True)
    order, copy = driver.imported()
    assert driver.shop(order)["note"] == f"[Afosto {copy['id']}]"
    done = [job["wanted"] for job in driver.jobs() if job["flow"] != "looks"]
    driver.both()
    driver.sweep()
    driver.run()
    assert [job["wanted"] for job in driver.jobs() if job["flow"] != "looks"] == done
    assert driver.writes() == ["note"]
    assert driver.differences() == []


def test_the_words_of_the_merchant_stay(driver: Driver) -> None:
    driver.runtime.ledger.stores.set_marking(driver.store, True)
    order = driver.place()
    driver.world.epages.act(driver.store, order["id"], "note", text="Call first: Müller")
    driver.poll()
    driver.run()
    assert driver.shop(order)["note"] == f"Call first: Müller\n[Afosto {driver.afosto(order)['id']}]"


def test_a_store_that_wants_no_marks_has_none(driver: Driver) -> None:
    order, _ = driver.imported()
    assert driver.shop(order)["note"] is None
    assert driver.writes() == []


@pytest.mark.parametrize(
    ("fault", "landed"), list(zip(LOST, (1, 2, 2), strict=True)), ids=["refused", "after effect", "late"]
)
def test_after_a_lost_answer_the_one_mark_names_the_order_that_is_opened(
    driver: Driver, fault: dict[str, Any], landed: int
) -> None:
    driver.runtime.ledger.stores.set_marking(driver.store, True)
    driver.world.epages.set_faults(driver.store, faults=[{**fault, "method": "PUT", "path": "order-note"}])
    order = driver.place()
    driver.poll()
    driver.settle()
    wait_for(lambda: driver.writes() == ["note"] * landed, 5, "each note to land, also one that was late")
    assert driver.shop(order)["note"] == f"[Afosto {driver.afosto(order)['id']}]"
    assert driver.differences() == []


def test_a_draft_made_anew_takes_the_place_of_the_one_given_up(driver: Driver) -> None:
    driver.runtime.ledger.stores.set_marking(driver.store, True)
    driver.world.afosto.set_faults(TENANT, {"kind": "503", "field": "addItemsToOrder", "count": 1})
    order = driver.place()
    driver.poll()
    driver.settle()
    assert driver.shop(order)["note"] == f"[Afosto {driver.afosto(order)['id']}]"
    assert driver.writes() == ["note", "note"]


def test_a_shop_that_does_not_permit_it_is_told_the_box_and_gets_its_orders_imported(
    world: World, runtime: Runtime
) -> None:
    driver = Driver(world, runtime, scopes=[scope for scope in ALL_SCOPES if scope != "ordr:u"])
    connector = Commands(driver)
    result = connector("store", "switch", driver.store, "mark_orders", "on")
    assert "ordr:u (Bestelldaten aktualisieren)" in result.stderr
    driver.runtime.ledger.stores.set_marking(driver.store, True)
    order, _ = driver.imported()
    told = connector("order", driver.store, order["number"]).stdout
    assert "not marked in the shop: the app lacks ordr:u (Bestelldaten aktualisieren)" in told
    assert driver.writes() == []


def test_a_refused_note_holds_up_no_order(world: World, runtime: Runtime) -> None:
    driver = Driver(world, runtime, scopes=[scope for scope in ALL_SCOPES if scope != "ordr:u"])
    driver.runtime.ledger.stores.set_marking(driver.store, True)
    with psycopg.connect(world.settings.database_url) as connection:
        permits = "update stores set scopes = array_append(scopes, 'ordr:u') where name = %s"
        connection.execute(permits, (driver.store,))
    order, _ = driver.imported()
    assert "not marked in the shop: PUT" in Commands(driver)("order", driver.store, order["number"]).stdout
    assert (driver.differences(), driver.parked()) == ([], [])


def test_marking_is_switched_and_shown(driver: Driver) -> None:
    connector = Commands(driver)
    assert "mark orders    no" in connector("store", "show", driver.store).stdout
    assert connector("store", "switch", driver.store, "mark_orders", "on").exit_code == 0
    assert "mark orders    yes" in connector("store", "show", driver.store).stdout
    connector("store", "switch", driver.store, "mark_orders", "off")
    assert "mark orders    no" in connector("store", "show", driver.store).stdout
