"""What becomes of a draft that waits in Afosto: somebody opens it by hand, or a worker dies while it opens it."""

from collections.abc import Iterator

import pytest

from tests.driver import Document, Driver, units
from tests.world import World
from workers.local.services import Services


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), CALL_DEADLINE="0.5", AMBIGUITY_WAIT="1.5") as started:
        yield started


@pytest.fixture
def waiting(driver: Driver) -> tuple[Document, str]:
    """An order whose draft waits for its payment, and the id of the draft."""
    order = driver.place(paid=False, lines=driver.lines(2))
    driver.poll()
    driver.run()
    (draft,) = drafts(driver, order)
    return order, draft


def drafts(driver: Driver, order: Document) -> list[str]:
    held = driver.world.afosto.orders(driver.tenant)
    reference = f"{driver.store}/{order['id']}"
    return [o["id"] for o in held if o["reference"] == reference and o["status"] == "CONCEPT"]


def stage(driver: Driver, order: Document) -> list[str]:
    known = driver.runtime.ledger.walks.all_opened(driver.store)
    return ["opened" for each in known if each == order["id"]]


@pytest.mark.parametrize("how", ["event", "walk", "list"])
def test_a_draft_that_a_person_opens_in_afosto_is_found_open(
    driver: Driver, waiting: tuple[Document, str], how: str
) -> None:
    order, draft = waiting
    driver.world.afosto.set_switches(driver.tenant, orders_list=how == "list")
    driver.world.afosto.tamper(driver.tenant, draft, "open")
    if how == "event":
        driver.look(order)
    else:
        driver.walk()
    driver.hurry()
    assert stage(driver, order) == ["opened"]
    copy = driver.afosto(order)
    driver.world.afosto.ship(driver.tenant, draft, units(copy)[:1], code="A1")
    driver.both()
    driver.world.afosto.set_switches(driver.tenant, orders_list=False)
    assert (driver.differences(), driver.parked(), driver.writes().count("ship")) == ([], [], 1)


def test_a_draft_that_is_parked_and_that_a_person_opens_is_parked_no_longer(
    driver: Driver, world: World, waiting: tuple[Document, str]
) -> None:
    order, draft = waiting
    world.afosto.tamper(driver.tenant, draft, "reprice", amount=-700)
    world.epages.act(driver.store, order["id"], "pay")
    driver.poll()
    driver.run()
    assert driver.parked() == ["totals-differ"]
    world.afosto.tamper(driver.tenant, draft, "open")
    driver.walk()
    driver.hurry()
    assert (stage(driver, order), driver.parked()) == (["opened"], [])


def test_a_draft_that_nobody_opens_is_looked_at_and_stays_one(driver: Driver, waiting: tuple[Document, str]) -> None:
    order, draft = waiting
    driver.walk()
    driver.hurry()
    assert (drafts(driver, order), stage(driver, order), driver.parked()) == ([draft], [], [])
