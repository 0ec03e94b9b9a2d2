"""A vendor that does not answer: it shows as the health of the store, costs no job anything, and ends by itself."""

from collections.abc import Iterator
from typing import Any

import pytest

from clients.breaker import FAILURES_TO_OPEN
from jobs.call_budget import epages_bucket
from jobs.putting_off import FailedForNow
from jobs.runtime import Runtime
from jobs.store_health import note_silence
from local.servers.services import Services
from schemas.errors import VendorSilent
from schemas.messages import StoreMessage
from schemas.wording.phrases import phrase
from sync.discovery.scan_afosto import scan
from tests.support.connector.driver import Driver
from tests.support.connector.world import TENANT, World


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world")) as started:
        yield started


@pytest.fixture
def driver(world: World, runtime: Runtime) -> Iterator[Driver]:
    made = Driver(world, runtime)
    yield made
    _close(made, _afosto(made))


def test_a_silent_shop_makes_its_store_ill_and_its_next_answer_ends_that(driver: Driver) -> None:
    driver.world.epages.set_faults(driver.store, faults=[{"kind": "503"}])
    for _ in range(FAILURES_TO_OPEN + 1):
        with pytest.raises(FailedForNow):
            driver.poll()
    (ill,) = _health(driver)
    assert (ill["vendor"], ill["reason"]) == ("epages", "does-not-answer")
    assert ill["message"].startswith("ePages has not answered since 20")
    driver.world.epages.set_faults(driver.store, faults=[])
    _close(driver, epages_bucket(driver.store))
    driver.poll()
    assert _health(driver) == []


def test_jobs_that_wait_for_a_silent_afosto_count_no_failure_and_go_on_when_it_answers(driver: Driver) -> None:
    driver.place()
    driver.poll()
    _open(driver, _afosto(driver))
    driver.run()
    assert [(ill["vendor"], ill["reason"]) for ill in _health(driver)] == [("afosto", "does-not-answer")]
    (job,) = driver.jobs()
    assert (job["state"], job["failures"]) == ("waiting", 0)
    assert "Afosto has not answered since" in job["message"]
    _close(driver, _afosto(driver))
    driver.runtime.ledger.jobs.retry(store=driver.store)
    driver.run()
    assert driver.jobs()[-1]["state"] == "done"
    assert _health(driver) == []


def test_many_jobs_that_find_the_same_write_the_health_once_per_pause(driver: Driver) -> None:
    stores, same = driver.runtime.ledger.stores, (driver.store, "afosto", "does-not-answer", "silent")
    stores.blame(*same, 60)
    (first,) = _health(driver)
    stores.blame(*same, 90)
    assert _health(driver) == [first]


def test_a_quiet_store_hears_of_the_outage_by_its_walk(driver: Driver) -> None:
    driver.world.afosto.set_switches(TENANT, orders_list=True)
    _open(driver, _afosto(driver))
    with pytest.raises(FailedForNow, match="Afosto has not answered"):
        scan(driver.runtime, StoreMessage(driver.store))
    assert [ill["vendor"] for ill in _health(driver)] == ["afosto"]
    _close(driver, _afosto(driver))
    scan(driver.runtime, StoreMessage(driver.store))
    assert _health(driver) == []


def test_an_order_parked_for_what_the_shop_says_ends_the_blame_for_its_silence(driver: Driver) -> None:
    for location in driver.runtime.ledger.stores.locations(driver.store):
        driver.runtime.ledger.stores.unmap_location(driver.store, location)
    driver.place(pickup=True)
    driver.poll()
    driver.forget_documents()
    driver.runtime.ledger.stores.blame(driver.store, "epages", "does-not-answer", "silent", 0)
    driver.run()
    assert driver.parked() == ["location-not-mapped"]
    assert _health(driver) == []


def test_another_shop_that_is_silent_is_not_held_against_this_store(driver: Driver) -> None:
    store = driver.runtime.ledger.stores.get(driver.store)
    note_silence(driver.runtime, store, VendorSilent(phrase("silent"), bucket=epages_bucket("another"), after=5))
    assert _health(driver) == []


def _health(driver: Driver) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = driver.runtime.ledger.stores.overview(driver.store)["health"]
    return found


def _afosto(driver: Driver) -> str:
    return driver.runtime.ledger.stores.get(driver.store).afosto_bucket


def _open(driver: Driver, bucket: str) -> None:
    for _ in range(FAILURES_TO_OPEN):
        driver.runtime.breaker.record(bucket, healthy=False)


def _close(driver: Driver, bucket: str) -> None:
    driver.runtime.breaker.record(bucket, healthy=True)
    driver.world.redis.delete(f"breaker:{bucket}")
