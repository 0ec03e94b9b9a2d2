"""What the console reads from both vendors while a person waits: documents and explanations."""

from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from time import monotonic
from typing import Any

import pytest

from console.app import Access, create_app
from console.runtime import build_runtime
from ledger.people.users import Role
from local.servers.services import Services
from reconcile.live_documents import read_documents
from tests.support.connector.driver import Driver
from tests.support.connector.world import TENANT, World
from tests.support.console.people import PASSWORD, Desk
from tests.support.ledger.reconcile_cases import lines


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world")) as started:
        for role in Role:
            started.ledger.users.add(role, role, PASSWORD)
        yield started


@pytest.fixture
def desk(driver: Driver) -> Iterator[Desk]:
    """Yield the console of the driver's world."""
    # Calls are as patient as usual: the world's own deadline is too short for a vendor that is late.
    opened = build_runtime(replace(driver.world.settings, call_deadline=2.0))
    yield Desk(create_app(opened, Access(plain_http=True)), opened.ledger)
    opened.close()


def page_of(driver: Driver, order: dict[str, Any], part: str = "documents") -> str:
    return f"/stores/{driver.store}/orders/{order['id']}/{part}"


def buyer_of(driver: Driver, order: dict[str, Any]) -> Any:
    document = read_documents(driver.runtime, driver.store, order["id"]).shop.document
    assert document is not None
    return document["billingAddress"]


def test_both_documents_are_shown_without_what_tells_who_bought(desk: Desk, driver: Driver) -> None:
    order, there = driver.imported()
    page = unescape(desk.user("viewer").get(page_of(driver, order)).text)
    assert "billingAddress" in page
    assert there["id"] in page
    assert "contra_item_id" in page
    buyer = buyer_of(driver, order)
    assert [value for value in (buyer["lastName"], buyer["street"], buyer["email"]) if value in page] == []


def test_an_operator_sees_the_personal_data_and_is_noted(desk: Desk, driver: Driver) -> None:
    order, _ = driver.imported()
    page = unescape(desk.user("operator").post(page_of(driver, order)).text)
    buyer = buyer_of(driver, order)
    assert buyer["lastName"] in page
    assert buyer["street"] in page
    (entry,) = (each for each in desk.ledger.audit.entries(text="order.reveal") if order["id"] in each.detail)
    assert (entry.user, entry.subject, entry.outcome) == ("operator", driver.store, "done")
    assert entry.detail == f"{order['id']}; personal data shown"
    assert buyer["lastName"] not in str(desk.rows("audit"))


def test_a_vendor_that_is_late_or_refuses_is_a_notice_beside_the_other_document(desk: Desk, driver: Driver) -> None:
    order, there = driver.imported()
    for fault in ({"kind": "latency", "seconds": 9.0}, {"kind": "503"}):
        driver.world.epages.set_faults(driver.store, faults=[{**fault, "path": "/orders/"}])
        began = monotonic()
        answer = desk.user("viewer").get(page_of(driver, order))
        assert monotonic() - began < 6
        assert answer.status_code == 200
        assert "The document could not be read now." in answer.text
        assert there["id"] in answer.text
    driver.world.epages.set_faults(driver.store, faults=[])


def test_an_order_that_the_shop_lost_is_said_to_be_gone(desk: Desk, driver: Driver) -> None:
    driver.runtime.ledger.jobs.request_run(driver.store, "import", "orders", "nowhere")
    page = desk.user("viewer").get(f"/stores/{driver.store}/orders/nowhere/documents").text
    assert "The order is not there." in page
    assert "It is not in Afosto." in page


def test_explain_says_what_each_flow_would_do_and_changes_nothing(desk: Desk, driver: Driver) -> None:
    order, there = driver.imported(lines=lines(driver, 2))
    driver.world.afosto.ship(TENANT, there["id"], [there["units"][0]["id"]], code="CODE")
    before = desk.rows("jobs"), desk.rows("links"), desk.rows("intents")
    page = desk.user("operator").post(page_of(driver, order, "explain")).text
    assert "0 in the shop, 1 in Afosto" in page
    assert (desk.rows("jobs"), desk.rows("links"), desk.rows("intents")) == before


def test_an_explanation_that_no_vendor_answers_in_time_is_a_page_that_says_so(desk: Desk, driver: Driver) -> None:
    order, _ = driver.imported()
    driver.world.epages.set_faults(driver.store, faults=[{"kind": "latency", "seconds": 20.0, "path": "/orders/"}])
    began = monotonic()
    answer = desk.user("operator").post(page_of(driver, order, "explain"))
    assert monotonic() - began < 14
    assert answer.status_code == 200
    assert "The order cannot be explained now." in answer.text
    driver.world.epages.set_faults(driver.store, faults=[])
