"""Polls, sweeps and walks that are asked for more often than they take: each comes to its end all the same."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from clients.epages import EpagesClient
from jobs.runtime import BrokerRefused
from local.servers.services import Services
from schemas.epages import OrderPage
from schemas.errors import NeedsPerson
from schemas.messages import PollMessage
from schemas.wording.phrases import phrase
from sync.discovery.poll_shop import poll
from tasks.dispatch import dispatch
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
    raise NeedsPerson(phrase("the shop refuses"), reason="wrong-credentials", resolution=phrase("compare them"))


def test_what_the_broker_does_not_take_from_dispatch_is_due_again_at_once(driver: Driver) -> None:
    runtime, ledger, sent = driver.runtime, driver.runtime.ledger, list[str]()
    ledger.stores.switch_flow(driver.store, "inventory.publish", enabled=True)
    for refused in ("poll.store", "orders.walk", "inventory.watch"):
        _make_all_due(driver)

        def send(task: str, message: dict[str, object], queue: str, refused: str = refused) -> None:
            if task == refused:
                raise BrokerRefused("READONLY")
            sent.append(task)

        with pytest.raises(BrokerRefused):
            dispatch(replace(runtime, send=send))
        assert refused not in sent
        assert driver.store in _due(driver)[refused]


def _make_all_due(driver: Driver) -> None:
    for table, column in (("cursors", "next_poll_at"), ("walks", "next_at"), ("stock_cursors", "next_poll_at")):
        clause = ", running_until = null" if table == "cursors" else ""
        statement = f"update {table} set {column} = now() - interval '1 s'{clause} where store = %s"  # noqa: S608
        driver.runtime.ledger.database.transaction(lambda s, q=statement: s.execute(q, (driver.store,)))  # type: ignore[misc]
    driver.runtime.ledger.database.transaction(lambda s: s.execute("delete from dispatches"))


def _due(driver: Driver) -> dict[str, set[str]]:
    ledger = driver.runtime.ledger
    return {
        "poll.store": {row["store"] for row in ledger.cursors.take_due(60.0, 100)},
        "orders.walk": set(ledger.scans.take_due(60.0, 100)),
        "inventory.watch": set(ledger.stock.take_due(60.0, 100)),
    }
