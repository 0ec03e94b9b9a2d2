"""A vendor that answers garbage, for a while or for good: one order waits for it, and nothing and nobody else."""

from collections.abc import Collection, Iterator
from typing import Any

import pytest

import ledger.orders.cursors
from local.servers.services import Services
from simulators.hostile.bodies import BODIES, REFUSALS
from simulators.hostile.headers import HEADERS
from simulators.hostile.values import NUMBERS, TEXTS, incredible
from tests.support.connector.driver import PLAIN, Driver, units
from tests.support.connector.world import LOSES_ANSWERS, TENANT, World

Document = dict[str, Any]
QUICK = {**LOSES_ANSWERS, "RETRY_BASE": "0.1", "RETRY_CAP": "0.2"}

ODD_ORDERS = [
    *(("productLineItems.0.quantity", name) for name in incredible(NUMBERS)),
    *(("orderNumber", name) for name in incredible(TEXTS)),
    ("productLineItems.0.product.sku", "long"),
    ("productLineItems.0.product.sku", "nul"),
    ("productLineItems.0.quantity", "negative"),
    ("productLineItems.0.quantity", "half"),
    ("productLineItems.0.unitPrice.amount", "huge-exponent"),
    ("productLineItems.0.lineItemTax.taxRate", "tiny-exponent"),
    ("grandTotal.amount", "exponent-400"),
    ("updatedAt", "long"),
    ("createdAt", "nul"),
]


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **QUICK) as started:
        yield started


@pytest.fixture(autouse=True)
def _read_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger.orders.cursors, "READ_AGAIN", 0.0)


@pytest.fixture(autouse=True)
def _good_in_the_end(world: World) -> Iterator[None]:
    yield
    world.afosto.set_faults(TENANT)


@pytest.mark.parametrize(("at", "oddity"), ODD_ORDERS)
def test_an_order_that_is_odd_for_good_is_parked_by_name_and_the_others_are_imported(
    driver: Driver, at: str, oddity: str
) -> None:
    before, odd, after = driver.place(), _place_odd(driver, at, oddity), driver.place()
    driver.poll()
    driver.run()
    assert driver.parked() == ["malformed-document"]
    assert [job["subject"] for job in driver.jobs() if job["state"] == "parked"] == [odd["id"]]
    assert all(driver.afosto(order)["status"] == "OPEN" for order in (before, after))


def test_an_order_that_was_mended_in_the_shop_is_imported_though_no_list_shows_it(driver: Driver) -> None:
    order = driver.place()
    driver.world.epages.set_faults(driver.store, faults=[_odd("nan", path=f"/{order['id']}$", at="grandTotal.amount")])
    driver.poll()
    driver.forget_documents()
    driver.run()
    assert driver.parked() == ["malformed-document"]
    _all_good(driver)
    driver.poll()
    driver.run()
    assert driver.afosto(order)["status"] == "OPEN"
    assert driver.parked() == []


def test_an_order_whose_row_was_odd_is_imported_when_the_list_has_passed_it(driver: Driver) -> None:
    odd = _place_odd(driver, "productLineItems.0.quantity", "word")
    driver.poll()
    assert driver.parked() == ["malformed-document"]
    _forget_row(driver)
    driver.world.epages.act(driver.store, odd["id"], "mend")
    driver.poll()
    driver.run()
    assert driver.afosto(odd)["status"] == "OPEN"


@pytest.mark.parametrize("known", [True, False], ids=["imported before", "odd from the beginning"])
def test_what_was_done_in_an_order_while_it_was_odd_is_carried_over_though_no_list_shows_it(
    driver: Driver, known: bool
) -> None:
    """The list shows a document only when it was changed; mended, it need not show there again."""
    order = driver.imported(lines=driver.lines(3))[0] if known else driver.place(lines=driver.lines(3))
    line = order["lines"][0]["id"]
    shop = driver.world.epages
    shop.set_faults(
        driver.store, faults=[_odd_text("text-is-list", path="/orders", at=r"\.orderNumber$|^orderNumber$")]
    )
    shop.act(driver.store, order["id"], "ship", lines={line: 1}, tracking="S1")
    shop.act(driver.store, order["id"], "cancel", lines={line: 1})
    driver.poll()
    driver.run()
    assert driver.parked() == ["malformed-document"]
    _forget_row(driver)
    _all_good(driver)
    driver.poll()
    driver.hurry()
    assert (driver.parked(), driver.differences()) == ([], [])
    assert len(driver.afosto(order)["parcels"]) == 1


def test_a_row_that_had_no_id_for_a_while_leaves_nothing_behind(driver: Driver) -> None:
    driver.world.epages.set_faults(driver.store, faults=[_odd_text("text-is-list", path="/orders$", at=r"\.0\._id$")])
    order = driver.place()
    driver.poll()
    assert driver.parked() == ["malformed-document"]
    _all_good(driver)
    driver.poll()
    driver.run()
    assert driver.parked() == []
    assert driver.afosto(order)["status"] == "OPEN"


def test_pauses_between_looks_at_an_odd_order_grow(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger.orders.cursors, "READ_AGAIN", 60.0)
    _place_odd(driver, "productLineItems.0.quantity", "word")
    driver.poll()
    driver.poll()
    assert driver.parked() == ["malformed-document"]
    _age(driver, parked_for=61, failing_for=61)
    driver.poll()
    assert driver.parked() == []
    driver.run()
    assert driver.parked() == ["malformed-document"]
    _age(driver, parked_for=61, failing_for=300)
    driver.poll()
    assert driver.parked() == ["malformed-document"]


@pytest.mark.parametrize("vendor", ["shop", "afosto"])
@pytest.mark.parametrize(
    ("kind", "way"), [("odd-number", "nan"), ("odd-text", "text-is-list"), ("hostile-body", "error at 200")]
)
def test_an_effect_whose_answer_is_garbage_is_looked_for_and_not_repeated(
    driver: Driver, vendor: str, kind: str, way: str
) -> None:
    order, copy = driver.imported(lines=driver.lines(2))
    fault = {"kind": kind, "only": [way], "writes": True, "count": 2, **({} if kind == "hostile-body" else {"at": "."})}
    if vendor == "shop":
        driver.world.afosto.ship(TENANT, copy["id"], units(copy)[:1], code="A1")
        driver.world.epages.set_faults(driver.store, faults=[fault])
    else:
        (line,) = order["lines"]
        driver.world.epages.act(driver.store, order["id"], "cancel", lines={line["id"]: 1})
        driver.world.afosto.set_faults(TENANT, fault)
    driver.both()
    driver.settle()
    assert driver.differences() == []
    assert driver.parked() == []


def test_a_refusal_of_endless_words_is_one_job_for_a_person_with_a_short_reason(driver: Driver) -> None:
    _, copy = driver.imported()
    driver.world.afosto.ship(TENANT, copy["id"], code="A1")
    driver.world.epages.set_faults(
        driver.store, faults=[{"kind": "hostile-body", "only": list(REFUSALS), "writes": True}]
    )
    driver.both()
    (reason,) = driver.parked()
    assert len(reason or "") < 200
    assert driver.writes() == []


@pytest.mark.parametrize("vendor", ["shop", "afosto"])
@pytest.mark.parametrize(("kind", "ways"), [("odd-header", HEADERS), ("hostile-body", BODIES.keys() - REFUSALS.keys())])
def test_after_hostile_answers_to_everything_all_goes_on_as_before(
    driver: Driver, vendor: str, kind: str, ways: Collection[str]
) -> None:
    orders = []
    for way in sorted(ways):
        orders.append(driver.place())
        _set_faults(driver, vendor, {"kind": kind, "only": [way]})
        for work in (driver.poll, driver.run):
            driver.survive(work)
        _set_faults(driver, vendor)
        driver.world.redis.flushdb()
        driver.poll()
        driver.hurry()
    driver.settle()
    driver.both()
    driver.settle()
    assert driver.parked() == []
    assert [driver.afosto(order)["status"] for order in orders] == ["OPEN"] * len(orders)
    assert driver.differences() == []


def _place_odd(driver: Driver, at: str, oddity: str) -> Document:
    return driver.world.epages.place_odd(driver.store, at, oddity, **PLAIN)


def _odd(way: str, **where: Any) -> Document:
    return {"kind": "odd-number", "only": [way], **where}


def _odd_text(way: str, **where: Any) -> Document:
    return {"kind": "odd-text", "only": [way], **where}


def _set_faults(driver: Driver, vendor: str, *faults: Document) -> None:
    if vendor == "shop":
        driver.world.epages.set_faults(driver.store, faults=list(faults))
    else:
        driver.world.afosto.set_faults(TENANT, *faults)


def _all_good(driver: Driver) -> None:
    driver.world.epages.set_faults(driver.store, faults=[])


def _forget_row(driver: Driver) -> None:
    """Let the list be read from now on, past what has changed so far."""
    driver.runtime.ledger.database.transaction(
        lambda s: s.execute(
            "update cursors set position = now() + interval '1 hour' where store = %s and kind = 'live'",
            (driver.store,),
        )
    )


def _age(driver: Driver, *, parked_for: float, failing_for: float) -> None:
    driver.runtime.ledger.database.transaction(
        lambda s: s.execute(
            "update jobs set settled_at = now() - %s * interval '1 s', failing_since = now() - %s * interval '1 s' "
            "where store = %s",
            (parked_for, failing_for, driver.store),
        )
    )
