"""The answer to a move of stock is lost: the SKU is left alone until nothing can land any more, and then checked."""

import time

import pytest

from ledger.stock.records import StockOutcome
from schemas.errors import LeaseLost
from schemas.wording.phrases import phrase
from tests.support.connector.stock_world import HERE, StockWorld, before_each_move
from tests.support.connector.world import LOSES_ANSWERS, TENANT, World, wait_for

ADJUST = r"/adjust-available-stock$"
WAIT = float(LOSES_ANSWERS["AMBIGUITY_WAIT"])  # seconds

pytestmark = pytest.mark.usefixtures("nobody_else_sells")


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
    time.sleep(WAIT + 0.1)
    assert "1 published" in shop.publish()
    assert "nothing was due" in shop.publish()
    time.sleep(WAIT + 0.1)
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


@pytest.mark.parametrize("found_elsewhere", [False, True], ids=["it is looked for", "its new place is seen at once"])
def test_a_late_move_of_what_bears_another_sku_by_then_is_corrected(
    shop: StockWorld, world: World, found_elsewhere: bool
) -> None:
    shop.settle()
    one, other = shop.sku(0), shop.sku(1)
    place_of_other = shop.place(other)
    world.afosto.recount(TENANT, HERE, one, 25)
    world.epages.set_faults(shop.store, faults=[{"kind": "late", "seconds": 1.0, "path": ADJUST, "count": 1}])
    shop.watch()
    with before_each_move(lambda: world.epages.change_catalog(shop.store, "swap", one, **{"with": other})):
        assert "1 lost" in shop.publish()
    # Both are found in their new places before the move lands.
    shop.request(other)
    shop.publish()
    if found_elsewhere:
        world.ledger.stock.moved(shop.store, {one: place_of_other})
    time.sleep(1.2)
    assert shop.figures()[other] == 10 + 15
    shop.settle()
    assert (shop.figures()[one], shop.figures()[other]) == (25, 10)


def test_what_bears_another_sku_by_then_is_left_alone_while_a_move_may_still_land_there(
    shop: StockWorld, world: World
) -> None:
    shop.settle()
    one, other = shop.sku(0), shop.sku(1)
    world.afosto.recount(TENANT, HERE, one, 25)
    world.epages.set_faults(shop.store, faults=[{"kind": "late", "seconds": 1.0, "path": ADJUST, "count": 1}])
    shop.watch()
    with before_each_move(lambda: world.epages.change_catalog(shop.store, "swap", one, **{"with": other})):
        assert "1 lost" in shop.publish()
    world.afosto.recount(TENANT, HERE, other, 12)
    shop.watch()
    # A raise that is computed before the other move lands, and sent after it, would put 27 up for sale.
    with before_each_move(lambda: wait_for(lambda: shop.figures()[other] == 25, 5, "the late move to land")):
        assert "1 unsettled" in shop.publish()
    shop.settle()
    assert (shop.figures()[one], shop.figures()[other]) == (25, 12)


def test_a_worker_that_dies_between_a_move_and_its_answer_leaves_the_sku_alone_for_the_wait(
    shop: StockWorld, world: World
) -> None:
    shop.settle()
    sku = shop.sku()
    shop.request(sku)
    shop.claim()
    _say_that_its_answer_is_lost(world, shop, sku)
    assert "nothing was due" in shop.publish()
    time.sleep(WAIT + 0.1)
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
        stock.record_move(frozen, sku, ("elsewhere", None), 0)
    with pytest.raises(LeaseLost):
        stock.withdraw(frozen, taken)
    with pytest.raises(LeaseLost):
        stock.note_outcome(frozen, taken, ("elsewhere", None), StockOutcome("published", phrase("long ago")), 1)
    assert (shop.rows()[sku]["ambiguous_until"], shop.rows()[sku]["open"]) == (ambiguous, True)
    shop.settle()
    assert shop.figures()[sku] == 25


def _say_that_its_answer_is_lost(world: World, shop: StockWorld, sku: str) -> None:
    statement = "update stock set ambiguous_until = now() + %s * interval '1 second' where store = %s and sku = %s"
    world.ledger.database.transaction(lambda session: session.execute(statement, (WAIT, shop.store, sku)))
