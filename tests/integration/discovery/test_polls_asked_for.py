"""Polls, sweeps and walks that are asked for more often than they take: each comes to its end all the same."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from clients.epages import EpagesClient
from local.servers.services import Services
from schemas.epages import OrderPage
from schemas.errors import NeedsPerson
from schemas.messages import PollMessage
from sync.discovery.poll_shop import poll
from tests.support.connector.driver import Driver
from tests.support.connector.world import World


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), POLL_PAGE_SIZE="3") as started:
        yield started


@pytest.fixture
def asked(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whenever a list of orders was read, somebody asks for a poll, by a message and through the gateway."""
    read, answers, busy = EpagesClient.orders, list[str](), list[bool]()

    def orders(client: EpagesClient, **options: Any) -> OrderPage:
        page = read(client, **options)
        if not busy:
            busy.append(True)
            driver.runtime.ledger.cursors.make_due(driver.store, "live")
            answers.append(poll(driver.runtime, PollMessage(driver.store)))
            driver.runtime.ledger.cursors.take_due(60.0, 100)
            busy.pop()
        return page

    monkeypatch.setattr(EpagesClient, "orders", orders)
    return answers


def test_a_poll_that_is_asked_for_while_one_reads_lets_it_read_on_and_follows_it(
    driver: Driver, asked: list[str]
) -> None:
    for _ in range(10):
        driver.place()
    driver.poll()
    assert len(asked) > 1
    assert {answer.partition(":")[0] for answer in asked} == {"nothing to do"}
    assert len(driver.jobs()) == 10
    again = [row["kind"] for row in driver.runtime.ledger.cursors.take_due(60.0, 100) if row["store"] == driver.store]
    assert again == ["live"]


def test_a_poll_that_is_asked_for_when_none_reads_reads_at_once_and_alone(driver: Driver) -> None:
    cursors = driver.runtime.ledger.cursors
    driver.poll()
    cursors.make_due(driver.store, "live")
    driver.place()
    driver.poll()
    assert len(driver.jobs()) == 1
    assert driver.store not in {row["store"] for row in cursors.take_due(60.0, 100) if row["kind"] == "live"}


def test_a_poll_that_the_shop_refused_is_in_nobodys_way(driver: Driver) -> None:
    driver.place()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EpagesClient, "orders", _refused)
        with pytest.raises(NeedsPerson):
            driver.poll()
    driver.poll()
    assert len(driver.jobs()) == 1


def test_a_sweep_that_is_asked_for_while_one_reads_goes_on_where_it_is(driver: Driver) -> None:
    for _ in range(10):
        driver.place()
    driver.poll()
    cursors, places = driver.runtime.ledger.cursors, []
    for _ in range(8):
        assert cursors.start_sweep(driver.store, datetime.now(UTC), 60.0)
        cursor = cursors.get(driver.store, "sweep")
        assert cursor
        places.append((cursor.position, cursor.fence))
    assert len(set(places)) == 1
    poll(driver.runtime, PollMessage(driver.store, "sweep"))
    assert cursors.start_sweep(driver.store, datetime.now(UTC), 60.0)


def test_a_walk_over_the_catalog_goes_on_where_it_is_when_all_stock_is_asked_for(driver: Driver) -> None:
    stock = driver.runtime.ledger.stock
    stock.found(driver.store, {}, 500)
    stock.publish_all_again()
    cursor = stock.cursor(driver.store)
    assert cursor
    assert cursor["walked"] == 500


def _refused(client: EpagesClient, **_: Any) -> OrderPage:
    raise NeedsPerson("the shop refuses", reason="wrong-credentials", resolution="compare them")
