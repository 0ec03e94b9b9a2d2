"""What waits for another job of its order: it makes no runs meanwhile, and goes on once that is done or decided."""

import time
from collections.abc import Iterator

import pytest

from local.servers.services import Services
from tests.support.connector.driver import Document, Driver, units
from tests.support.connector.world import LOSES_ANSWERS, TENANT, World
from tests.support.ledger.reconcile_cases import copies

LIMIT = 3  # failures after which a job is parked


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    quick = {**LOSES_ANSWERS, "RETRY_BASE": "0.2", "FAILURES_TO_PARK": str(LIMIT)}
    with World(services, tmp_path_factory.mktemp("world"), **quick) as started:
        yield started


def test_a_pickup_behind_a_parked_cancellation_makes_no_calls_until_a_person_has_decided(driver: Driver) -> None:
    order = _blocked_pickup(driver)
    calls = sum(row["count"] for row in driver.world.epages.stats(driver.store)["requests"])
    for _ in range(3):
        assert driver.run() == []
    assert sum(row["count"] for row in driver.world.epages.stats(driver.store)["requests"]) == calls
    assert driver.parked() == ["full-refund-only"]
    (parked,) = [job["id"] for job in driver.jobs() if job["state"] == "parked"]
    driver.runtime.ledger.jobs.drop(ids=[parked])
    driver.run()
    (process,) = driver.shop(order)["processes"]
    assert process["status"] == "READY_FOR_PICKUP"
    assert driver.parked() == []
    assert [job["flow"] for job in driver.jobs() if job["state"] != "done"] == []


def test_a_return_behind_a_pickup_behind_a_parked_cancellation_waits_with_it(driver: Driver) -> None:
    _blocked_return(driver)
    driver.run()
    for _ in range(3):
        driver.hurry()
    waiting = {job["flow"]: job["message"] for job in driver.jobs() if job["state"] == "waiting"}
    assert set(waiting) == {"shipments", "returns"}
    assert all("that job is parked: retry or drop it" in message for message in waiting.values())
    before = [job["claims"] for job in driver.jobs()]
    time.sleep(2 * driver.runtime.settings.retry_base)
    assert driver.run() == []
    assert [job["claims"] for job in driver.jobs()] == before


def test_news_of_what_is_blocked_are_looked_at_once_and_wait_again(driver: Driver) -> None:
    _blocked_return(driver)
    for _ in range(3):
        driver.run()
        time.sleep(1.5 * driver.runtime.settings.retry_base)
    assert driver.run() == []
    waiting = {job["flow"]: job["reason"] for job in driver.jobs() if job["state"] == "waiting"}
    assert waiting == {"shipments": "blocked", "returns": "blocked"}


def _blocked_return(driver: Driver) -> None:
    """Such an order, of which the rest was collected and came back."""
    order = _blocked_pickup(driver)
    copy = driver.afosto(order)
    driver.world.afosto.collect(TENANT, copy["id"])
    driver.world.afosto.return_(TENANT, copy["id"], units(copy)[1:], "restocked")
    driver.look(order)


def _blocked_pickup(driver: Driver) -> Document:
    """An order of which one piece is canceled in Afosto, which its payment forbids, and the rest is ready."""
    order, copy = driver.imported(lines=driver.lines(2), payment="iDEAL", pickup=True)
    driver.world.afosto.cancel(TENANT, copy["id"], units(copy)[:1])
    driver.world.afosto.ready(TENANT, copy["id"])
    driver.look(order)
    driver.run()
    driver.hurry()
    return order


def test_a_return_does_not_wait_for_a_shipment_that_nobody_carries_over(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(2))
    driver.runtime.ledger.stores.switch_flow(driver.store, "shipments.export", enabled=False)
    driver.world.afosto.ship(TENANT, copy["id"], code="TRACK1")
    driver.world.afosto.return_(TENANT, copy["id"], units(copy)[:1], "restocked")
    driver.look(order)
    _idle(driver)
    assert _job(driver, "export", "returns")["state"] in ("done", "parked")


def test_the_return_of_a_part_that_was_collected_waits_until_the_whole_order_is_laid_out(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(2), pickup=True)
    first, second = units(copy)
    driver.world.afosto.ready(TENANT, copy["id"], [first])
    driver.world.afosto.deliver(TENANT, copy["id"])
    driver.world.afosto.return_(TENANT, copy["id"], [first], "restocked")
    driver.look(order)
    _idle(driver)
    assert _job(driver, "export", "returns")["reason"] == "blocked"
    driver.world.afosto.ready(TENANT, copy["id"], [second])
    driver.look(order)
    driver.run()
    driver.world.afosto.deliver(TENANT, copy["id"])
    driver.look(order)
    _idle(driver)
    assert driver.shop(order)["lines"][0]["returned"] == 1


def test_an_order_whose_missing_rest_is_canceled_is_laid_out(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(2), pickup=True)
    first, second = units(copy)
    driver.world.afosto.ready(TENANT, copy["id"], [first])
    driver.look(order)
    driver.run()
    assert driver.shop(order)["processes"] == []
    driver.world.afosto.cancel(TENANT, copy["id"], [second])
    driver.look(order)
    _idle(driver)
    assert driver.writes() == ["cancel", "refund", "ready-for-pickup", "mail"]


@pytest.mark.parametrize("returned", [False, True], ids=["alone", "with a return behind it"])
def test_a_shipment_that_keeps_failing_is_parked(driver: Driver, returned: bool) -> None:
    order, copy = driver.imported(lines=driver.lines(2))
    faults = [{"kind": "503", "method": "GET", "path": "shippings$"}]
    driver.world.epages.set_faults(driver.store, faults=faults)
    driver.world.afosto.ship(TENANT, copy["id"], code="TRACK1")
    if returned:
        driver.world.afosto.return_(TENANT, copy["id"], units(copy)[:1], "restocked")
    driver.look(order)
    for _ in range(LIMIT + 1):
        driver.run()
        driver.imported()  # what is done meanwhile shows that the store is well
        driver.hurry()
    assert driver.parked() == ["keeps-failing"]
    assert _job(driver, "export", "shipments")["claims"] == LIMIT


def test_what_afosto_canceled_waits_for_a_parked_cancellation_of_the_shop_and_goes_on_when_that_is_dropped(
    driver: Driver,
) -> None:
    order, copy = driver.imported(lines=driver.lines(3))
    driver.world.afosto.set_faults(TENANT, {"kind": "503", "body": "cancelOrderItems"})
    driver.world.epages.act(driver.store, order["id"], "cancel", lines={order["lines"][0]["id"]: 1})
    _park(driver)
    driver.world.afosto.cancel(TENANT, copy["id"], units(copy)[2:])
    driver.look(order)
    _idle(driver)
    assert _job(driver, "export", "cancellations")["reason"] == "blocked"
    driver.world.afosto.set_faults(TENANT)
    driver.runtime.ledger.jobs.drop(store=driver.store, reason="keeps-failing")
    driver.run()
    assert driver.shop(order)["lines"][0]["canceled"] == 2


def test_what_the_shop_canceled_waits_for_a_parked_cancellation_of_afosto_and_goes_on_when_that_is_retried(
    driver: Driver,
) -> None:
    order, copy = driver.imported(lines=driver.lines(3))
    faults = [{"kind": "503", "method": "POST", "path": "cancelations$"}]
    driver.world.epages.set_faults(driver.store, faults=faults)
    driver.world.afosto.cancel(TENANT, copy["id"], units(copy)[2:])
    driver.look(order)
    _park(driver)
    driver.world.epages.act(driver.store, order["id"], "cancel", lines={order["lines"][0]["id"]: 1})
    driver.poll()
    _idle(driver)
    assert _job(driver, "import", "cancellations")["reason"] == "blocked"
    driver.world.epages.set_faults(driver.store, faults=[])
    driver.runtime.ledger.jobs.retry(store=driver.store, reason="keeps-failing")
    driver.settle()
    assert driver.shop(order)["lines"][0]["canceled"] == 2
    assert driver.differences() == []


def test_what_the_shop_shows_after_a_dropped_export_of_unknown_end_is_not_carried_back(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(3))
    lost = {"kind": "503", "after_effect": True, "method": "POST", "path": "cancelations$"}
    driver.world.epages.set_faults(driver.store, faults=[lost])
    driver.world.afosto.cancel(TENANT, copy["id"], units(copy)[2:])
    driver.look(order)
    driver.run()
    driver.world.epages.set_faults(driver.store, faults=[{"kind": "503", "path": "cancelations$"}])
    _park(driver)
    driver.runtime.ledger.jobs.drop(store=driver.store, reason="keeps-failing")
    driver.poll()
    _idle(driver)
    assert driver.parked() == ["dropped-unsure"]
    assert sum(unit["progress"] == "CANCELLED" for unit in driver.afosto(order)["units"]) == 1
    driver.world.epages.set_faults(driver.store, faults=[])
    driver.runtime.ledger.jobs.retry(ids=[_job(driver, "export", "cancellations")["id"]])
    driver.run()
    driver.runtime.ledger.jobs.retry(store=driver.store, reason="dropped-unsure")
    driver.settle()
    assert driver.differences() == []


def test_an_order_whose_draft_can_not_be_given_up_is_parked_and_stays_so(driver: Driver) -> None:
    order = driver.place(lines=driver.lines(2), paid=False)
    driver.poll()
    driver.run()
    (draft,) = copies(driver, order)
    driver.world.afosto.tamper(TENANT, draft["id"], "delete")
    driver.world.epages.act(driver.store, order["id"], "cancel")
    driver.poll()
    _idle(driver)
    assert driver.parked() == ["order-gone"]


def test_an_order_held_since_a_restore_that_nobody_can_look_at_is_for_a_person_and_makes_no_runs(
    driver: Driver,
) -> None:
    order, copy = driver.imported(lines=driver.lines(2))
    database = driver.runtime.ledger.database
    sql = "update stores set needs_recovery_before = now() + interval '1 hour' where name = %s"
    database.transaction(lambda s: s.execute(sql, (driver.store,)))
    driver.world.epages.act(driver.store, order["id"], "cancel", lines={order["lines"][0]["id"]: 1})
    driver.world.afosto.tamper(TENANT, copy["id"], "delete")
    driver.poll()
    _idle(driver)
    assert driver.parked() == ["order-gone"]
    assert _job(driver, "import", "cancellations")["reason"] == "blocked"


def test_what_belongs_to_a_parked_order_waits_without_runs_and_goes_when_the_order_is_imported(driver: Driver) -> None:
    driver.imported()
    order = driver.place(lines=driver.lines(2))
    faults = [{"kind": "503", "path": f"orders/{order['id']}$"}]
    driver.world.epages.set_faults(driver.store, faults=faults)
    driver.world.epages.act(driver.store, order["id"], "ship", tracking="OWN")
    driver.poll()
    driver.forget_documents()
    _park(driver)
    driver.hurry()
    assert _job(driver, "import", "shipments")["reason"] == "blocked"
    driver.world.epages.set_faults(driver.store, faults=[])
    driver.runtime.ledger.jobs.retry(store=driver.store, reason="keeps-failing")
    driver.run()
    assert [parcel["status"] for parcel in driver.afosto(order)["parcels"]] == ["IN_TRANSIT"]


def test_what_was_sent_of_a_flow_that_is_switched_off_keeps_nothing_else_of_its_order_from_running(
    driver: Driver,
) -> None:
    order, copy = driver.imported(lines=driver.lines(2))
    driver.world.afosto.ship(TENANT, copy["id"], units(copy)[:1], code="TRACK1")
    driver.look(order)
    _send(driver, "looks")
    driver.run()
    _send(driver, "shipments")
    driver.runtime.ledger.stores.switch_flow(driver.store, "shipments.export", enabled=False)
    driver.world.epages.act(driver.store, order["id"], "cancel", lines={order["lines"][0]["id"]: 1})
    driver.poll()
    driver.run()
    assert sum(unit["progress"] == "CANCELLED" for unit in driver.afosto(order)["units"]) == 1


def _send(driver: Driver, flow: str) -> None:
    """Let dispatch take a job for the broker, where it stays."""
    driver.runtime.ledger.dispatch_window.release("export", flow, {driver.store: (5, 5)}, 5)


def _park(driver: Driver) -> None:
    """Let what is due fail until it is parked, while other orders show that the store is well."""
    for _ in range(2 * LIMIT):
        driver.imported()
        time.sleep(2)  # what may still land of a write must have landed before it is repeated
        driver.hurry()
    assert driver.parked() == ["keeps-failing"]


def _idle(driver: Driver) -> None:
    """Run what there is; after that nothing may run again and again."""
    driver.run()
    time.sleep(2)
    driver.run()
    before = _claims(driver)
    time.sleep(2)
    driver.run()
    assert _claims(driver) == before


def _claims(driver: Driver) -> int:
    return sum(job["claims"] for job in driver.jobs())


def _job(driver: Driver, direction: str, flow: str) -> Document:
    (found,) = [job for job in driver.jobs() if (job["direction"], job["flow"]) == (direction, flow)]
    return found
