"""What was deleted, edited, doubled or lost on either side is found, and repaired where that is safe."""

from collections.abc import Iterator

import pytest

from local.servers.services import Services
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver
from tests.support.connector.world import LOSES_ANSWERS, TENANT, World
from tests.support.ledger.reconcile_cases import KINDS, act_in_afosto, copies, execute, forget, found, lines, repaired


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **LOSES_ANSWERS) as started:
        yield started


@pytest.fixture
def with_list(world: World) -> Iterator[None]:
    """Afosto lists its orders."""
    world.afosto.set_switches(TENANT, orders_list=True)
    yield
    world.afosto.set_switches(TENANT, orders_list=False)


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
    assert copies(driver, order) == []
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
        forget(driver, table)
    rows = found(connector, "--repair")
    assert [(row["kind"], row["state"]) for row in rows] == [("missing", "for a person"), ("orphan", "for a person")]
    driver.run()
    assert len(copies(driver, order)) == 1


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
    order, copy = driver.imported(lines=lines(driver, 2))
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
    order, _ = driver.imported(lines=lines(driver, 3))
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
    order, _ = driver.imported(lines=lines(driver, 3))
    for act in acts[:-1]:
        driver.world.epages.act(driver.store, order["id"], act)
        driver.both()
    driver.world.epages.act(driver.store, order["id"], acts[-1])
    assert {row["state"] for row in found(connector, code=0)} == {"on its way"}
    driver.poll()
    assert {row["cause"].partition(" (job")[0] for row in found(connector, code=0)} == {f"{flow}.import"}
    forget(driver, "jobs", flow)
    (row,) = found(connector)
    assert (row["kind"], row["shop"], row["afosto"]) == (KINDS[acts[-1]], "3", "0")
    assert row["repair"] == [f"{flow}.import"]
    repaired(driver, connector)
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
    order, copy = driver.imported(lines=lines(driver, 3))
    for act in acts[:-1]:
        act_in_afosto(driver, copy, act)
        driver.both()
    act_in_afosto(driver, copy, acts[-1])
    assert {row["state"] for row in found(connector, code=0)} == {"on its way"}
    execute(driver, "update watched set looked_at = now() where store = %s")
    (row,) = found(connector)
    assert (row["kind"], row["shop"], row["afosto"]) == (KINDS[acts[-1]], "0", "3")
    assert row["repair"] == [f"{flow}.export"]
    repaired(driver, connector)
    assert driver.differences() == []
    assert driver.parked() == []
    assert order["id"]


def test_a_parcel_that_was_removed_in_afosto_is_found(driver: Driver, connector: Commands) -> None:
    order, _ = driver.imported(lines=lines(driver, 1))
    driver.world.epages.act(driver.store, order["id"], "ship")
    driver.both()
    copy = driver.afosto(order)
    parcel = copy["parcels"][0]["id"]
    driver.world.afosto.tamper(TENANT, copy["id"], "unpack", parcel=parcel)
    (row,) = found(connector)
    assert (row["kind"], row["state"]) == ("shipped", "for a person")
    assert row["cause"] == f"Afosto no longer has the parcel {parcel} that was made for it"
