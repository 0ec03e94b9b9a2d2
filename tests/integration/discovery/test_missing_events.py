"""Scans find the changes of which Afosto sends no event; when no event comes at all, doctor and the exporter say so."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, LiteralString

import pytest

from jobs.runtime import Runtime
from ledger.orders.scans import CHANGES, Unheard
from local.servers.services import Services
from schemas.afosto import Webhook
from tasks.checks.events import check_events
from tests.support.connector.driver import Driver, quiet_runtime
from tests.support.connector.world import World

SECRET = "secret-of-the-webhook"
messages = map(str, itertools.count())


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world")) as started:
        yield started


@pytest.fixture
def runtime(world: World) -> Iterator[Runtime]:
    yield from quiet_runtime(world)


@pytest.fixture
def driver(world: World, runtime: Runtime) -> Iterator[Driver]:
    """Return a store of a tenant that has no other."""
    tenant = f"tenant-{next(messages)}"
    yield Driver(world, runtime, tenant=tenant, key=world.tenant(tenant))
    world.afosto.delete(tenant)


def test_a_webhook_of_which_no_event_comes_is_a_fault(driver: Driver) -> None:
    _endpoint(driver)
    _found_by_scans(driver, CHANGES)
    (unheard,) = _unheard_after(driver, minutes=11)
    assert (unheard.changes, unheard.registered, unheard.heard_at) == (CHANGES, True, None)
    (check,) = check_events([unheard])
    assert not check.ok
    assert check.name == f"events {driver.store}"
    assert f"scans found {CHANGES} changes in Afosto of which no event came" in check.text


def test_the_next_event_ends_it_and_the_count_begins_again(driver: Driver) -> None:
    endpoint = _endpoint(driver)
    _found_by_scans(driver, CHANGES)
    assert _unheard_after(driver, minutes=11) != []
    _event(driver, endpoint, driver.afosto(driver.imported()[0]))
    assert _unheard_after(driver, minutes=0) == []
    _execute(driver, "update walks set missed_at = missed_at - interval '5 minutes' where store = %s")
    _execute(driver, "update webhook_endpoints set seen_at = seen_at - interval '2 minutes' where store = %s")
    _found_by_scans(driver, CHANGES - 1)
    assert _unheard_after(driver, minutes=11) == []
    _found_by_scans(driver, 1)
    (unheard,) = _unheard_after(driver, minutes=0)
    assert unheard.changes == CHANGES


def test_without_an_endpoint_it_is_no_fault_but_doctor_says_how_to_have_events(driver: Driver) -> None:
    _found_by_scans(driver, CHANGES)
    (unheard,) = _unheard_after(driver, minutes=11)
    assert not unheard.registered
    (check,) = check_events([unheard])
    assert check.ok
    assert check.text.endswith(f"connector webhooks add {driver.store}")


def test_a_few_minutes_a_few_changes_and_a_pause_prove_nothing(driver: Driver) -> None:
    _endpoint(driver)
    _found_by_scans(driver, CHANGES)
    assert _unheard_after(driver, minutes=9) == []
    driver.runtime.ledger.stores.pause(driver.store)
    assert _unheard_after(driver, minutes=2) == []
    driver.runtime.ledger.stores.resume(driver.store)
    assert _unheard_after(driver, minutes=0) != []


def test_what_an_event_told_is_not_counted_however_often_it_is_looked_at(driver: Driver) -> None:
    endpoint = _endpoint(driver)
    for _ in range(CHANGES):
        order, copy = driver.imported()
        driver.world.afosto.cancel(driver.tenant, copy["id"])
        _event(driver, endpoint, copy)
        # The shop is away, so the cancellation is not carried over, and each look finds it again.
        driver.world.epages.set_faults(driver.store, faults=[{"kind": "503"}])
        driver.run()
        driver.look(order)
        driver.run()
        driver.world.epages.set_faults(driver.store, faults=[])
    assert _missed(driver) == 0


def test_an_event_of_another_store_of_the_tenant_counts(driver: Driver, runtime: Runtime) -> None:
    other = Driver(driver.world, runtime, tenant=driver.tenant, key=f"key-of-{driver.tenant}")
    endpoint = _endpoint(other)
    _found_by_scans(driver, CHANGES)
    assert [each.registered for each in _unheard_after(driver, minutes=11)] == [True]
    _event(other, endpoint, other.imported()[1])
    assert _unheard_after(driver, minutes=0) == []


def _endpoint(driver: Driver) -> str:
    return driver.runtime.ledger.webhooks.add(driver.store, SECRET)


def _event(driver: Driver, address: str, copy: dict[str, Any]) -> None:
    webhooks = driver.runtime.ledger.webhooks
    endpoint = webhooks.find(address)
    assert endpoint is not None
    taken = webhooks.take(endpoint, Webhook("ORDER_UPDATED", "order", copy["id"], next(messages), datetime.now(UTC)))
    assert taken.store is not None


def _found_by_scans(driver: Driver, changes: int) -> None:
    """Cancel as many orders in Afosto, each of them found by a scan."""
    for _ in range(changes):
        copy = driver.imported()[1]
        before = driver.writes().count("cancel")
        driver.world.afosto.cancel(driver.tenant, copy["id"])
        driver.walk()
        driver.run()
        assert driver.writes().count("cancel") == before + 1


def _unheard_after(driver: Driver, minutes: float) -> list[Unheard]:
    _execute(
        driver,
        "update walks set missed_since = missed_since - %s * interval '1 minute' where store = %s",
        minutes,
    )
    return driver.runtime.ledger.scans.unheard(driver.store)


def _missed(driver: Driver) -> int:
    row = driver.runtime.ledger.database.transaction(
        lambda s: s.execute("select changes_missed from walks where store = %s", (driver.store,)).fetchone()
    )
    assert row is not None
    return int(row["changes_missed"])


def _execute(driver: Driver, statement: LiteralString, *values: object) -> None:
    driver.runtime.ledger.database.transaction(lambda s: s.execute(statement, (*values, driver.store)))
