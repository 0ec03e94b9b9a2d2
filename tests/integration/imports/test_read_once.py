"""A poll reads each order whole and keeps it, so that the imports of that order need not ask the shop again."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from jobs.dispatch_window import release_jobs, standing
from jobs.runner import execute
from ledger.orders.cursors import Cursors
from ledger.postgres.encryption import KeySet, new_key
from ledger.postgres.session import Session
from ledger.records import SeenOrder
from local.servers.services import Services
from schemas.messages import OrderMessage, PollMessage
from sync.discovery import poll_shop
from tasks.flows import FLOWS
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver, no_top_up
from tests.support.connector.kept_orders import age, kept, reads, rows
from tests.support.connector.world import LOSES_ANSWERS, TENANT, World

IMPORT = next(flow for flow in FLOWS if flow.task == "orders.import")
DAY = 86_400


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), POLL_INTERVAL="60", **LOSES_ANSWERS) as started:
        yield started


def test_an_order_that_a_poll_has_read_is_imported_without_another_call_to_the_shop(driver: Driver) -> None:
    order = driver.place()
    driver.poll()
    with reads(order) as counts:
        driver.run()
    assert (driver.afosto(order)["status"], counts) == ("OPEN", Counter())
    assert driver.differences() == []


def test_what_is_canceled_in_the_shop_is_canceled_without_another_call_to_the_shop(driver: Driver) -> None:
    order, _ = driver.imported(lines=driver.lines(3))
    driver.world.epages.act(driver.store, order["id"], "cancel", lines={order["lines"][0]["id"]: 2})
    driver.poll()
    with reads(order) as counts:
        driver.run()
    assert (driver.differences(), counts) == ([], Counter())


def test_what_left_the_shop_is_carried_over_with_one_call_to_the_shop(driver: Driver) -> None:
    order, _ = driver.imported(lines=driver.lines(3))
    driver.world.epages.act(driver.store, order["id"], "ship", lines={order["lines"][0]["id"]: 2})
    driver.poll()
    with reads(order) as counts:
        driver.run()
    assert (driver.differences(), counts) == ([], Counter({"other": 1}))


def test_a_parcel_of_afosto_is_compared_with_the_order_as_it_is_in_the_shop_now(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(2))
    (line,) = order["lines"]
    driver.world.epages.act(driver.store, order["id"], "ship", lines={line["id"]: 1}, tracking="OWN")
    driver.poll()
    driver.world.epages.act(driver.store, order["id"], "cancel", lines={line["id"]: 1})
    driver.world.afosto.ship(TENANT, copy["id"], [copy["units"][0]["id"]], code="OTHER")
    driver.run()
    for _ in range(3):
        driver.both()
        driver.hurry()
    assert (len(driver.afosto(order)["parcels"]), driver.parked()) == (1, [])


def test_the_newest_document_is_imported(driver: Driver) -> None:
    order = driver.place(payment="Rechnung", paid=False, lines=driver.lines(3))
    driver.poll()
    driver.world.epages.act(driver.store, order["id"], "cancel", lines={order["lines"][0]["id"]: 1})
    driver.world.epages.act(driver.store, order["id"], "pay")
    driver.poll()
    with reads(order) as counts:
        driver.run()
    copy = driver.afosto(order)
    assert (copy["status"], len(copy["units"]), counts) == ("OPEN", 2, Counter())


def test_a_document_is_not_used_once_a_run_has_read_a_newer_one(driver: Driver) -> None:
    order, _ = driver.imported(lines=driver.lines(3))
    cancel = partial(driver.world.epages.act, driver.store, order["id"], "cancel", lines={order["lines"][0]["id"]: 1})
    cancel()
    driver.poll()
    cancel()
    execute(driver.runtime, IMPORT, OrderMessage(driver.store, order["id"], None), no_top_up)
    driver.run()
    driver.both()
    assert driver.differences() == []


def test_an_older_reading_never_replaces_a_newer_one(driver: Driver) -> None:
    driver.place()
    driver.poll()
    (before,) = kept(driver)
    read = SeenOrder(before["order_id"], "1", before["updated_at"], before["updated_at"], False, False)
    ledger = driver.runtime.ledger

    def keep(order: SeenOrder, seconds_ago: float) -> bytes:
        def write(session: Session) -> None:
            ledger.order_documents.keep(session, driver.store, [order], {order.id: {"quantity": 7}}, seconds_ago)

        ledger.database.transaction(write)
        document: bytes = kept(driver)[0]["document"]
        return document

    assert keep(read, seconds_ago=60) == before["document"]
    assert keep(replace(read, updated_at=read.updated_at - timedelta(hours=1)), seconds_ago=0) == before["document"]
    assert keep(read, seconds_ago=0) != before["document"]


@pytest.mark.parametrize("odd", ["abc", [], None, {"decimal": "abc"}], ids=str)
def test_a_document_with_what_looks_like_a_kept_number_holds_up_nothing(driver: Driver, odd: Any) -> None:
    order = driver.place()
    driver.poll()
    (row,) = kept(driver)
    read = SeenOrder(row["order_id"], "1", row["updated_at"], row["updated_at"], False, False)
    ledger = driver.runtime.ledger
    document = {order["id"]: {"extra": {"decimal": odd}}}
    ledger.database.transaction(lambda s: ledger.order_documents.keep(s, driver.store, [read], document, 0))
    with reads(order) as counts:
        driver.run()
    assert (driver.afosto(order)["status"], counts["order"]) == ("OPEN", 1)


@pytest.mark.parametrize("who", ["a hint", "a person's retry"])
def test_when_somebody_says_that_there_is_news_the_shop_is_asked(driver: Driver, who: str) -> None:
    order = driver.place(payment="Rechnung", paid=False)
    driver.poll()
    driver.world.epages.act(driver.store, order["id"], "pay")
    with reads(order) as counts:
        if who == "a hint":
            execute(driver.runtime, IMPORT, OrderMessage(driver.store, order["id"], None), no_top_up)
        else:
            driver.runtime.ledger.jobs.retry(store=driver.store)
            driver.run()
    assert (driver.afosto(order)["status"], counts) == ("OPEN", Counter(order=1))


def test_news_that_is_told_of_while_a_poll_reads_is_not_missed(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    order = driver.place(payment="Rechnung", paid=False)
    advance = Cursors.advance

    def told_before(self: Cursors, *arguments: Any) -> Any:
        driver.world.epages.act(driver.store, order["id"], "pay")
        driver.runtime.ledger.jobs.request_run(driver.store, "import", "orders", order["id"])
        return advance(self, *arguments)

    monkeypatch.setattr(Cursors, "advance", told_before)
    driver.poll()
    with reads(order) as counts:
        driver.run()
    assert (driver.afosto(order)["status"], counts) == ("OPEN", Counter(order=1))


def test_a_document_is_good_for_as_long_as_polls_would_have_brought_a_newer_one(driver: Driver) -> None:
    first, second = driver.place(), driver.place()
    driver.poll()
    age(driver, 3600, polls_too=False)
    with reads(first) as counts:
        execute(driver.runtime, IMPORT, OrderMessage(driver.store, first["id"], 1), no_top_up)
    assert counts == Counter()
    age(driver, 3600)
    with reads(second) as counts:
        driver.run()
    assert counts["order"] == 1
    assert driver.differences() == []


def test_after_a_lost_answer_the_shop_is_asked(driver: Driver) -> None:
    order = driver.place()
    driver.poll()
    driver.world.afosto.set_faults(TENANT, {"kind": "reset", "count": 1, "body": "openOrder"})
    with reads(order) as counts:
        driver.run()
        assert counts["order"] == 0
        driver.world.afosto.set_faults(TENANT)
        driver.settle()
    assert counts["order"] >= 1
    assert driver.differences() == []


def test_before_the_note_is_replaced_in_the_shop_it_is_read_again(driver: Driver) -> None:
    driver.runtime.ledger.stores.set_marking(driver.store, True)
    order = driver.place()
    driver.poll()
    driver.world.epages.act(driver.store, order["id"], "note", text="Call first")
    driver.run()
    assert driver.shop(order)["note"] == f"Call first\n[Afosto {driver.afosto(order)['id']}]"


def test_the_document_goes_with_the_last_open_import(driver: Driver) -> None:
    order = driver.place(lines=driver.lines(2))
    driver.world.epages.act(driver.store, order["id"], "cancel", lines={order["lines"][0]["id"]: 1})
    driver.poll()
    assert [row["order_id"] for row in kept(driver)] == [order["id"]]
    execute(driver.runtime, IMPORT, OrderMessage(driver.store, order["id"], 1), no_top_up)
    assert [row["order_id"] for row in kept(driver)] == [order["id"]]
    driver.settle()
    assert kept(driver) == []


def test_nothing_is_kept_of_a_store_whose_orders_are_not_imported(driver: Driver) -> None:
    driver.runtime.ledger.stores.switch_flow(driver.store, "orders.import", enabled=False)
    driver.place()
    driver.poll()
    assert kept(driver) == []


def test_no_document_is_kept_for_more_than_a_day(driver: Driver) -> None:
    order = driver.place()
    driver.poll()
    age(driver, DAY - 3 * 3600)
    driver.runtime.ledger.retention.prune(90, 30, seconds=60)
    assert len(kept(driver)) == 1
    age(driver, 2 * 3600)
    driver.runtime.ledger.retention.prune(90, 30, seconds=60)
    assert kept(driver) == []
    with reads(order) as counts:
        driver.run()
    assert counts["order"] == 1


def test_a_document_is_kept_encrypted_and_without_its_key_the_shop_is_asked(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = driver.place()
    driver.poll()
    (row,) = kept(driver)
    assert order["id"].encode() not in row["document"]
    monkeypatch.setattr(driver.runtime.ledger.order_documents, "_keys", KeySet([new_key()]))
    with reads(order) as counts:
        driver.run()
    assert counts["order"] == 1


def test_the_past_is_not_read_further_while_too_many_orders_wait(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poll_shop, "MOST_WAITING", 2)
    orders = [driver.place(), driver.place()]
    driver.poll()
    assert "2 orders that were read wait for their import" in poll_shop.poll(
        driver.runtime, PollMessage(driver.store, "history")
    )
    driver.run()
    assert "seen" in poll_shop.poll(driver.runtime, PollMessage(driver.store, "history"))
    assert [driver.afosto(order)["status"] for order in orders] == ["OPEN", "OPEN"]


def test_a_shop_that_takes_no_call_delays_no_import(driver: Driver) -> None:
    order = driver.place()
    driver.world.epages.set_faults(driver.store, budget={"calls": 1, "window": 3600})
    driver.poll()
    driver.run()
    assert driver.afosto(order)["status"] == "OPEN"


def test_a_shop_whose_budget_is_used_up_delays_no_order_that_is_kept(driver: Driver) -> None:
    driver.world.epages.set_faults(driver.store, budget={"calls": 1, "window": 3600})
    driver.place()
    driver.poll()
    stands = standing(driver.runtime, FLOWS)[IMPORT.task]
    release_jobs(driver.runtime, IMPORT, 8, stands)
    assert [job["state"] for job in driver.jobs()] == ["queued"]
    rows(driver, "update jobs set state = 'waiting' where store = %s returning 1")
    driver.forget_documents()
    release_jobs(driver.runtime, IMPORT, 8, stands)
    assert [job["state"] for job in driver.jobs()] == ["waiting"]


def test_what_is_erased_is_no_longer_kept_and_the_order_is_imported_once(driver: Driver, connector: Commands) -> None:
    order = driver.place()
    driver.poll()
    assert f"order {order['number']}" in connector("erase", driver.store, order["number"]).stdout
    assert kept(driver) == []
    driver.settle()
    connector("erase", driver.store, order["id"])
    assert rows(driver, "select 1 from attempts where store = %s") == []
    driver.sweep()
    driver.both()
    assert driver.differences() == []
    assert "No order '4711'" in connector("erase", driver.store, "4711").stderr
