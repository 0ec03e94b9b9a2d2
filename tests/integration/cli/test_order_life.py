"""An order's life as one timeline, from the buyer's click to the parcel, and what is left to do."""

import json
from collections.abc import Iterator
from typing import LiteralString

import pytest

from ledger.orders.life import Cause, EventKind, Halt, OrderLife, Standing
from local.servers.services import Services
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Document, Driver
from tests.support.connector.world import LOSES_ANSWERS, TENANT, World
from tests.support.ledger.reconcile_cases import lines


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **LOSES_ANSWERS) as started:
        yield started


def test_everything_that_happened_stands_in_its_order(driver: Driver) -> None:
    order, there = driver.imported(lines=lines(driver, 2))
    driver.world.afosto.ship(TENANT, there["id"], [there["units"][0]["id"]], code="3SKABA")
    driver.both()
    life = _life(driver, order)
    times = [event.at for event in life.timeline]
    assert times == sorted(times)
    kinds = [event.kind for event in life.timeline]
    assert kinds[:2] == [EventKind.PLACED, EventKind.SEEN]
    assert {EventKind.REQUESTED, EventKind.SENT, EventKind.ANSWERED, EventKind.LINKED, EventKind.DONE} <= set(kinds)
    requested = {event.flow: event.cause for event in life.timeline if event.kind == EventKind.REQUESTED}
    assert requested["orders.import"] == Cause.SHOP
    assert requested["orders.look"] == Cause.ASKED
    assert requested["shipments.export"] == Cause.AFOSTO
    linked = [event for event in life.timeline if event.kind == EventKind.LINKED]
    assert (linked[0].what, linked[0].epages_id, linked[0].afosto_id) == ("order", order["id"], there["id"])
    assert [event.what for event in linked] == ["order", "parcel"]
    assert life.left == []


def test_a_parked_job_is_the_last_event_with_its_reason_and_advice_until_it_is_decided(
    driver: Driver, connector: Commands
) -> None:
    order = _parked(driver)
    life = _life(driver, order)
    (parked,) = [event for event in life.timeline if event.kind == EventKind.PARKED]
    assert parked.reason == "location-not-mapped"
    assert "connector locations map" in (parked.resolution or "")
    (job,) = [job for job in life.left if job.standing is Standing.PERSON]
    connector("jobs", "retry", str(job.id))
    assert _life(driver, order).timeline[-1].kind is EventKind.DECIDED
    driver.run()
    csv = connector("jobs", "list", "--order", order["number"], "--store", driver.store, "--csv").stdout
    (row,) = [line for line in csv.splitlines() if line.startswith(f"{job.id},")]
    assert "True,failed again after it was retried by" in row
    reasons = json.loads(connector("jobs", "reasons", "--store", driver.store, "--json").stdout)
    assert [(each["reason"], each["failed_again"]) for each in reasons] == [("location-not-mapped", 1)]


def test_an_order_that_a_poll_parked_is_told_without_any_run(driver: Driver) -> None:
    order = driver.world.epages.place_malformed(driver.store, "text-amount")
    driver.poll()
    life = _life(driver, order)
    assert life.timeline[0].kind is EventKind.SEEN
    (parked,) = [event for event in life.timeline if event.kind is EventKind.PARKED]
    assert (parked.reason, parked.seconds) == ("malformed-document", None)


def test_webhooks_stand_in_the_timeline(driver: Driver, connector: Commands) -> None:
    order, _ = driver.imported()
    _execute(
        driver,
        "insert into inbox (endpoint, message_id, event, entity_id, store, order_key) "
        "select 'e', store, 'ORDER_UPDATED', 'x', store, id from orders where id = %s",
        order["id"],
    )
    assert "Afosto sent the webhook ORDER_UPDATED" in connector("order", driver.store, order["number"]).stdout


def test_a_job_of_a_paused_store_is_held_back(driver: Driver, connector: Commands) -> None:
    order = driver.place()
    driver.poll()
    driver.runtime.ledger.stores.pause(driver.store)
    (job,) = _life(driver, order).left
    assert (job.standing, job.halted) == (Standing.HELD_BACK, Halt.PAUSED)
    told = connector("order", driver.store, order["number"]).stdout
    assert f"Held back: orders.import. To let it go on: connector store resume {driver.store}" in told


def test_pieces_that_were_canceled_at_once_are_one_event(driver: Driver) -> None:
    order, there = driver.imported(lines=lines(driver, 4))
    driver.world.afosto.cancel(TENANT, there["id"], [unit["id"] for unit in there["units"][:3]])
    driver.both()
    (canceled,) = [event for event in _life(driver, order).timeline if event.what == "cancellation"]
    assert (canceled.quantity, canceled.afosto_id, canceled.by) == (3, None, "afosto")


def test_nothing_is_known_of_an_order_that_nobody_has_seen(driver: Driver) -> None:
    assert driver.runtime.ledger.lives.read(driver.store, "nobody-knows-it") is None


def _parked(driver: Driver) -> Document:
    ledger = driver.runtime.ledger
    for location in ledger.stores.locations(driver.store):
        ledger.stores.unmap_location(driver.store, location)
    order = driver.place(pickup=True)
    driver.poll()
    driver.run()
    return order


def _life(driver: Driver, order: Document) -> OrderLife:
    life = driver.runtime.ledger.lives.read(driver.store, order["id"])
    assert life is not None
    return life


def _execute(driver: Driver, statement: LiteralString, *values: str) -> None:
    driver.runtime.ledger.database.transaction(lambda session: session.execute(statement, values))
