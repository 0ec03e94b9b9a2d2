"""Pieces of a canceled order are for sale again once, even when the buyer cancels while stock is published."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest

from clients.http import Http
from clients.status_errors import Answer
from ledger.stock.sold_units import SoldUnits
from tests.support.connector.stock_world import HERE, StockWorld, before_each_move
from tests.support.connector.world import TENANT, World

pytestmark = pytest.mark.usefixtures("nobody_else_sells")


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
