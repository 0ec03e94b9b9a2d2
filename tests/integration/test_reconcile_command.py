"""Both sides of a store compared wholly: what was deleted, edited, doubled or lost on either is found, and repaired."""

import json
from collections.abc import Iterator
from typing import Any, LiteralString

import pytest

from tasks.runtime import Runtime
from tests.commands import Commands
from tests.driver import Driver, quiet_runtime
from tests.stock_world import HERE, StockWorld
from tests.world import TENANT, World
from workers.local.services import Services

Document = dict[str, Any]


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), AMBIGUITY_WAIT="1", CALL_DEADLINE="0.5") as started:
        yield started


@pytest.fixture(scope="module")
def runtime(world: World) -> Iterator[Runtime]:
    yield from quiet_runtime(world)


@pytest.fixture
def driver(world: World, runtime: Runtime) -> Driver:
    return Driver(world, runtime)


@pytest.fixture
def connector(driver: Driver) -> Commands:
    return Commands(driver)


@pytest.fixture
def with_list(world: World) -> Iterator[None]:
    """Afosto lists its orders."""
    world.afosto.set_switches(TENANT, orders_list=True)
    yield
    world.afosto.set_switches(TENANT, orders_list=False)


def test_nothing_is_found_where_both_sides_did_all_there_is_to_do(driver: Driver, connector: Commands) -> None:
    _busy(driver)
    assert found(connector) == []
    assert "0 differences, 0 more on their way" in connector("reconcile", driver.store).stdout


def test_nothing_is_found_after_answers_were_lost(driver: Driver, connector: Commands) -> None:
    lost = [{"kind": "reset", "probability": 0.07}, {"kind": "503", "probability": 0.07, "after_effect": True}]
    driver.world.afosto.set_faults(TENANT, *lost, seed=3)
    driver.world.epages.set_faults(driver.store, faults=[{**fault, "writes": True} for fault in lost], seed=4)
    _busy(driver)
    driver.world.afosto.set_faults(TENANT)
    driver.world.epages.set_faults(driver.store, faults=[])
    driver.settle()
    assert driver.differences() == []
    assert found(connector) == []


def test_an_order_for_which_no_job_was_ever_made_is_imported_by_a_repair(driver: Driver, connector: Commands) -> None:
    order = _placed(driver)
    driver.world.epages.act(driver.store, order["id"], "ship")
    _forget(driver, "jobs", "orders")
    _read_long_ago(driver)
    (row,) = found(connector)
    assert (row["order"], row["kind"], row["afosto"], row["state"]) == (
        order["number"],
        "missing",
        "none",
        "repairable",
    )
    assert row["cause"] == "no job was ever made for it"
    _repaired(driver, connector)
    assert driver.afosto(order)["parcels"]


def test_an_order_that_no_poll_has_read_is_on_its_way(driver: Driver, connector: Commands) -> None:
    driver.place()
    (row,) = found(connector, code=0)
    assert (row["state"], row["cause"]) == ("on its way", "the shop's news is read at the next poll")


def test_an_order_whose_import_is_parked_shows_what_a_person_must_do(driver: Driver, connector: Commands) -> None:
    _placed(driver)
    driver.poll()
    _execute(
        driver,
        "update jobs set state = 'parked', reason = 'totals-differ', resolution = 'compare prices' where store = %s",
    )
    (row,) = found(connector)
    assert "is parked: totals-differ" in row["cause"]
    assert (row["state"], row["advice"]) == ("for a person", "compare prices")
    assert "What to do: compare prices." in connector("reconcile", driver.store).stdout


def test_an_order_whose_import_was_dropped_is_left_to_the_person_who_did(driver: Driver, connector: Commands) -> None:
    _placed(driver)
    driver.poll()
    (job,) = driver.jobs()
    connector("jobs", "drop", str(job["id"]), "--yes")
    (row,) = found(connector, "--repair")
    assert row["cause"] == f"orders.import (job {job['id']}) was dropped by a person"
    assert {each["state"] for each in driver.jobs()} == {"done"}


def test_an_order_that_waits_for_its_money_is_no_difference_until_its_draft_is_gone(
    driver: Driver, connector: Commands
) -> None:
    order = driver.place(paid=False, payment="PayPal")
    driver.poll()
    driver.run()
    assert found(connector) == []
    assert "1 order wait as drafts" in connector("reconcile", driver.store).stdout
    (draft,) = _copies(driver, order)
    driver.world.afosto.tamper(TENANT, draft["id"], "delete")
    (row,) = found(connector)
    assert (row["kind"], row["afosto"], row["state"]) == ("missing", "draft is gone", "repairable")
    _repaired(driver, connector)
    assert [copy["status"] for copy in _copies(driver, order)] == ["CONCEPT"]


@pytest.mark.usefixtures("with_list")
def test_an_afosto_order_that_was_deleted_is_found_and_never_made_twice(driver: Driver, connector: Commands) -> None:
    order, copy = driver.imported()
    driver.world.afosto.tamper(TENANT, copy["id"], "delete")
    (row,) = found(connector, "--repair")
    assert (row["order"], row["kind"], row["afosto"], row["state"]) == (
        order["number"],
        "deleted",
        "gone",
        "for a person",
    )
    driver.run()
    assert _copies(driver, order) == []
    driver.world.epages.act(driver.store, order["id"], "cancel")
    assert found(connector) == []


def test_a_shop_order_that_was_deleted_is_found_until_it_is_canceled_in_afosto(
    driver: Driver, connector: Commands
) -> None:
    order, copy = driver.imported()
    driver.world.epages.act(driver.store, order["id"], "delete")
    (row,) = found(connector)
    assert (row["order"], row["kind"], row["shop"], row["state"]) == (
        order["number"],
        "deleted",
        "gone",
        "for a person",
    )
    driver.world.afosto.cancel(TENANT, copy["id"])
    assert found(connector) == []


@pytest.mark.usefixtures("with_list")
def test_a_double_in_afosto_is_found_where_afosto_lists_its_orders(driver: Driver, connector: Commands) -> None:
    order, copy = driver.imported()
    double = driver.world.afosto.tamper(TENANT, copy["id"], "copy")
    (row,) = found(connector)
    assert (row["order"], row["kind"], row["state"]) == (order["number"], "doubled", "for a person")
    assert row["advice"] == f"cancel {double['number']} in Afosto"
    driver.world.afosto.cancel(TENANT, double["id"])
    assert found(connector) == []


@pytest.mark.usefixtures("with_list")
def test_an_order_whose_link_is_lost_is_not_imported_beside_the_one_that_is_there(
    driver: Driver, connector: Commands
) -> None:
    order, _ = driver.imported()
    for table in ("links", "watched"):
        _forget(driver, table)
    rows = found(connector, "--repair")
    assert [(row["kind"], row["state"]) for row in rows] == [("missing", "for a person"), ("orphan", "for a person")]
    driver.run()
    assert len(_copies(driver, order)) == 1


def test_without_a_list_it_is_said_that_doubles_cannot_be_seen(driver: Driver, connector: Commands) -> None:
    _, copy = driver.imported()
    driver.world.afosto.tamper(TENANT, copy["id"], "copy")
    assert found(connector) == []
    assert "Afosto lists no orders" in connector("reconcile", driver.store).stdout


@pytest.mark.parametrize("lists", [True, False], ids=["with a list", "without"])
def test_pieces_that_were_added_to_or_taken_off_an_afosto_order_are_found(
    driver: Driver, connector: Commands, lists: bool
) -> None:
    driver.world.afosto.set_switches(TENANT, orders_list=lists)
    order, copy = driver.imported(lines=_lines(driver, 2))
    driver.world.afosto.tamper(TENANT, copy["id"], "remove", units=[copy["units"][0]["id"]])
    driver.world.afosto.tamper(TENANT, copy["id"], "add", sku="GIFT", quantity=1)
    rows = found(connector)
    driver.world.afosto.set_switches(TENANT, orders_list=False)
    sku = order["lines"][0]["sku"]
    assert [(row["kind"], row["shop"], row["afosto"]) for row in rows] == [
        ("units", f"2 × {sku}", f"1 × {sku}"),
        ("units", "none", "1 × GIFT"),
    ]
    assert {row["state"] for row in rows} == {"for a person"}


@pytest.mark.parametrize("bought", [1, 5])
def test_a_line_that_was_edited_in_the_shop_is_found(driver: Driver, connector: Commands, bought: int) -> None:
    order, _ = driver.imported(lines=_lines(driver, 3))
    (line,) = order["lines"]
    driver.world.epages.act(driver.store, order["id"], "edit", lines={line["id"]: bought})
    (row,) = found(connector)
    assert (row["kind"], row["shop"], row["afosto"]) == ("units", f"{bought} × {line['sku']}", f"3 × {line['sku']}")
    driver.poll()
    driver.run()
    (row,) = found(connector)
    assert "is parked: changed-after-import" in row["cause"]


def test_an_address_that_was_changed_in_the_shop_is_found_until_somebody_has_seen_to_it(
    driver: Driver, connector: Commands
) -> None:
    order, _ = driver.imported()
    driver.world.epages.act(driver.store, order["id"], "readdress")
    (row,) = found(connector)
    assert (row["kind"], row["state"]) == ("address", "for a person")
    driver.poll()
    driver.run()
    parked = next(job for job in driver.jobs() if job["state"] == "parked")
    connector("jobs", "drop", str(parked["id"]), "--yes")
    assert found(connector) == []


def test_a_price_that_was_changed_in_afosto_is_found(driver: Driver, connector: Commands) -> None:
    _, copy = driver.imported()
    driver.world.afosto.tamper(TENANT, copy["id"], "reprice", amount=1000)
    (row,) = found(connector)
    assert (row["kind"], row["state"]) == ("total", "for a person")


@pytest.mark.parametrize(
    ("flow", "acts"),
    [
        ("cancellations", ["cancel"]),
        ("shipments", ["ship"]),
        ("shipments", ["ship", "deliver"]),
        ("returns", ["ship", "return"]),
    ],
    ids=["canceled", "shipped", "delivered", "returned"],
)
def test_what_the_shop_did_and_nobody_carried_over_is_found_and_repaired(
    driver: Driver, connector: Commands, flow: str, acts: list[str]
) -> None:
    order, _ = driver.imported(lines=_lines(driver, 3))
    for act in acts[:-1]:
        driver.world.epages.act(driver.store, order["id"], act)
        driver.both()
    driver.world.epages.act(driver.store, order["id"], acts[-1])
    assert {row["state"] for row in found(connector, code=0)} == {"on its way"}
    driver.poll()
    assert {row["cause"].partition(" (job")[0] for row in found(connector, code=0)} == {f"{flow}.import"}
    _forget(driver, "jobs", flow)
    (row,) = found(connector)
    assert (row["kind"], row["shop"], row["afosto"]) == (_KINDS[acts[-1]], "3", "0")
    assert row["repair"] == [f"{flow}.import"]
    _repaired(driver, connector)
    assert driver.differences() == []


@pytest.mark.parametrize(
    ("flow", "acts"),
    [
        ("cancellations", ["cancel"]),
        ("shipments", ["ship"]),
        ("shipments", ["ship", "deliver"]),
        ("returns", ["ship", "return_"]),
    ],
    ids=["canceled", "shipped", "delivered", "returned"],
)
def test_what_afosto_did_and_nobody_carried_over_is_found_and_repaired(
    driver: Driver, connector: Commands, flow: str, acts: list[str]
) -> None:
    order, copy = driver.imported(lines=_lines(driver, 3))
    for act in acts[:-1]:
        _in_afosto(driver, copy, act)
        driver.both()
    _in_afosto(driver, copy, acts[-1])
    assert {row["state"] for row in found(connector, code=0)} == {"on its way"}
    _execute(driver, "update watched set looked_at = now() where store = %s")
    (row,) = found(connector)
    assert (row["kind"], row["shop"], row["afosto"]) == (_KINDS[acts[-1]], "0", "3")
    assert row["repair"] == [f"{flow}.export"]
    _repaired(driver, connector)
    assert driver.differences() == []
    assert driver.parked() == []
    assert order["id"]


def test_a_flow_that_is_switched_off_is_named_as_the_cause(driver: Driver, connector: Commands) -> None:
    order, _ = driver.imported()
    connector("store", "switch", driver.store, "cancellations.import", "off")
    driver.world.epages.act(driver.store, order["id"], "cancel")
    driver.poll()
    for row in found(connector):
        assert row["cause"] == "cancellations.import does not run: it is switched off"
        assert f"connector store switch {driver.store} cancellations.import on" in row["advice"]


def test_a_parcel_that_was_removed_in_afosto_is_found(driver: Driver, connector: Commands) -> None:
    order, _ = driver.imported(lines=_lines(driver, 1))
    driver.world.epages.act(driver.store, order["id"], "ship")
    driver.both()
    copy = driver.afosto(order)
    parcel = copy["parcels"][0]["id"]
    driver.world.afosto.tamper(TENANT, copy["id"], "unpack", parcel=parcel)
    (row,) = found(connector)
    assert (row["kind"], row["state"]) == ("shipped", "for a person")
    assert row["cause"] == f"Afosto no longer has the parcel {parcel} that was made for it"


def test_a_paused_store_is_not_compared(driver: Driver, connector: Commands) -> None:
    connector("store", "pause", driver.store)
    result = connector("reconcile", driver.store)
    assert result.exit_code == 1
    assert f"connector store resume {driver.store}" in result.stderr


def test_a_store_whose_orders_may_not_be_read_is_told_which_box_is_missing(driver: Driver, connector: Commands) -> None:
    _execute(driver, "update stores set scopes = '{prod:r}' where name = %s")
    result = connector("reconcile", driver.store)
    assert result.exit_code == 1
    assert "has not granted ordr:r (Bestellungen lesen)" in result.stderr


def test_a_budget_that_is_used_up_is_waited_for(driver: Driver, connector: Commands) -> None:
    for _ in range(3):
        driver.imported()
    budget = {"CONNECTOR_AFOSTO_CALLS_PER_WINDOW": "4", "CONNECTOR_AFOSTO_WINDOW": "1"}
    result = connector("reconcile", driver.store, **budget)
    assert result.exit_code == 0, result.output
    assert "3 orders" in result.stdout


def test_stock_that_was_edited_in_the_shop_is_found_and_published_anew(world: World, runtime: Runtime) -> None:
    stock = StockWorld.open(world, runtime)
    connector = Commands(stock)
    stock.settle()
    assert found(connector) == []
    world.epages.adjust_stock(stock.store, stock.sku(), 7)
    (row,) = found(connector, "--repair")
    assert (row["kind"], row["sku"], row["shop"], row["afosto"]) == ("stock", stock.sku(), "17", "10 (10 − 0)")
    assert (row["state"], row["repair"]) == ("repairable", ["inventory.publish"])
    stock.publish()
    assert found(connector) == []
    assert stock.figures()[stock.sku()] == 10


def test_a_sale_and_a_recount_that_nobody_has_read_yet_are_on_their_way(world: World, runtime: Runtime) -> None:
    stock = StockWorld.open(world, runtime)
    connector = Commands(stock)
    stock.settle()
    world.afosto.recount(TENANT, HERE, stock.sku(0), 4)
    stock.sell(stock.sku(1), 2)
    rows = found(connector, code=0)
    assert {(row["kind"], row["sku"]) for row in rows if row["kind"] == "stock"} == {
        ("stock", stock.sku(0)),
        ("stock", stock.sku(1)),
    }
    stock.settle()
    assert found(connector) == []


def test_stock_that_is_not_published_is_not_compared(driver: Driver, connector: Commands) -> None:
    driver.imported()
    assert "stock is not compared: inventory.publish: it is switched off" in connector("reconcile", driver.store).stdout


_KINDS = {
    "cancel": "canceled",
    "ship": "shipped",
    "deliver": "delivered",
    "return": "returned",
    "return_": "returned",
}


def found(connector: Commands, *options: str, code: int | None = None) -> list[Document]:
    """Reconcile and return the differences; the exit code is 1 exactly when one of them is not on its way."""
    result = connector("reconcile", connector.store, "--json", *options)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    rows: list[Document] = json.loads(result.stdout)["differences"]
    expected = int(any(row["state"] != "on its way" for row in rows))
    assert result.exit_code == (expected if code is None else code), rows
    return rows


def _repaired(driver: Driver, connector: Commands) -> None:
    """Repair, let the jobs run, and find nothing any more."""
    found(connector, "--repair")
    driver.hurry()
    driver.settle()
    assert found(connector) == []


def _placed(driver: Driver) -> Document:
    """Place an order in a shop that has been polled before."""
    driver.poll()
    return driver.place()


def _busy(driver: Driver) -> None:
    """Orders with all that can happen to them, on either side, carried over."""
    act, afosto = driver.world.epages.act, driver.world.afosto
    orders = [driver.place(lines=_lines(driver, 3)) for _ in range(7)]
    pickup = driver.place(pickup=True)
    driver.place(test=True)
    act(driver.store, orders[0]["id"], "cancel")
    act(driver.store, orders[1]["id"], "cancel", lines={orders[1]["lines"][0]["id"]: 1})
    driver.poll()
    driver.settle()
    act(driver.store, orders[2]["id"], "ship", lines={orders[2]["lines"][0]["id"]: 2})
    act(driver.store, orders[2]["id"], "deliver")
    act(driver.store, orders[2]["id"], "return", lines={orders[2]["lines"][0]["id"]: 1}, status="BROKEN")
    act(driver.store, orders[3]["id"], "cancel", lines={orders[3]["lines"][0]["id"]: 1})
    copies = [driver.afosto(order) for order in orders[4:]]
    units = [[unit["id"] for unit in copy["units"]] for copy in copies]
    afosto.cancel(TENANT, copies[0]["id"], units[0][:1])
    afosto.ship(TENANT, copies[0]["id"])
    afosto.ship(TENANT, copies[1]["id"], units[1][:2])
    afosto.return_(TENANT, copies[1]["id"], units[1][:1], "rejected")
    afosto.cancel(TENANT, copies[2]["id"])
    there = driver.afosto(pickup)
    if len(there["units"]) > 1:
        afosto.ready(TENANT, there["id"], [there["units"][0]["id"]])
    for _ in range(3):
        driver.both()
        driver.settle()
    assert driver.parked() == []


def _in_afosto(driver: Driver, copy: Document, act: str) -> None:
    units = [unit["id"] for unit in copy["units"]]
    details = (units, "restocked") if act == "return_" else ()
    getattr(driver.world.afosto, act)(TENANT, copy["id"], *details)


def _lines(driver: Driver, quantity: int) -> list[Document]:
    return [{"sku": driver.world.epages.stock(driver.store)[0]["sku"], "quantity": quantity}]


def _copies(driver: Driver, order: Document) -> list[Document]:
    name = f"{driver.store}/{order['id']}"
    return [copy for copy in driver.world.afosto.orders(TENANT) if copy["reference"] == name]


def _forget(driver: Driver, table: str, flow: str | None = None) -> None:
    """The ledger loses rows, as a backup that was put back would."""
    statements: dict[str, LiteralString] = {
        "jobs": "delete from jobs where store = %s and flow = %s",
        "links": "delete from links where store = %s",
        "watched": "delete from watched where store = %s",
    }
    values = (driver.store, flow) if flow else (driver.store,)
    driver.runtime.ledger.database.transaction(lambda s: s.execute(statements[table], values))


def _read_long_ago(driver: Driver) -> None:
    """The poll has passed all that happened so far, and nothing was kept of it."""
    _execute(
        driver,
        "update cursors set position = now() + interval '1 h', next_poll_at = null where store = %s",
    )


def _execute(driver: Driver, statement: LiteralString) -> None:
    driver.runtime.ledger.database.transaction(lambda s: s.execute(statement, (driver.store,)))
