"""The page on totals that differ: three orders side by side, what each choice would do with them, and the choice."""

import re
from collections.abc import Iterator
from html import unescape

import pytest

from console.app import Access, create_app
from console.runtime import build_runtime
from ledger.people.users import Role
from local.servers.services import Services
from tests.support.connector.driver import Driver
from tests.support.connector.world import TENANT, World
from tests.support.console.people import PASSWORD, Desk


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world")) as started:
        for role in Role:
            started.ledger.users.add(role, role, PASSWORD)
        yield started


@pytest.fixture
def desk(driver: Driver) -> Iterator[Desk]:
    opened = build_runtime(driver.world.settings)
    yield Desk(create_app(opened, Access(plain_http=True)), opened.ledger)
    opened.close()
    driver.world.afosto.set_switches(TENANT, total_drift=0)


def words_of(page: str) -> str:
    """Return the text of a page without its tags, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", unescape(page)))


def differing(driver: Driver, *drifts: int) -> list[str]:
    """Import orders for which Afosto computes so many cents too much; return their numbers, the newest first."""
    numbers: list[str] = []
    for drift in drifts:
        driver.world.afosto.set_switches(TENANT, total_drift=drift)
        driver.poll()
        order = driver.place()
        driver.poll()
        driver.run()
        numbers.insert(0, order["number"])
    return numbers


def test_three_orders_are_shown_with_the_difference_and_what_each_choice_does(desk: Desk, driver: Driver) -> None:
    numbers = differing(driver, 0, 3, 1_250, -700)
    page = words_of(desk.user("viewer").get(f"/stores/{driver.store}/totals/").text)
    assert [number for number in numbers if number in page] == numbers[:3]
    assert "+12.50" in page
    assert "−7.00" in page
    assert "+0.03" in page
    assert "Not in any line: Afosto's total is not the sum of its parts" in page
    strict, tolerate, accept = (
        re.findall(rf"{choice}: (is opened|waits for a person)", page)
        for choice in (
            "Wait for a person if the totals differ at all",
            "Accept differences of some cents",
            "Accept every difference, and note both totals",
        )
    )
    assert strict == ["waits for a person"] * 3
    assert sorted(tolerate) == ["is opened", "waits for a person", "waits for a person"]
    assert accept == ["is opened"] * 3
    assert "Save" not in page


def test_a_store_with_fewer_orders_shows_those_it_has(desk: Desk, driver: Driver) -> None:
    address = f"/stores/{driver.store}/totals/"
    assert "No order of this store is in Afosto yet" in desk.user("viewer").get(address).text
    order, _ = driver.imported()
    page = words_of(desk.user("viewer").get(address).text)
    assert "1 order of this store" in page
    assert order["number"] in page
    assert "Difference none" in page


def test_a_line_that_differs_is_named(desk: Desk, driver: Driver) -> None:
    order, _ = driver.imported(lines=driver.lines(2))
    line = order["lines"][0]
    driver.world.epages.act(driver.store, order["id"], "edit", lines={line["id"]: 1})
    page = words_of(desk.user("viewer").get(f"/stores/{driver.store}/totals/").text)
    assert f"Where it comes from {line['sku']}" in page
    assert re.search(r"[\d.]+ EUR in the shop, [\d.]+ EUR in Afosto, \+[\d.]+ EUR", page)


def test_a_vendor_that_is_away_leaves_the_totals_of_the_import(desk: Desk, driver: Driver) -> None:
    differing(driver, 1_250)
    driver.world.epages.set_faults(driver.store, faults=[{"kind": "503", "path": "/orders/"}])
    page = words_of(desk.user("viewer").get(f"/stores/{driver.store}/totals/").text)
    assert "These are the totals of the import. One side cannot be asked now" in page
    driver.world.epages.set_faults(driver.store, faults=[])


def test_the_choice_releases_the_orders_that_wait_and_the_flow_that_was_stopped(desk: Desk, driver: Driver) -> None:
    differing(driver, 1_250, 1_250, 1_250)
    parked = [row["id"] for row in driver.jobs() if row["state"] == "parked"]
    assert parked
    address = f"/stores/{driver.store}/totals/"
    operator = desk.user("operator")
    page = operator.get(address).text
    assert "no order is imported" in page
    form = {"totals": "accept", "before": "tolerate"}
    said = words_of(operator.post(address, form, follow_redirects=True).text)
    assert "The import of orders runs again." in said
    assert "looked at again" in said
    assert desk.ledger.stores.facts(driver.store).totals == "accept"
    assert {row["stopped_reason"] for row in desk.ledger.stores.flows(driver.store)} == {None}
    assert not [row for row in driver.jobs() if row["id"] in parked and row["state"] == "parked"]
    # The same form again: sent by somebody else, or from a page that the back button has brought back.
    late = operator.post(address, {**form, "totals": "strict"})
    assert late.status_code == 409
    assert "Somebody else has changed this" in late.text
    assert desk.ledger.stores.facts(driver.store).totals == "accept"
    assert operator.post(address, {"totals": "all", "before": "accept"}).status_code == 400
