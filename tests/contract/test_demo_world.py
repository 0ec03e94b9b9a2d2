"""The demo's world with traffic both ways, without the connector in between."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from benchmarks.suite.trading import MERCHANTS
from local.demo.merchants import BIG, DEMO, Merchant, Shop
from local.demo.simulation import Simulation
from local.proof.compare import Difference, Report, prove
from schemas.errors import ConnectorError
from simulators.afosto.app import create_app as create_afosto
from simulators.afosto.control.client import AfostoControl
from simulators.epages.app import create_app as create_epages
from simulators.epages.control.client import EpagesControl
from simulators.server import serve

Vendors = tuple[EpagesControl, AfostoControl, str]


@contextmanager
def both_vendors() -> Iterator[Vendors]:
    """Both simulated vendors, and the address of the shops."""
    with serve(create_epages()) as epages, serve(create_afosto()) as afosto:
        yield EpagesControl(epages), AfostoControl(afosto), epages


@pytest.fixture(scope="module")
def world() -> Iterator[Simulation]:
    """Both vendors with the demo's shops and tenant, opened for traffic both ways."""
    with both_vendors() as vendors:
        world = Simulation(*vendors)
        world.open()
        yield world


@pytest.fixture
def vendors() -> Iterator[Vendors]:
    """Both vendors, without any shop or tenant."""
    with both_vendors() as started:
        yield started


def test_both_sides_begin_with_equally_many_pieces_of_every_sku(world: Simulation) -> None:
    held: dict[str, int] = {}
    for level in world.afosto.levels(DEMO[0].tenant):
        held[level["sku"]] = held.get(level["sku"], 0) + level["available"]
    sold: dict[str, int] = {}
    for order in (order for shop in DEMO[0].shops for order in world.epages.orders(shop.name)):
        for line in order["lines"]:
            sold[line["sku"]] = sold.get(line["sku"], 0) + line["ordered"] - line["canceled"]
    for shop in DEMO[0].shops:
        for item in world.epages.stock(shop.name):
            assert item["stock"] + sold.get(item["sku"], 0) == held[item["sku"]]


def test_the_shops_hand_over_a_half_of_their_past_orders(world: Simulation) -> None:
    orders = [order for shop in DEMO[0].shops for order in world.epages.orders(shop.name)]
    handed_over = [order for order in orders if order["processes"] and order["processes"][0]["kind"] != "cancelations"]
    assert 0.25 < len(handed_over) / len(orders) < 0.55


def test_a_check_of_another_subject_takes_part_in_the_proof(world: Simulation) -> None:
    def stock(report: Report) -> Iterator[Difference]:
        report.counts["SKUs"] += 1
        yield Difference("stock", "BE001", "1 in the shop, 2 in Afosto")

    report = prove(world.epages, world.afosto, [], DEMO[0].tenant, extra=[stock])
    assert [difference.kind for difference in report.differences] == ["stock"]
    assert report.counts["SKUs"] == 1


def test_everybody_trades_until_told_to_stop(world: Simulation) -> None:
    world.trade()
    ends = time.monotonic() + 10
    while not any(cause["action"] == "sell_elsewhere" for cause in world.afosto.causes(DEMO[0].tenant)):
        assert time.monotonic() < ends
        time.sleep(0.1)
    world.stop()
    assert not world.afosto.stats(DEMO[0].tenant)["trading"]
    assert not any(world.epages.stats(shop.name)["trading"] for shop in DEMO[0].shops)


def test_merchants_of_equal_ids_begin_with_equal_orders_and_skus_and_are_proved_apart(vendors: Vendors) -> None:
    world = Simulation(*vendors, MERCHANTS)
    world.open()
    ours, theirs = (merchant.shops[0].name for merchant in MERCHANTS)
    assert _ids(world, ours) == _ids(world, theirs) != []
    assert world.afosto.levels("one") == world.afosto.levels("other") != []
    order = world.epages.place(ours, paid=False, payment="Rechnung")
    assert (ours, order["id"]) in world.unpaid()
    assert (theirs, order["id"]) not in world.unpaid()


def test_trade_that_ended_by_itself_is_reported(vendors: Vendors) -> None:
    world = Simulation(*vendors, (Merchant("idle", (Shop("idle", BIG, 0, 1.0, 1),)),))
    world.open()
    world.trade()
    world.epages.stop_trading("idle")
    with pytest.raises(ConnectorError, match="stopped trading for shop idle;"):
        world.stop()


def _ids(world: Simulation, shop: str) -> list[tuple[str, list[str]]]:
    return [(order["id"], [line["id"] for line in order["lines"]]) for order in world.epages.orders(shop)]
