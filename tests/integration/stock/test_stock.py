"""The shop's stock is what Afosto has available less what the shop has sold and Afosto has not booked."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from clients.http import Http
from clients.limiter import Limiter
from clients.status_errors import Answer
from jobs.call_budget import CallBudget
from jobs.runtime import Runtime
from jobs.vendor_clients import epages_client
from jobs.vendor_gate import Gate
from ledger.stock.sold_units import SoldUnits
from ledger.stock.stock import StockOutcome
from local.proof.compare import Report
from local.proof.stock import StockSource, prove_stock
from local.servers.services import Services
from schemas.errors import LeaseLost, NeedsPerson
from schemas.messages import StockMessage
from simulators.epages.hosting.tokens import ALL_SCOPES
from tasks.inventory import publish
from tests.support.connector.commands import Commands
from tests.support.connector.stock_world import HERE, THERE, StockWorld, before_each_move, close_all
from tests.support.connector.world import TENANT, World

ADJUST = r"/adjust-available-stock$"
UNPAID = {"payment": "Rechnung", "paid": False}
READ = r"/products/(?!search/)[^/]+(/variations/[^/]+)?$"


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), AMBIGUITY_WAIT="1.5") as started:
        yield started


@pytest.fixture(autouse=True)
def _nobody_else_sells(world: World) -> Iterator[None]:
    yield
    close_all(world)
    world.afosto.set_switches(TENANT, allocate_late=0.0, inventory_changes_list=True)


@pytest.fixture
def shop(world: World, runtime: Runtime) -> Iterator[StockWorld]:
    """A shop of six SKUs, four of them variations, of each of which Afosto has ten pieces."""
    opened = StockWorld.open(world, runtime)
    yield opened
    assert opened.violations() == []


def test_the_first_time_all_that_the_shop_sells_is_published_variations_too(shop: StockWorld) -> None:
    shop.poll()
    assert shop.watch() == "wanted: 6 SKUs of the shop"
    assert shop.publish() == "stock: 6 published"
    assert set(shop.figures().values()) == {10}


def test_a_sale_that_afosto_has_not_heard_of_is_not_given_back_to_the_shop(shop: StockWorld) -> None:
    shop.settle()
    sku = shop.sku()
    shop.sell(sku, 3)
    shop.request(sku)
    shop.publish()
    assert shop.figures()[sku] == 7
    assert _figures(shop, sku) == (7, 10, 3)


def test_a_sale_that_afosto_has_booked_is_subtracted_once(shop: StockWorld) -> None:
    shop.settle()
    sku = shop.sku()
    shop.sell(sku, 3)
    shop.settle()
    assert shop.figures()[sku] == 7
    assert _figures(shop, sku) == (7, 7, 0)


def test_an_unpaid_order_is_counted_until_it_is_opened(shop: StockWorld) -> None:
    shop.settle()
    sku = shop.sku()
    shop.sell(sku, 2, payment="Rechnung", paid=False)
    shop.settle()
    assert _figures(shop, sku) == (8, 10, 2)


def test_units_that_are_deducted_late_are_counted_until_they_are(shop: StockWorld, world: World) -> None:
    shop.settle()
    sku = shop.sku()
    world.afosto.set_switches(TENANT, allocate_late=1.0)
    shop.sell(sku, 4)
    shop.poll()
    shop.imports()
    shop.publish()
    assert _figures(shop, sku) == (6, 10, 4)
    time.sleep(1.1)
    shop.settle()
    assert _figures(shop, sku) == (6, 6, 0)


def test_what_afosto_sells_elsewhere_and_what_is_counted_anew_reaches_the_shop(shop: StockWorld, world: World) -> None:
    shop.settle()
    sku = shop.sku()
    world.afosto.sell_elsewhere(TENANT, HERE, sku, 4)
    world.afosto.recount(TENANT, THERE, sku, 5)
    assert shop.watch() == "changed: 1 SKU"
    shop.publish()
    assert shop.figures()[sku] == 11


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


@pytest.mark.parametrize("restocks", [True, False])
def test_after_a_cancellation_in_the_shop_the_pieces_are_for_sale_again_once(
    shop: StockWorld, world: World, restocks: bool
) -> None:
    world.epages.set_switches(shop.store, restock_canceled=restocks)
    shop.settle()
    sku = shop.sku()
    order = shop.sell(sku, 3)
    shop.poll()
    shop.imports()
    world.epages.act(shop.store, order["id"], "cancel")
    shop.settle()
    assert shop.figures()[sku] == 10


@pytest.mark.parametrize("restocks", [True, False])
def test_pieces_canceled_before_their_import_are_for_sale_again_once(
    shop: StockWorld, world: World, restocks: bool
) -> None:
    world.epages.set_switches(shop.store, restock_canceled=restocks)
    shop.settle()
    sku = shop.sku()
    order = shop.sell(sku, 3)
    shop.poll()
    world.epages.act(shop.store, order["id"], "cancel", lines={order["lines"][0]["id"]: 1})
    shop.settle()
    assert shop.figures()[sku] == 8


def test_after_a_lost_answer_the_sku_is_left_alone_for_the_wait_and_then_looked_at_twice(
    shop: StockWorld, world: World
) -> None:
    shop.settle()
    sku = shop.sku()
    world.afosto.recount(TENANT, HERE, sku, 25)
    world.epages.set_faults(shop.store, faults=[{"kind": "reset", "path": ADJUST, "count": 1}])
    shop.watch()
    assert "1 lost" in shop.publish()
    assert shop.figures()[sku] == 25
    shop.request(sku)
    assert "nothing was due" in shop.publish()
    time.sleep(1.6)
    assert "1 published" in shop.publish()
    assert "nothing was due" in shop.publish()
    time.sleep(1.6)
    assert shop.publish() == "stock: 1 published"
    assert [move["amount"] for move in shop.writes()[6:]] == [15]


def test_a_move_that_lands_late_is_not_made_twice(shop: StockWorld, world: World) -> None:
    shop.settle()
    sku = shop.sku()
    world.afosto.recount(TENANT, HERE, sku, 25)
    world.epages.set_faults(shop.store, faults=[{"kind": "late", "seconds": 1.0, "path": ADJUST, "count": 1}])
    shop.watch()
    shop.publish()
    shop.sell(sku, 2)
    shop.settle()
    assert shop.figures()[sku] == 23
    assert [move["amount"] for move in shop.writes()[6:]] == [15]


def test_a_worker_that_dies_between_a_move_and_its_answer_leaves_the_sku_alone_for_the_wait(
    shop: StockWorld, world: World
) -> None:
    shop.settle()
    sku = shop.sku()
    shop.request(sku)
    shop.claim()
    _say_that_its_answer_is_lost(world, shop, sku)
    assert "nothing was due" in shop.publish()
    time.sleep(1.6)
    assert "1 published" in shop.publish()


def test_who_lost_the_lease_settles_nothing_that_another_worker_is_about(shop: StockWorld, world: World) -> None:
    shop.settle()
    sku, stock = shop.sku(), world.ledger.stock
    world.afosto.recount(TENANT, HERE, sku, 25)
    shop.watch()
    (taken,) = stock.due(shop.store, 1, [])
    frozen = shop.claim()
    world.epages.set_faults(shop.store, faults=[{"kind": "reset", "path": ADJUST, "count": 1}])
    assert "1 lost" in shop.publish()
    ambiguous = shop.rows()[sku]["ambiguous_until"]
    with pytest.raises(LeaseLost):
        stock.record_move(frozen, sku, 0)
    with pytest.raises(LeaseLost):
        stock.withdraw(frozen, taken)
    with pytest.raises(LeaseLost):
        stock.note_outcome(frozen, taken, ("elsewhere", None), StockOutcome("published", "long ago"), 1)
    assert (shop.rows()[sku]["ambiguous_until"], shop.rows()[sku]["open"]) == (ambiguous, True)
    shop.settle()
    assert shop.figures()[sku] == 25


def test_two_stores_that_sell_from_the_same_locations_share_what_is_there(
    shop: StockWorld, world: World, runtime: Runtime
) -> None:
    other = StockWorld.open(world, runtime, prefix=shop.store[:2])
    sku = shop.sku()
    other.poll()
    shop.settle()
    other.settle()
    shop.sell(sku, 3)
    other.sell(sku, 4)
    other.request(sku)
    other.publish()
    assert other.figures()[sku] == 3
    shop.settle()
    other.settle()
    shop.settle()
    assert (shop.figures()[sku], other.figures()[sku]) == (3, 3)
    assert other.violations() == []


def test_a_shop_that_sells_other_things_is_not_asked(shop: StockWorld, world: World, runtime: Runtime) -> None:
    other = StockWorld.open(world, runtime)
    shop.poll()
    other.settle()
    shop.settle()
    before = world.epages.stats(other.store)["total"]
    shop.sell(shop.sku())
    shop.settle()
    assert world.epages.stats(other.store)["total"] == before


def test_nothing_is_published_before_the_past_orders_of_every_seller_are_read(world: World, runtime: Runtime) -> None:
    since = datetime.now(UTC) - timedelta(days=1)
    shop = StockWorld.open(world, runtime, since=since)
    shop.request(shop.sku())
    assert "still being read" in shop.publish()
    assert "still being read" in shop.watch()
    shop.settle()
    assert set(shop.figures().values()) == {10}


def test_a_walk_over_a_catalog_goes_on_where_the_budget_ended(
    world: World, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = StockWorld.open(world, runtime, products=25)
    shop.poll()
    calls = iter([0.0, *[1.0] * 100])  # the first turn has what it reserved, and no call more
    with monkeypatch.context() as few:
        few.setattr(Limiter, "reserve", lambda *_, longest_wait=None: next(calls))
        assert shop.watch().startswith("waits: ")
    cursor = world.ledger.stock.cursor(shop.store)
    assert cursor is not None
    assert (cursor["walked"], cursor["position"]) == (8, None)
    with monkeypatch.context() as few:
        few.setattr(Limiter, "reserve", lambda *_, longest_wait=None: 1.0)
        assert "reserved" in shop.watch()
    shop.settle(rounds=30)
    assert {shop.rows()[sku]["published"] for sku in shop.figures()} == {10}


def test_a_sku_that_the_shop_does_not_have_is_noted_and_costs_no_call_until_it_is_wished(
    shop: StockWorld, world: World
) -> None:
    shop.settle()
    unknown, before = f"{shop.store[:2].upper()}-UNKNOWN", _finds(world, shop)
    for total in (5, 6):
        world.afosto.recount(TENANT, HERE, unknown, total)
        shop.watch()
        shop.publish()
    asked = _finds(world, shop) - before
    assert shop.rows()[unknown]["outcome"] == "unknown-sku"
    told = Commands(shop)("stock", shop.store, unknown)
    shop.request(unknown)
    shop.publish()
    assert (asked, _finds(world, shop) - before) == (0, 1)
    assert (told.exit_code, told.stdout) == (1, "")
    assert f"The store {shop.store} has no SKU {unknown}" in told.stderr


def test_without_stock_management_nothing_is_moved_and_it_is_said(world: World, runtime: Runtime) -> None:
    unmanaged = StockWorld.open(world, runtime, managed=False)
    unmanaged.settle()
    assert unmanaged.writes() == []
    assert {unmanaged.rows()[sku]["outcome"] for sku in unmanaged.figures()} == {"not-kept"}


def test_a_product_with_variations_holds_no_stock_of_its_own(shop: StockWorld, world: World) -> None:
    shop.settle()
    variation = next(row for row in world.epages.stock(shop.store) if row["variation_of"])
    world.ledger.stock.remember(shop.store, {"PARENT": (variation["variation_of"], None)})
    world.afosto.recount(TENANT, HERE, "PARENT", 10)
    shop.request("PARENT")
    shop.publish()
    assert shop.rows()["PARENT"]["outcome"] == "looked-for"
    assert len(shop.writes()) == 6


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


def test_the_simulated_shop_notices_when_more_is_for_sale_than_there_is(shop: StockWorld, world: World) -> None:
    careless = StockWorld.open(world, shop.runtime)
    product = next(row for row in world.epages.stock(careless.store) if not row["variation_of"])
    careless.sell(product["sku"], 2)
    client = epages_client(shop.runtime, world.ledger.stores.get(careless.store), _ungated(shop.runtime))
    client.adjust_stock(product["id"], None, 10 - 48)
    (violation,) = careless.violations()
    assert (violation["rule"], violation["stock"], violation["allowed"]) == ("oversold", 10, 8)
    report = Report()
    since = world.ledger.stores.get(careless.store).import_since
    selling = [StockSource(careless.store, frozenset({HERE, THERE}), since)]
    prove_stock(report, world.epages, world.afosto, TENANT, selling)
    assert [difference.kind for difference in report.differences] == ["stock"]


def test_pieces_reserved_for_an_order_that_was_just_canceled_are_no_fault_of_who_publishes(
    shop: StockWorld, world: World
) -> None:
    shop.settle()
    sku = shop.sku()
    order = shop.sell(sku, 3)
    shop.poll()
    world.afosto.recount(TENANT, HERE, sku, 12)
    send = Http.send
    opened: list[Callable[[], Answer]] = []
    answers: list[Answer] = []

    def between(http: Http, method: str, url: str, **options: Any) -> Answer:
        """While the order is being opened its buyer cancels, and stock is read; it is opened before stock is moved."""
        if "openOrder" in str(options.get("body")) and not opened:
            opened.append(lambda: send(http, method, url, **options))
            world.epages.act(shop.store, order["id"], "cancel")
            shop.request(sku)
            shop.publish()
            return answers[0]
        if url.endswith("adjust-available-stock") and opened and not answers:
            answers.append(opened[0]())
        return send(http, method, url, **options)

    with patch.object(Http, "send", autospec=True, side_effect=between):
        shop.imports()
    assert [move["stock"] for move in shop.writes()[6:]] == [12]
    shop.settle()
    assert shop.figures()[sku] == 12


def test_a_booked_piece_that_the_shop_puts_back_after_the_reading_is_on_top_until_the_next_run(
    shop: StockWorld, world: World
) -> None:
    shop.settle()
    sku = shop.sku()
    order = shop.sell(sku, 3)
    shop.settle()
    world.afosto.recount(TENANT, HERE, sku, 12)
    shop.watch()

    def the_buyer_cancels() -> None:
        if not shop.afosto_order(order["id"])["units"][0]["contra"]:
            world.epages.act(shop.store, order["id"], "cancel")

    with before_each_move(the_buyer_cancels):
        shop.publish()
    assert [move["stock"] for move in shop.writes()[6:]] == [12]
    assert shop.rows()[sku]["open"]
    shop.settle()
    assert shop.figures()[sku] == 12


def test_a_piece_that_is_not_booked_and_put_back_after_the_reading_is_not_for_sale_twice(
    shop: StockWorld, world: World
) -> None:
    shop.settle()
    sku = shop.sku()
    order = shop.sell(sku, 3)
    shop.poll()
    world.afosto.recount(TENANT, HERE, sku, 12)
    shop.watch()
    unbooked = SoldUnits.unbooked_stock
    canceled: list[object] = []

    def once_the_buyer_has_canceled(sold_units: SoldUnits, *arguments: Any) -> dict[str, int]:
        """The shop's stock, its orders and what the ledger knows of them are read one after another."""
        if not canceled:
            canceled.append(world.epages.act(shop.store, order["id"], "cancel"))
            shop.poll()
        return unbooked(sold_units, *arguments)

    with patch.object(SoldUnits, "unbooked_stock", autospec=True, side_effect=once_the_buyer_has_canceled):
        shop.publish()
    assert shop.violations() == []
    shop.settle()
    assert shop.figures()[sku] == 12


def test_a_piece_put_back_while_more_is_sold_than_there_is_goes_with_the_next_run(
    shop: StockWorld, world: World
) -> None:
    shop.settle()
    sku = shop.sku()
    order = shop.sell(sku, 3)
    world.afosto.recount(TENANT, HERE, sku, 1)
    shop.watch()

    def the_buyer_cancels_one() -> None:
        # None of the pieces is booked in Afosto.
        if len(shop.writes()) == 6:
            world.epages.act(shop.store, order["id"], "cancel", lines={order["lines"][0]["id"]: 1})

    with before_each_move(the_buyer_cancels_one):
        shop.publish()
    assert [move["stock"] for move in shop.writes()[6:]] == [1]
    shop.publish()
    assert shop.figures()[sku] == 0


def test_what_is_sold_beyond_what_there_is_is_shown_and_counts_until_it_is_made_good(
    shop: StockWorld, world: World
) -> None:
    shop.settle()
    sku = shop.sku()
    order = shop.sell(sku, 4, **UNPAID)
    world.afosto.recount(TENANT, HERE, sku, 1)
    shop.settle()
    row = shop.rows()[sku]
    assert (shop.figures()[sku], row["outcome"]) == (0, "oversold")
    assert "3 pieces more are sold than there are" in row["message"]
    world.epages.act(shop.store, order["id"], "cancel", lines={order["lines"][0]["id"]: 1})
    world.afosto.recount(TENANT, HERE, sku, 3)
    shop.settle()
    assert (shop.figures()[sku], shop.rows()[sku]["outcome"]) == (0, "published")
    world.afosto.recount(TENANT, HERE, sku, 5)
    shop.settle()
    assert shop.figures()[sku] == 2


def test_what_another_shop_sells_is_not_looked_for_in_a_catalog_that_is_still_walked_over(
    shop: StockWorld, world: World, runtime: Runtime
) -> None:
    shop.settle()
    other = StockWorld.open(world, runtime)
    other.poll()
    shop.sell(shop.sku())
    shop.settle()
    assert shop.sku() not in other.rows()
    other.settle()
    assert _finds(world, other) == 0


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


def _ungated(runtime: Runtime) -> Gate:
    return Gate(runtime.epages_limiter, runtime.breaker, "test", 0, CallBudget(), lambda: None)


def _say_that_its_answer_is_lost(world: World, shop: StockWorld, sku: str) -> None:
    statement = "update stock set ambiguous_until = now() + interval '1.5 s' where store = %s and sku = %s"
    world.ledger.database.transaction(lambda session: session.execute(statement, (shop.store, sku)))


def _figures(shop: StockWorld, sku: str) -> tuple[int, int, int]:
    row = shop.rows()[sku]
    return row["published"], row["available"], row["promised"]


def _finds(world: World, shop: StockWorld) -> int:
    rows = world.epages.stats(shop.store)["requests"]
    return sum(row["count"] for row in rows if row["path"].endswith("find-by-sku"))
