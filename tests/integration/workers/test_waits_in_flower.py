"""A job that waits for its turn is no attempt that went wrong: Flower counts as retried only what failed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from celery.exceptions import Retry

from clients.breaker import FAILURES_TO_OPEN
from clients.limiter import Limiter
from jobs.putting_off import put_off
from local.servers.services import Services
from schemas.errors import RetryLater, VendorSilent, Wait
from schemas.messages import PollMessage, StoreMessage
from schemas.wording.phrases import phrase
from sync.discovery.poll_shop import poll
from sync.discovery.scan_afosto import scan
from tasks.base import failures_as_retries
from tests.support.connector.driver import Driver
from tests.support.connector.world import World, wait_for


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world")) as started:
        yield started


def test_workers_that_wait_for_a_tight_budget_are_waiting_and_not_retried(
    fresh_services: Services, tmp_path: Path
) -> None:
    tight = {"AFOSTO_CALLS_PER_WINDOW": "8", "AFOSTO_WINDOW": "4"}
    with World(fresh_services, tmp_path, **tight) as world, _listening(world) as listen:
        world.shop("tight")
        for _ in range(6):
            world.epages.place("tight", paid=True, test=False, pickup=False)
        world.start(2)
        events: list[dict[str, Any]] = []

        def has_waited() -> bool:
            events.extend(listen())
            return bool(_told(events, "task-waiting", "result")) and _opened(world) >= 2

        wait_for(has_waited, 120, "jobs to wait for the budget", lambda: str(world.open_jobs()))
        assert _told(events, "task-retried", "exception") == []


def test_a_poll_and_a_walk_that_wait_for_their_budget_tell_so_and_do_not_fail(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.discovery.poll_shop.MAX_WAIT_SECONDS", 0.0)
    monkeypatch.setattr(Limiter, "reserve", lambda *_, longest_wait=None: 7.0)
    assert poll(driver.runtime, PollMessage(driver.store)).startswith("waits: the budget of epages:")
    assert scan(driver.runtime, StoreMessage(driver.store)).startswith("waits: the budget of afosto:")


def test_a_vendor_that_fails_is_retried(driver: Driver) -> None:
    driver.world.epages.set_faults(driver.store, faults=[{"kind": "503"}])
    for _ in range(FAILURES_TO_OPEN + 1):
        with pytest.raises(Retry), failures_as_retries():
            poll(driver.runtime, PollMessage(driver.store))


def test_only_what_failed_is_a_retry_of_celery() -> None:
    assert put_off(Wait(phrase("its order comes first.")), 30.0) == "waits: its order comes first; goes on in 30 s"
    for failure in (
        RetryLater(phrase("it broke")),
        VendorSilent(phrase("it is silent"), bucket="epages:shop", after=1),
    ):
        with pytest.raises(Retry, match=str(failure)) as retry, failures_as_retries():
            put_off(failure, 30.0)
        assert retry.value.when == 30.0


def _told(events: list[dict[str, Any]], kind: str, key: str) -> list[str]:
    """What the events of a kind say of the budget."""
    return [event[key] for event in events if event["type"] == kind and "the budget" in str(event[key])]


def _opened(world: World) -> int:
    query = "select count(*)::int as n from links where kind = 'order' and stage = 'opened'"
    (row,) = world.ledger.database.transaction(lambda s: s.execute(query).fetchall())
    return int(row["n"])


@contextmanager
def _listening(world: World) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Hear the events of tasks as Flower hears them: a call returns the next few."""
    app = Celery("listener", broker=world.settings.broker_url)
    with app.connection_for_read() as connection:
        heard: list[dict[str, Any]] = []
        receiver = app.events.Receiver(connection, handlers={"*": heard.append})

        def listen() -> list[dict[str, Any]]:
            heard.clear()
            with suppress(TimeoutError):
                receiver.capture(limit=20, timeout=1, wakeup=False)
            return list(heard)

        yield listen
