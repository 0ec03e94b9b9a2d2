"""What becomes of a draft that waits in Afosto: somebody opens it by hand, or a worker dies while it opens it."""

import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from clients.afosto.client import AfostoClient
from local.servers.services import Services
from schemas.errors import RetryLater
from tests.support.connector.driver import Document, Driver, units
from tests.support.connector.kill_between_steps import Killed
from tests.support.connector.world import LOSES_ANSWERS, World


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **LOSES_ANSWERS) as started:
        yield started


@pytest.fixture
def waiting(driver: Driver) -> tuple[Document, str]:
    """An order whose draft waits for its payment, and the id of the draft."""
    order = driver.place(paid=False, lines=driver.lines(2))
    driver.poll()
    driver.run()
    (draft,) = drafts(driver, order)
    return order, draft


@pytest.mark.parametrize("known", [False, True], ids=["a new draft", "a draft that waited for its payment"])
def test_what_a_worker_asked_for_before_it_died_opens_no_second_order(
    driver: Driver, world: World, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    """Whether Afosto opens a draft that was ended, nobody knows: it is waited for, as for any lost answer."""
    world.afosto.set_switches(driver.tenant, expired_opens=True)
    order = driver.place(lines=driver.lines(3), paid=not known)
    if known:
        driver.poll()
        driver.run()
        world.epages.act(driver.store, order["id"], "pay")
    with monkeypatch.context() as patch:
        _dies_while_opening(patch)
        world.afosto.set_faults(driver.tenant, {"kind": "late", "seconds": 1.0, "count": 1, "body": "openOrder"})
        driver.poll()
        driver.survive(driver.run)
    world.epages.act(driver.store, order["id"], "cancel", lines={order["lines"][0]["id"]: 1})
    driver.poll()
    driver.settle()
    time.sleep(1.0)
    driver.both()
    driver.settle()
    world.afosto.set_switches(driver.tenant, expired_opens=False)
    assert (driver.differences(), driver.parked(), driver.open_intents()) == ([], [], 0)


def test_an_opening_that_was_never_sent_is_not_waited_for(driver: Driver, waiting: tuple[Document, str]) -> None:
    order, _ = waiting
    driver.world.epages.act(driver.store, order["id"], "pay")
    driver.world.afosto.set_faults(driver.tenant, {"kind": "429", "count": 1, "retry_after": 0.1, "body": "openOrder"})
    driver.poll()
    driver.run()
    assert (stage(driver, order), driver.open_intents()) == ([], 0)
    driver.settle()
    assert stage(driver, order) == ["opened"]


def _dies_while_opening(patch: pytest.MonkeyPatch) -> None:
    """Let the worker die as soon as it has asked for the opening."""
    send = AfostoClient.open_order

    def dies(client: AfostoClient, order_id: str) -> None:
        with suppress(RetryLater):
            send(client, order_id)
        raise Killed

    patch.setattr(AfostoClient, "open_order", dies)


def drafts(driver: Driver, order: Document) -> list[str]:
    held = driver.world.afosto.orders(driver.tenant)
    reference = f"{driver.store}/{order['id']}"
    return [o["id"] for o in held if o["reference"] == reference and o["status"] == "CONCEPT"]


def stage(driver: Driver, order: Document) -> list[str]:
    known = driver.runtime.ledger.scans.all_opened(driver.store)
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
