"""What was announced and did not happen is not taken for what somebody else did, and is not asked for for ever."""

from collections.abc import Iterator
from typing import Any

import pytest

from clients.afosto.client import AfostoClient
from clients.epages import EpagesClient
from jobs.runner import execute
from ledger.orders.links import Links
from local.servers.services import Services
from schemas.errors import AnswerLost
from schemas.messages import OrderMessage
from schemas.wording.phrases import phrase
from tasks.cancellations import EXPORT
from tests.support.connector.driver import Document, Driver, no_top_up, units
from tests.support.connector.world import LOSES_ANSWERS, TENANT, World, wait_for
from tests.support.ledger.restore_drills import drafts


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    quick = {**LOSES_ANSWERS, "RETRY_BASE": "0.2"}
    with World(services, tmp_path_factory.mktemp("world"), **quick) as started:
        yield started


def test_a_parcel_that_was_not_made_and_the_next_one_become_two(driver: Driver) -> None:
    order, _ = driver.imported(lines=driver.lines(2))
    (line,) = order["lines"]
    driver.world.afosto.set_faults(TENANT, {"kind": "503", "count": 1, "body": "addTrackTrace"})
    for code in ("ONE", "TWO"):
        driver.world.epages.act(driver.store, order["id"], "ship", lines={line["id"]: 1}, tracking=code)
        driver.poll()
        driver.run()
    driver.settle()
    assert sorted(p["track_trace_code"] for p in driver.afosto(order)["parcels"]) == ["ONE", "TWO"]
    assert driver.differences() == []


def test_of_two_returns_of_one_run_the_second_is_not_taken_for_the_first(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, copy = driver.imported(lines=driver.lines(2))
    for number, unit in enumerate(units(copy)):
        driver.world.afosto.ship(TENANT, copy["id"], [unit], code=f"C{number}")
        driver.look(order)
        driver.settle()
    create, calls = EpagesClient.create_return, list[str]()

    def loses_the_second(client: EpagesClient, *arguments: Any, **named: Any) -> Any:
        calls.append("create")
        if len(calls) == 2:
            raise AnswerLost(phrase("it never arrived"))
        return create(client, *arguments, **named)

    monkeypatch.setattr(EpagesClient, "create_return", loses_the_second)
    for unit in units(copy):
        driver.world.afosto.return_(TENANT, copy["id"], [unit], "restocked")
    driver.look(order)
    driver.settle()
    driver.both()
    assert driver.shop(order)["lines"][0]["returned"] == 2
    assert driver.differences() == []


def test_what_afosto_canceled_meanwhile_is_not_taken_for_our_cancellation(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(3))
    driver.world.afosto.set_faults(TENANT, {"kind": "503", "count": 1, "body": "cancelOrderItems"})
    _cancel(driver, order)
    driver.world.afosto.cancel(TENANT, copy["id"], units(copy)[:1])
    driver.settle()
    for _ in range(2):
        driver.both()
        driver.settle()
    # Both did the same by themselves: one piece is canceled on each side, or two on both, but as many.
    canceled = sum(unit["progress"] == "CANCELLED" for unit in driver.afosto(order)["units"])
    assert driver.shop(order)["lines"][0]["canceled"] == canceled


def test_a_piece_that_was_packed_before_it_could_be_canceled_leaves_the_cancellation_to_another(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, copy = driver.imported(lines=driver.lines(3))
    cancel, packed = AfostoClient.cancel_items, list[str]()

    def packed_first(client: AfostoClient, order_id: str, pairs: Any, **named: Any) -> Any:
        if not packed:
            packed.append(pairs[0][0])
            driver.world.afosto.ship(TENANT, copy["id"], packed, code="X")
        return cancel(client, order_id, pairs, **named)

    monkeypatch.setattr(AfostoClient, "cancel_items", packed_first)
    _cancel(driver, order)
    driver.settle()
    assert sum(unit["progress"] == "CANCELLED" for unit in driver.afosto(order)["units"]) == 1
    assert driver.parked() == []


@pytest.mark.parametrize("lost", [False, True], ids=["paid later", "opening lost"])
def test_an_address_that_changes_while_the_draft_waits_is_not_lost(driver: Driver, lost: bool) -> None:
    order = driver.place(lines=driver.lines(1), paid=lost)
    if lost:
        driver.world.afosto.set_faults(TENANT, {"kind": "reset", "count": 1, "body": "openOrder"})
    driver.poll()
    driver.run()
    driver.world.epages.act(driver.store, order["id"], "readdress")
    driver.poll()
    driver.run()
    if not lost:
        driver.world.epages.act(driver.store, order["id"], "pay")
    driver.poll()
    driver.settle()
    # Opened before it changed, it is for a person; else what is opened is a draft made of the new address.
    assert driver.parked() == (["changed-after-import"] if lost else [])
    assert driver.afosto(order)["status"] == "OPEN"
    assert len(drafts(driver)) == (0 if lost else 1)


def test_a_draft_is_given_up_before_another_is_made(driver: Driver) -> None:
    order = driver.place(lines=driver.lines(2), paid=False)
    driver.poll()
    driver.run()
    driver.world.afosto.set_faults(TENANT, {"kind": "503", "body": "setExpiration"})
    _cancel(driver, order)
    driver.poll()
    driver.run()
    assert len(drafts(driver)) == 1
    driver.world.afosto.set_faults(TENANT)
    driver.world.epages.act(driver.store, order["id"], "pay")
    driver.settle()
    assert len(driver.afosto(order)["units"]) == 1


def test_a_draft_whose_end_may_still_land_is_not_taken_up_again(driver: Driver) -> None:
    before = _ends(driver)
    order = driver.place(lines=driver.lines(2), paid=False)
    # The units land after the draft was found without them; its end lands after they were seen.
    units_late = {"kind": "late", "count": 1, "body": "addItemsToOrder", "seconds": 2.0}
    end_late = {"kind": "late", "count": 1, "body": "setExpiration", "seconds": 5.0}
    driver.world.afosto.set_faults(TENANT, units_late, end_late)
    driver.poll()
    driver.run()
    driver.hurry()
    wait_for(lambda: len(_copy(driver, order)["units"]) == 2, 20, "the units")
    driver.settle()
    wait_for(lambda: _ends(driver) > before, 20, "the end of the first draft")
    driver.world.epages.act(driver.store, order["id"], "pay")
    driver.poll()
    driver.settle()
    assert driver.parked() == []
    assert driver.afosto(order)["status"] == "OPEN"


def test_a_worker_that_lost_its_job_announces_nothing(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    order, copy = driver.imported(lines=driver.lines(3))
    record, frozen = Links.record_intent, list[str]()

    def frozen_before(links: Links, *arguments: Any) -> Any:
        if not frozen:
            frozen.append("here")
            driver.lose_leases()
            execute(driver.runtime, EXPORT, OrderMessage(driver.store, order["id"], 0), no_top_up)
        return record(links, *arguments)

    monkeypatch.setattr(Links, "record_intent", frozen_before)
    driver.world.afosto.cancel(TENANT, copy["id"], units(copy)[:1])
    driver.look(order)
    driver.settle()
    assert frozen
    assert driver.open_intents() == 0
    driver.world.afosto.cancel(TENANT, copy["id"], units(copy)[1:2])
    driver.look(order)
    driver.settle()
    assert driver.shop(order)["lines"][0]["canceled"] == 2
    assert driver.differences() == []


def _copy(driver: Driver, order: Document) -> Document:
    return next(copy for copy in driver.world.afosto.orders(TENANT) if order["id"] in (copy["reference"] or ""))


def _ends(driver: Driver) -> int:
    """How many ends of drafts have landed in Afosto."""
    return sum(cause["action"] == "expire_order" for cause in driver.world.afosto.causes(TENANT))


def _cancel(driver: Driver, order: Document) -> None:
    driver.world.epages.act(driver.store, order["id"], "cancel", lines={order["lines"][0]["id"]: 1})
    driver.poll()
    driver.run()
