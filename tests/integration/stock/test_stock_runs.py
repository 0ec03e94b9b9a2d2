"""When a store's stock job runs, how much of it is done in one run, and what the run says."""

import time

import pytest

from clients.limiter import Limiter
from jobs.runtime import Runtime
from schemas.errors import NeedsPerson
from schemas.messages import StockMessage
from simulators.epages.hosting.tokens import ALL_SCOPES
from tasks.inventory import publish
from tests.support.connector.stock_world import HERE, StockWorld
from tests.support.connector.world import TENANT, World

READ = r"/products/(?!search/)[^/]+(/variations/[^/]+)?$"

pytestmark = pytest.mark.usefixtures("nobody_else_sells")


def test_a_change_is_news_once(shop: StockWorld, world: World) -> None:
    shop.settle()
    world.afosto.recount(TENANT, HERE, shop.sku(), 4)
    assert [shop.watch(), shop.watch()] == ["changed: 1 SKU", "changed: 0 SKUs"]


def test_where_afosto_lists_no_changes_its_levels_are_compared(shop: StockWorld, world: World) -> None:
    shop.settle()
    world.afosto.set_switches(TENANT, inventory_changes_list=False)
    world.afosto.recount(TENANT, HERE, shop.sku(), 4)
    assert shop.watch() == "changed: 1 SKU"
    shop.publish()
    assert shop.figures()[shop.sku()] == 4
    assert shop.watch() == "changed: 0 SKUs"


def test_with_the_orders_flow_off_what_is_available_is_published_and_it_is_said(shop: StockWorld, world: World) -> None:
    world.ledger.stores.switch_flow(shop.store, "orders.import", enabled=False)
    shop.watch()
    assert "its orders are not imported" in shop.publish()


def test_without_a_chosen_location_the_job_is_done_and_says_what_to_do(world: World, runtime: Runtime) -> None:
    shop = StockWorld.open(world, runtime, scopes=[scope for scope in ALL_SCOPES if scope != "loca:r"])
    shop.watch()
    assert f"connector locations sell-from {shop.store} AFOSTO_ID" in shop.publish()
    assert [job["state"] for job in world.ledger.jobs.search(store=shop.store)] == ["done"]
    world.ledger.stores.map_location(shop.store, "anywhere", HERE)
    shop.settle()
    assert set(shop.figures().values()) == {10}


def test_a_paused_store_is_neither_watched_nor_published(shop: StockWorld, world: World) -> None:
    world.ledger.stores.pause(shop.store)
    assert "paused" in shop.watch()
    shop.request(shop.sku())
    assert "nothing to do" in shop.publish()


def test_a_task_message_of_another_system_makes_its_sku_wanted(shop: StockWorld, world: World) -> None:
    shop.settle()
    sku = shop.sku()
    world.afosto.recount(TENANT, HERE, sku, 3)
    time.sleep(1.0)
    assert publish(shop.runtime, StockMessage(shop.store, sku)) == "stock: 1 published"
    assert shop.figures()[sku] == 3


def test_a_task_message_for_a_store_that_is_not_connected_needs_a_person(runtime: Runtime) -> None:
    with pytest.raises(NeedsPerson, match="nowhere"):
        publish(runtime, StockMessage("nowhere", "A"))


def test_a_shop_that_allows_few_calls_is_published_bit_by_bit(
    shop: StockWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.poll()
    shop.watch()
    with monkeypatch.context() as few:
        few.setattr(Limiter, "allowance", lambda *_: 0)
        assert "stock: 1 published; more is due" in shop.publish()
    assert list(shop.figures().values()).count(10) == 1
    shop.settle()
    assert set(shop.figures().values()) == {10}


def test_a_sku_that_the_shop_fails_to_answer_for_holds_up_no_other_one(shop: StockWorld, world: World) -> None:
    shop.settle()
    for sku in shop.figures():
        world.afosto.recount(TENANT, HERE, sku, 4)
    shop.watch()
    world.epages.set_faults(shop.store, faults=[{"kind": "500", "path": READ, "count": 2}])
    assert "stock: 2 failed for now, 4 published; more is due" in shop.publish()
    assert shop.publish() == "stock: 2 published"
    assert set(shop.figures().values()) == {4}


def test_a_shop_that_answers_for_no_sku_is_left_alone_for_a_while(shop: StockWorld, world: World) -> None:
    shop.settle()
    world.afosto.recount(TENANT, HERE, shop.sku(), 4)
    shop.watch()
    world.epages.set_faults(shop.store, faults=[{"kind": "500", "path": READ}])
    assert "no usable answer" in shop.publish()
    world.epages.set_faults(shop.store, faults=[])
    (job,) = world.ledger.jobs.search(store=shop.store, state="waiting")
    assert job["failures"] == 1


def test_a_burst_of_changes_is_one_run(shop: StockWorld, world: World) -> None:
    shop.settle()
    before = len(shop.writes())
    for total in range(20, 0, -1):
        world.afosto.recount(TENANT, HERE, shop.sku(), total)
        shop.watch()
    shop.publish()
    assert shop.figures()[shop.sku()] == 1
    assert len(shop.writes()) == before + 1
