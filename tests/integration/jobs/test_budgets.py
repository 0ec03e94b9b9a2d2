"""What a store's jobs send to a vendor was reserved there before, also when they waited half way and began anew."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import clients.limiter
import sync.discovery.poll_shop
from clients.redis_scripts import Call, run_scripts
from jobs.call_budget import epages_bucket
from jobs.putting_off import FailedForNow
from jobs.runtime import Runtime
from local.servers.services import Services
from schemas.messages import PollMessage
from sync.discovery.poll_shop import poll
from tasks.poll import send_imports
from tests.support.connector.driver import Driver
from tests.support.connector.world import TENANT, World

CALLS_PER_MINUTE = "600"
LIVE = 1
# More orders than the budget of the next seconds covers: each takes three calls to Afosto.
MANY = 12
YEAR = timedelta(days=365)


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    budgets = {"EPAGES_CALLS_PER_WINDOW": CALLS_PER_MINUTE, "AFOSTO_CALLS_PER_WINDOW": CALLS_PER_MINUTE}
    with World(services, tmp_path_factory.mktemp("world"), **budgets) as started:
        yield started


@pytest.fixture
def reserved(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many calls were reserved at each vendor, and not given back."""
    counts: Counter[str] = Counter()

    def counting(client: Any, *calls: Call) -> list[Any]:
        for call in calls:
            if call.arguments[0] == "reserve":
                vendor = call.keys[0].split(":")[1]
                counts[vendor] += int(call.arguments[3])
            if call.arguments[0] == "give_back":
                counts[call.keys[0].split(":")[1]] -= int(call.arguments[3])
        return run_scripts(client, *calls)

    monkeypatch.setattr(clients.limiter, "run_scripts", counting)
    return counts


def test_a_run_that_must_wait_half_way_sends_no_more_than_was_reserved_for_it_and_comes_to_its_end(
    driver: Driver, reserved: Counter[str]
) -> None:
    # A draft of which nobody knows what is on it is read, given up and made anew: more calls than a run usually makes.
    driver.world.afosto.set_faults(TENANT, {"kind": "503", "field": "addItemsToOrder", "count": 1})
    order = driver.place()
    driver.poll()
    driver.run()
    use_up_budgets(driver)
    reserved.clear()
    before, wait_ends = sent(driver), time.monotonic() + 20
    while driver.jobs()[0]["state"] != "done":
        assert time.monotonic() < wait_ends, driver.jobs()
        forget_token(driver)
        driver.run()
        time.sleep(0.05)
    assert driver.afosto(order)["status"] == "OPEN"
    calls = sent(driver) - before
    assert calls["epages"] <= reserved["epages"]
    assert calls["afosto"] <= reserved["afosto"]


def test_after_a_large_import_no_more_is_used_up_than_was_sent(driver: Driver, reserved: Counter[str]) -> None:
    for _ in range(MANY):
        order = driver.place(lines=driver.lines(3))
        driver.world.epages.act(driver.store, order["id"], "cancel", lines={order["lines"][0]["id"]: 1})
    driver.world.epages.act(driver.store, order["id"], "ship")
    before = sent(driver)
    driver.poll()
    driver.settle()
    assert reserved == sent(driver) - before


def test_a_poll_sends_what_it_made_due_at_once_as_far_as_the_budget_allows(driver: Driver) -> None:
    # On a busy machine the poll itself takes seconds, in which the budget grows.
    many = 4 * MANY
    for _ in range(many):
        driver.place()
    sent: list[str] = []
    runtime = replace(driver.runtime, send=lambda task, message, queue: sent.append(f"{task} {message['store']}"))
    poll(runtime, PollMessage(driver.store), send_imports)
    assert 0 < len(sent) < many
    assert set(sent) == {f"orders.import {driver.store}"}
    queued = [job for job in driver.jobs() if job["state"] == "queued"]
    assert len(queued) == len(sent)


@pytest.mark.parametrize("naps", [0.0, 1.0], ids=["in-many-runs", "with-naps"])
def test_a_past_of_many_pages_is_read_to_its_end_while_every_call_has_to_be_waited_for(
    world: World, runtime: Runtime, naps: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync.discovery.poll_shop, "MAX_WAIT_SECONDS", naps)
    now = datetime.now(UTC)
    driver = Driver(world, replace(runtime, settings=replace(runtime.settings, poll_page_size=10)), since=now - YEAR)
    world.epages.place_many(driver.store, 95, (now - YEAR / 2).isoformat(), (now - YEAR / 4).isoformat())
    for _ in range(60):
        driver.runtime.epages_limiter.reserve(epages_bucket(driver.store), 14, LIVE)
        with suppress(FailedForNow):
            poll(driver.runtime, PollMessage(driver.store, "history"))
        if _seen(driver) == 95:
            return
        time.sleep(0.2)
    raise AssertionError(f"{_seen(driver)} of 95 orders were seen")


def _seen(driver: Driver) -> int:
    query = "select count(*)::int as n from orders where store = %s"
    (row,) = driver.runtime.ledger.database.transaction(lambda s: s.execute(query, (driver.store,)).fetchall())
    return int(row["n"])


def use_up_budgets(driver: Driver) -> None:
    """From now on nothing is left at either vendor but what is reserved."""
    runtime, store = driver.runtime, driver.runtime.ledger.stores.get(driver.store)
    runtime.epages_limiter.reserve(epages_bucket(store.name), 10, LIVE)
    runtime.afosto_limiter.reserve(store.afosto_bucket, 10, LIVE)


def sent(driver: Driver) -> Counter[str]:
    """How many calls each vendor has counted."""
    shop = driver.world.epages.stats(driver.store)["requests"]
    afosto = driver.world.afosto.stats(TENANT)["requests"]
    return Counter({"epages": sum(row["count"] for row in shop), "afosto": sum(afosto.values())})


def forget_token(driver: Driver) -> None:
    """Let the next run ask the shop for a new access token."""
    statement = "update stores set access_token = null where name = %s"
    driver.runtime.ledger.database.transaction(lambda session: session.execute(statement, (driver.store,)))
