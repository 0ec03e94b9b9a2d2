"""What nobody foresaw shows where a person looks: as the health of its store or as a parked order, and in the log."""

import logging
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jobs.runtime import Runtime
from local.servers.services import Services
from schemas.epages import Order
from schemas.messages import StoreMessage
from sync.discovery.scan_afosto import scan
from sync.stock.watch_inventory import watch
from tasks.reconcile import sweep
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver
from tests.support.connector.stock_world import StockWorld, close_all
from tests.support.connector.world import World
from tests.support.ledger.reconcile_cases import found

SECRET = "hunter2"


class Mistake(Exception):
    """A mistake of ours that nobody thought of."""


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world")) as started:
        yield started


@pytest.fixture(autouse=True)
def heard(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The log, which holds the lines about trouble."""
    caplog.set_level(logging.WARNING, "ledger")
    return caplog


def warnings(heard: pytest.LogCaptureFixture) -> list[tuple[str, dict[str, Any]]]:
    return [(told.getMessage(), vars(told)) for told in heard.records if told.name == "ledger.jobs.warnings"]


def break_for(patch: pytest.MonkeyPatch, target: str, is_meant: Callable[..., bool]) -> None:
    """Let a function of ours fail where `is_meant` says so of its arguments."""
    sound = pkgutil.resolve_name(target)

    def broken(*arguments: Any, **named: Any) -> Any:
        if is_meant(*arguments):
            raise Mistake(f"'color', password={SECRET}")
        return sound(*arguments, **named)

    patch.setattr(target, broken)


def test_an_order_that_a_mapping_fails_at_is_parked_by_name_and_the_others_are_imported(
    driver: Driver, connector: Commands, heard: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd, order = driver.place(), driver.place()
    with monkeypatch.context() as patch:
        break_for(patch, "sync.discovery.job_requests.hashes_by_flow", lambda shop: shop.id == odd["id"])
        for _ in range(2):
            driver.poll()
        driver.run()
        assert driver.afosto(order)["status"] == "OPEN"
        assert driver.parked() == ["unexpected-error"]
        assert f"order {odd['number']} cannot be processed: Mistake: 'color'" in connector("jobs", "list").stdout
    ((event, told),) = warnings(heard)
    assert (event, told["store"], told["order"]) == ("a job is parked", driver.store, odd["id"])
    assert "connector jobs retry --reason unexpected-error" in told["resolution"]
    assert told["exc_info"][0] is Mistake
    # The version that mends it reads the order once more.
    driver.poll()
    driver.run()
    assert driver.parked() == []
    assert driver.afosto(odd)["status"] == "OPEN"


def test_an_order_that_its_own_loader_fails_at_is_parked_by_name_and_the_others_are_imported(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd, order = driver.place(), driver.place()
    with monkeypatch.context() as patch:
        break_for(patch, "schemas.epages.loaders.load_order", lambda document: document.get("_id") == odd["id"])
        driver.poll()
        driver.run()
    assert driver.afosto(order)["status"] == "OPEN"
    assert driver.parked() == ["unexpected-error"]


def test_where_we_fail_at_every_order_no_order_is_to_blame(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = [driver.place(), driver.place()]
    with monkeypatch.context() as patch:
        break_for(patch, "sync.discovery.job_requests.hashes_by_flow", lambda *_: True)
        with pytest.raises(Mistake):
            driver.poll()
    assert driver.parked() == []
    assert health(driver) == ["poll.store (live) failed: Mistake: 'color', password=***"]
    driver.poll()
    driver.run()
    assert [driver.afosto(order)["status"] for order in orders] == ["OPEN", "OPEN"]


def test_a_poll_that_fails_at_a_document_shows_as_its_store_s_health_until_one_succeeds(
    world: World,
    runtime: Runtime,
    driver: Driver,
    connector: Commands,
    heard: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = Driver(world, runtime)
    order = driver.place()
    with monkeypatch.context() as patch:
        break_for(patch, "sync.discovery.poll_shop._position", lambda _, cursor, *rest: cursor.store == driver.store)
        for _ in range(2):
            with pytest.raises(Mistake):
                driver.poll()
        other.imported()
        for told in (connector("status").stdout, connector("store", "show", driver.store).stdout):
            assert "poll.store (live) failed: Mistake: 'color', password=***" in told
            assert "unexpected-error" in told
        assert "this is a fault of the connector" in connector("status").stdout
        assert connector("status").exit_code == 1
    ((event, told_once),) = warnings(heard)
    assert (event, told_once["store"], told_once["reason"]) == (
        "a store is unhealthy",
        driver.store,
        "unexpected-error",
    )
    assert told_once["exc_info"][0] is Mistake
    driver.poll()
    driver.run()
    assert driver.afosto(order)["status"] == "OPEN"
    assert health(driver) == []


def health(driver: Driver) -> list[str]:
    return [ill["message"] for ill in driver.runtime.ledger.stores.overview(driver.store)["health"]]


RUNS: dict[str, tuple[str, Callable[[Driver], object]]] = {
    "orders.walk": (
        "sync.discovery.scan_afosto._scan",
        lambda driver: scan(driver.runtime, StoreMessage(driver.store)),
    ),
    "inventory.watch": (
        "sync.stock.watch_inventory.missing_scopes",
        lambda driver: watch(driver.runtime, driver.store),
    ),
    "poll.store (sweep)": ("sync.discovery.poll_shop._slice", Driver.sweep),
}


@pytest.mark.parametrize("run", RUNS)
def test_any_run_over_a_store_that_fails_shows_as_its_health_and_heals(
    run: str, driver: Driver, heard: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver.imported()
    target, do = RUNS[run]
    with monkeypatch.context() as patch:
        break_for(patch, target, lambda *_: True)
        for _ in range(2):
            with pytest.raises(Mistake):
                do(driver)
    assert health(driver) == [f"{run} failed: Mistake: 'color', password=***"]
    assert [event for event, _ in warnings(heard)] == ["a store is unhealthy"]
    do(driver)
    assert health(driver) == []


def test_a_run_that_succeeds_heals_no_other_run(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    driver.imported()
    with monkeypatch.context() as patch:
        break_for(patch, "sync.discovery.scan_afosto._scan", lambda *_: True)
        with pytest.raises(Mistake):
            driver.walk()
    driver.poll()
    assert health(driver) == ["orders.walk failed: Mistake: 'color', password=***"]


def test_a_sweep_that_cannot_begin_at_one_store_begins_at_the_others(
    world: World, runtime: Runtime, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Driver(world, runtime)
    for each in (driver, other):
        each.imported()
    begin = runtime.ledger.cursors.start_sweep

    def broken(store: str, *rest: Any) -> bool:
        if store == driver.store:
            raise Mistake
        return begin(store, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(runtime.ledger.cursors, "start_sweep", broken)
        sweep(runtime)
    assert health(driver) == ["reconcile.sweep failed: Mistake"]
    assert runtime.ledger.cursors.get(other.store, "sweep") is not None
    sweep(runtime)
    assert health(driver) == []


def test_a_store_whose_flows_are_switched_keeps_no_fault_of_a_run_that_is_made_no_more(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        break_for(patch, "sync.stock.watch_inventory.missing_scopes", lambda *_: True)
        with pytest.raises(Mistake):
            watch(driver.runtime, driver.store)
    driver.runtime.ledger.stores.switch_flow(driver.store, "inventory.publish", enabled=False)
    assert health(driver) == []


@pytest.fixture
def seller(world: World, runtime: Runtime) -> Iterator[StockWorld]:
    """A shop whose stock is published, of ten pieces per SKU."""
    close_all(world)
    yield StockWorld.open(world, runtime)
    close_all(world)


def test_a_publication_that_fails_shows_as_the_store_s_health_at_once_and_heals(
    seller: StockWorld, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller.poll()
    seller.watch()
    with monkeypatch.context() as patch:
        break_for(patch, "sync.stock.publish.require_scopes", lambda *_: True)
        with pytest.raises(Mistake):
            seller.publish()
    (ill,) = runtime.ledger.stores.overview(seller.store)["health"]
    assert ill["message"] == "inventory.publish failed: Mistake: 'color', password=***"
    seller.publish()
    assert runtime.ledger.stores.overview(seller.store)["health"] == []


def test_a_sku_that_publishing_fails_at_holds_up_no_other(seller: StockWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    seller.poll()
    seller.watch()
    odd, *others = sorted(seller.figures())
    with monkeypatch.context() as patch:
        break_for(patch, "sync.stock.shop_places.Search.find", lambda _, wanted: bool(wanted.sku == odd))
        seller.publish()
    assert [seller.rows()[sku]["outcome"] for sku in (odd, *others)] == [
        "unexpected-error",
        *["published"] * len(others),
    ]


def test_a_neighbor_whose_orders_a_mapping_fails_at_holds_up_no_stock(
    world: World, runtime: Runtime, seller: StockWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    neighbor = StockWorld.open(world, runtime, prefix=seller.store[:2])
    neighbor.poll()
    seller.settle()
    sold = neighbor.sell(neighbor.sku(), 1)
    seller.request()
    with monkeypatch.context() as patch:
        break_for(patch, "ledger.stock.sold_units.sold_lines", lambda order: order.id == sold["id"])
        seller.publish()
    shown = [seller.rows()[sku] for sku in seller.figures()]
    assert [(row["outcome"], row["open"]) for row in shown] == [("published", False)] * len(shown)


def test_reconcile_names_an_order_that_it_fails_at_and_compares_the_others(
    driver: Driver, connector: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd, _ = driver.imported()
    lost = driver.place()

    def broken(shop: Order, *rest: Any) -> Any:
        raise Mistake(f"at {shop.number}")

    with monkeypatch.context() as patch:
        patch.setattr("reconcile.compare_orders.differences", broken)
        rows = {row["order"]: row for row in found(connector)}
    assert rows[odd["number"]]["state"] == "for a person"
    assert f"the connector fails at it: Mistake: at {odd['number']} (test_" in rows[odd["number"]]["cause"]
    assert rows[lost["number"]]["kind"] == "missing"


def test_reconcile_says_that_it_fails_at_the_stock_and_compares_the_orders(
    seller: StockWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller.settle()
    with monkeypatch.context() as patch:
        break_for(patch, "reconcile.compare_stock.wanted_stock", lambda *_: True)
        (row,) = found(Commands(seller))
    assert (row["order"], row["state"]) == ("stock", "for a person")
    assert "the connector fails at it: Mistake: 'color', password=***" in row["cause"]
