"""What a store's jobs send to a vendor was reserved there before, also when they waited half way and began anew."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

import clients.limiter
from clients.scripts import Call, run_scripts
from schemas.messages import PollMessage
from tasks.poll import send_imports
from tasks.polling import poll
from tasks.vendors import epages_bucket
from tests.driver import Driver
from tests.world import TENANT, World
from workers.local.services import Services

CALLS_PER_MINUTE = "600"
LIVE = 1
# More orders than the budget of the next seconds covers: each takes three calls to Afosto.
MANY = 12


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    budgets = {"EPAGES_CALLS_PER_WINDOW": CALLS_PER_MINUTE, "AFOSTO_CALLS_PER_WINDOW": CALLS_PER_MINUTE}
    with World(services, tmp_path_factory.mktemp("world"), **budgets) as started:
        yield started


@pytest.fixture
def reserved(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many calls were reserved at each vendor."""
    counts: Counter[str] = Counter()

    def counting(client: Any, *calls: Call) -> list[Any]:
        for call in calls:
            if call.arguments[0] == "reserve":
                vendor = call.keys[0].split(":")[1]
                counts[vendor] += int(call.arguments[3])
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


def test_a_poll_sends_what_it_made_due_at_once_as_far_as_the_budget_allows(driver: Driver) -> None:
    for _ in range(MANY):
        driver.place()
    sent: list[str] = []
    runtime = replace(driver.runtime, send=lambda task, message, queue: sent.append(f"{task} {message['store']}"))
    poll(runtime, PollMessage(driver.store), send_imports)
    assert 0 < len(sent) < MANY
    assert set(sent) == {f"orders.import {driver.store}"}
    queued = [job for job in driver.jobs() if job["state"] == "queued"]
    assert len(queued) == len(sent)


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
