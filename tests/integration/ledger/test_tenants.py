"""Two merchants of Afosto whose ids happen to be equal, and whose shops' ids are: nothing of the one is the other's."""

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import files

import pytest

from jobs.runtime import Runtime
from local.servers.services import Services
from schemas.afosto import Webhook
from sync.connecting.connect_store import replace_credentials
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver, units
from tests.support.connector.gateway import Doors
from tests.support.connector.stock_world import StockWorld, close_all
from tests.support.connector.world import CLIENT_ID, CLIENT_SECRET, World
from tests.support.ledger.rows import store_values

COUNTED = {"counted_ids": True}
NAMES = ("twin-one", "twin-other")


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world")) as started:
        yield started


@pytest.fixture(autouse=True)
def keys(world: World) -> Iterator[dict[str, str]]:
    """The keys of two tenants by their names; both begin empty, and count their ids."""
    yield {name: world.tenant(name, **COUNTED) for name in NAMES}
    close_all(world)
    for name in NAMES:
        world.afosto.delete(name)


def stock_twins(world: World, runtime: Runtime, keys: dict[str, str]) -> list[StockWorld]:
    return [
        StockWorld.open(world, runtime, prefix="tw", tenant=name, key=key, switches=COUNTED)
        for name, key in keys.items()
    ]


def twins(world: World, runtime: Runtime, keys: dict[str, str]) -> list[Driver]:
    return [Driver(world, runtime, tenant=name, key=key, switches=COUNTED) for name, key in keys.items()]


def test_what_one_merchant_sells_does_not_lower_the_stock_of_the_other(
    world: World, runtime: Runtime, keys: dict[str, str]
) -> None:
    one, other = stock_twins(world, runtime, keys)
    assert one.figures().keys() == other.figures().keys()
    sku = one.sku()
    one.sell(sku, 3, paid=False, payment="Rechnung")
    for shop in (one, other):
        shop.poll()
    for shop in (one, other):
        shop.settle()
    assert (one.figures()[sku], other.figures()[sku]) == (7, 10)
    assert one.violations() == other.violations() == []


def test_a_shop_that_is_still_being_read_does_not_hold_up_another_merchants_stock(
    world: World, runtime: Runtime, keys: dict[str, str]
) -> None:
    one, _ = stock_twins(world, runtime, keys)
    one.poll()
    one.settle()
    assert set(one.figures().values()) == {10}


def test_what_one_merchant_sells_wakes_no_stock_job_of_the_other(
    world: World, runtime: Runtime, keys: dict[str, str]
) -> None:
    one, other = stock_twins(world, runtime, keys)
    for shop in (one, other):
        shop.poll()
    for shop in (one, other):
        shop.settle()
    one.sell(one.sku(), 1)
    one.poll()
    assert (one.rows()[one.sku()]["open"], other.rows()[one.sku()]["open"]) == (True, False)


def test_orders_parcels_cancellations_and_returns_of_equal_ids_stay_apart(
    world: World, runtime: Runtime, keys: dict[str, str]
) -> None:
    drivers = twins(world, runtime, keys)
    one, other = drivers
    for driver in drivers:
        trade(driver)
    assert [order["id"] for order in world.epages.orders(one.store)] == [
        order["id"] for order in world.epages.orders(other.store)
    ]
    ours, theirs = (world.afosto.orders(driver.tenant) for driver in drivers)
    assert [_ids(order) for order in ours] == [_ids(order) for order in theirs]
    assert one.writes() == other.writes() != []
    for driver in drivers:
        driver.walk()
        driver.both()
        assert driver.parked() == []
        assert driver.differences() == []


def test_an_act_at_one_merchant_has_its_effect_in_that_shop_alone(
    world: World, runtime: Runtime, keys: dict[str, str]
) -> None:
    one, other = twins(world, runtime, keys)
    (_, copy), (_, twin) = (driver.imported(lines=driver.lines(2)) for driver in (one, other))
    assert _ids(copy) == _ids(twin)
    world.afosto.ship(one.tenant, copy["id"], units(copy)[:1], code="T1")
    world.afosto.cancel(one.tenant, copy["id"], units(copy)[1:])
    for driver in (one, other):
        driver.walk()
        driver.run()
    assert {"cancel", "ship"} <= set(one.writes())
    assert other.writes() == []


def test_a_message_tells_of_the_order_of_the_merchant_whose_endpoint_it_came_to(
    world: World, runtime: Runtime, keys: dict[str, str]
) -> None:
    one, other = twins(world, runtime, keys)
    (order, copy), _ = (driver.imported(lines=driver.lines(1)) for driver in (one, other))
    for driver in (one, other):
        endpoint = world.ledger.webhooks.find(world.ledger.webhooks.add(driver.store, "secret-of-webhooks"))
        assert endpoint
        message = Webhook("ORDER_UPDATED", "order", copy["id"], "the same message", datetime.now(UTC))
        taken = world.ledger.webhooks.take(endpoint, message)
        assert (taken.new, taken.store, taken.order) == (True, driver.store, order["id"])


def test_a_message_about_a_parcel_is_not_about_the_order_that_has_the_same_id(
    world: World, runtime: Runtime, keys: dict[str, str]
) -> None:
    driver = twins(world, runtime, keys)[0]
    driver.imported(lines=driver.lines(1))
    order, copy = driver.imported(lines=driver.lines(1))
    world.afosto.ship(driver.tenant, copy["id"], code="T1")
    driver.look(order)
    driver.run()
    (parcel,) = driver.afosto(order)["parcels"]
    endpoint = world.ledger.webhooks.find(world.ledger.webhooks.add(driver.store, "secret-of-webhooks"))
    assert endpoint
    message = Webhook("IN_TRANSIT", "delivery", parcel["id"], "message", datetime.now(UTC))
    assert world.ledger.webhooks.take(endpoint, message).order == order["id"]


def test_stores_of_one_merchant_stay_together_while_their_key_is_replaced(
    world: World, runtime: Runtime, keys: dict[str, str]
) -> None:
    one, sibling = (_sells_at(world, runtime, NAMES[0], keys[NAMES[0]]) for _ in range(2))
    world.afosto.add_key(NAMES[0], "a newer key")
    _replace_key(world, one.store, "a newer key")
    assert world.ledger.tenants.members(one.store) == sorted([one.store, sibling.store])
    later = _sells_at(world, runtime, NAMES[0], "a newer key")
    assert world.ledger.tenants.members(one.store) == sorted([one.store, sibling.store, later.store])
    for shop in (one, sibling, later):
        shop.poll()
    sku = one.sku()
    sibling.sell(sku, 3, paid=False, payment="Rechnung")
    sibling.poll()
    one.settle()
    assert one.figures()[sku] == 7


def test_who_parts_a_store_from_others_of_its_key_is_told_that_they_stay_together(
    world: World, runtime: Runtime, keys: dict[str, str]
) -> None:
    one, sibling = (_sells_at(world, runtime, NAMES[0], keys[NAMES[0]]) for _ in range(2))
    told = Commands(one)("store", "tenant", one.store, "--alone")
    assert "those that share a key of Afosto stay together" in told.stdout
    assert world.ledger.tenants.members(one.store) == sorted([one.store, sibling.store])


def test_two_keys_of_one_merchant_are_together_when_a_person_says_so(
    world: World, runtime: Runtime, keys: dict[str, str]
) -> None:
    world.afosto.add_key(NAMES[0], "a second key")
    one, other = (_sells_at(world, runtime, NAMES[0], key) for key in (keys[NAMES[0]], "a second key"))
    for shop in (one, other):
        shop.poll()
        shop.settle()
    sku = one.sku()
    other.sell(sku, 3, paid=False, payment="Rechnung")
    other.poll()
    one.settle()
    assert one.figures()[sku] == 10
    told = Commands(one)("store", "tenant", one.store, "--same-as", other.store)
    assert f"{one.store}: all its stock is published once more" in told.stdout
    one.settle()
    assert one.figures()[sku] == 7
    told = Commands(one)("store", "tenant", one.store, "--alone")
    assert "stay together" not in told.stdout
    one.settle()
    assert one.figures()[sku] == 10


def test_who_connects_a_second_key_that_sees_a_known_channel_is_asked_whose_it_is(
    world: World, runtime: Runtime, keys: dict[str, str]
) -> None:
    one = twins(world, runtime, keys)[0]
    world.epages.open_shop("tw-asked", client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    key = world.tenant("twin-asked", **COUNTED)
    told = Commands(one)(
        *("store", "add", "tw-asked", "--client-id", CLIENT_ID, "--channel", "channel-1", "--since", "2026-01-01"),
        CONNECTOR_CLIENT_SECRET=CLIENT_SECRET,
        CONNECTOR_AFOSTO_KEY=key,
    )
    world.afosto.delete("twin-asked")
    assert f"connector store tenant tw-asked --same-as {one.store}" in told.stdout, told.output


def test_stores_that_counted_together_before_the_update_stay_together(doors: Doors) -> None:
    """Two keys of one merchant were joined by their locations; apart, they would sell the same pieces twice."""
    places = {"one": "hamburg", "two": "hamburg", "three": "utrecht"}
    for name, place in places.items():
        values = {**store_values(name, f"afosto:{name}"), "channel_id": f"channel-{name}"}
        doors.ledger.stores.add(values, {}, 60.0)
        doors.ledger.stores.map_location(name, "here", place)
    update = files("ledger").joinpath("migrations/0020_apart.sql").read_bytes()
    before = b"drop view queue_backlog; alter table cursors drop column running_until;"
    doors.ledger.database.transaction(lambda session: session.execute(before + update))
    assert [doors.ledger.tenants.members(name) for name in places] == [["one", "two"], ["one", "two"], ["three"]]


def _sells_at(world: World, runtime: Runtime, tenant: str, key: str) -> StockWorld:
    return StockWorld.open(world, runtime, prefix="tw", tenant=tenant, key=key)


def _replace_key(world: World, store: str, key: str) -> None:
    replace_credentials(
        world.ledger, world.settings, store, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, afosto_key=key
    )


def trade(driver: Driver) -> None:
    """Let orders be shipped, canceled and returned, on either side."""
    world, tenant = driver.world, driver.tenant
    order, copy = driver.imported(lines=driver.lines(3))
    line = order["lines"][0]["id"]
    world.epages.act(driver.store, order["id"], "ship", lines={line: 2}, tracking="S1")
    world.epages.act(driver.store, order["id"], "cancel", lines={line: 1})
    driver.both()
    world.epages.act(driver.store, order["id"], "return", lines={line: 1}, status="RETURNED")
    order, copy = driver.imported(lines=driver.lines(3))
    world.afosto.ship(tenant, copy["id"], units(copy)[:2], code="A1")
    world.afosto.cancel(tenant, copy["id"], units(copy)[2:])
    driver.both()
    world.afosto.deliver(tenant, copy["id"])
    world.afosto.return_(tenant, copy["id"], units(copy)[:1], "restocked")
    driver.both()


def _ids(order: dict[str, object]) -> tuple[object, ...]:
    parcels, of_order = order["parcels"], order["units"]
    assert isinstance(parcels, list)
    assert isinstance(of_order, list)
    return order["id"], [parcel["id"] for parcel in parcels], [unit["id"] for unit in of_order]
