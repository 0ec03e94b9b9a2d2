"""Which exports of a store run: those of flows that are on and permitted, for each change that was found in Afosto."""

from collections.abc import Iterator

import pytest

from jobs.runtime import Runtime, build_runtime
from local.servers.services import Services
from simulators.epages.hosting.tokens import ALL_SCOPES
from tests.support.connector.driver import Driver, units
from tests.support.connector.exports import (
    TRACK,
    change_store,
    count_requests,
    export_changes,
)
from tests.support.connector.kill_between_steps import killable_steps
from tests.support.connector.world import LOSES_ANSWERS, TENANT, World


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **LOSES_ANSWERS) as started:
        yield started


def test_a_flow_that_is_off_makes_no_calls(driver: Driver) -> None:
    order, copy = driver.imported()
    driver.runtime.ledger.stores.switch_flow(driver.store, "shipments.export", enabled=False)
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    before = count_requests(driver, "")
    export_changes(driver, order)
    assert count_requests(driver, "") == before


def test_a_flow_the_shop_does_not_permit_is_off_and_makes_no_calls(world: World, runtime: Runtime) -> None:
    driver = Driver(world, runtime, scopes=[scope for scope in ALL_SCOPES if scope != "rtpr:c"])
    order, copy = driver.imported()
    world.afosto.ship(TENANT, copy["id"], **TRACK)
    world.afosto.return_(TENANT, copy["id"], units(copy)[:1], "restocked")
    export_changes(driver, order)
    assert driver.writes() == ["create-shipping", "ship", "mail"]


def test_a_scope_taken_away_later_is_named_with_its_german_box(driver: Driver) -> None:
    order, copy = driver.imported()
    change_store(driver, "scopes", "array_remove(scopes, 'shpr:u')")
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    export_changes(driver, order)
    (job,) = (job for job in driver.jobs() if job["state"] == "parked")
    assert job["reason"] == "missing-scope"
    assert "Versandprozesse aktualisieren" in job["message"]
    assert driver.writes() == []


def test_news_that_came_before_we_knew_that_the_order_is_open_is_not_lost(driver: Driver) -> None:
    order = driver.place()
    driver.world.afosto.set_faults(TENANT, {"kind": "reset", "count": 1, "body": "openOrder"})
    driver.poll()
    driver.run()
    driver.world.afosto.ship(TENANT, driver.afosto(order)["id"], **TRACK)
    export_changes(driver, order)
    assert driver.writes() == []
    driver.settle()
    assert driver.writes() == ["create-shipping", "ship", "mail"]


def test_each_export_of_an_order_is_sent_as_soon_as_the_order_is_free(world: World) -> None:
    sent: list[str] = []
    runtime = build_runtime(world.settings, lambda task, *_: sent.append(task), lambda _: 0)
    driver = Driver(world, runtime)
    order, copy = driver.imported(lines=driver.lines(3))
    canceled, *rest = units(copy)
    driver.world.afosto.cancel(TENANT, copy["id"], [canceled])
    driver.world.afosto.ship(TENANT, copy["id"], rest, **TRACK)
    export_changes(driver, order)
    runtime.close()
    assert sorted(sent) == ["cancellations.export", "shipments.export"]


def test_the_walk_finds_what_no_event_told(driver: Driver) -> None:
    order, copy = driver.imported()
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    driver.walk()
    driver.run()
    assert [process["status"] for process in driver.shop(order)["processes"]] == ["SHIPPED"]


def test_a_walk_that_dies_before_its_news_are_kept_leaves_them_to_the_next(driver: Driver) -> None:
    driver.world.afosto.set_switches(TENANT, orders_list=True)
    driver.imported()
    driver.walk()
    read_to = driver.runtime.ledger.scans.get(driver.store)
    with killable_steps() as killer:
        killer.arm(5)  # behind the call's four steps, ahead of what it led to
        driver.survive(driver.walk)
        assert killer.kills == 1
    assert driver.runtime.ledger.scans.get(driver.store) == read_to
