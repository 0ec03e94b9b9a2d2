"""The demo's world with traffic both ways, without the connector in between."""

import time
from collections.abc import Iterator

import pytest

from simulators.afosto.app import create_app as create_afosto
from simulators.afosto.control import AfostoControl
from simulators.epages.app import create_app as create_epages
from simulators.epages.control import EpagesControl
from simulators.server import serve
from workers.local.proof import Difference, Report, prove
from workers.local.world import SHOPS, TENANT, World


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Both vendors with the demo's shops and tenant, opened for traffic both ways."""
    with serve(create_epages()) as epages, serve(create_afosto()) as afosto:
        world = World(EpagesControl(epages), AfostoControl(afosto), epages)
        world.open()
        yield world


def test_both_sides_begin_with_equally_many_pieces_of_every_sku(world: World) -> None:
    held: dict[str, int] = {}
    for level in world.afosto.levels(TENANT):
        held[level["sku"]] = held.get(level["sku"], 0) + level["available"]
    sold: dict[str, int] = {}
    for order in (order for shop in SHOPS for order in world.epages.orders(shop.name)):
        for line in order["lines"]:
            sold[line["sku"]] = sold.get(line["sku"], 0) + line["ordered"] - line["canceled"]
    for shop in SHOPS:
        for item in world.epages.stock(shop.name):
            assert item["stock"] + sold.get(item["sku"], 0) == held[item["sku"]]


def test_the_shops_hand_over_a_half_of_their_past_orders(world: World) -> None:
    orders = [order for shop in SHOPS for order in world.epages.orders(shop.name)]
    handed_over = [order for order in orders if order["processes"] and order["processes"][0]["kind"] != "cancelations"]
    assert 0.25 < len(handed_over) / len(orders) < 0.55


def test_a_check_of_another_subject_takes_part_in_the_proof(world: World) -> None:
    def stock(report: Report) -> Iterator[Difference]:
        report.counts["SKUs"] += 1
        yield Difference("stock", "BE001", "1 in the shop, 2 in Afosto")

    report = prove(world.epages, world.afosto, [], TENANT, extra=[stock])
    assert [difference.kind for difference in report.differences] == ["stock"]
    assert report.counts["SKUs"] == 1


def test_everybody_trades_until_told_to_stop(world: World) -> None:
    world.trade()
    ends = time.monotonic() + 10
    while not any(cause["action"] == "sell_elsewhere" for cause in world.afosto.causes(TENANT)):
        assert time.monotonic() < ends
        time.sleep(0.1)
    world.stop()
    assert not world.afosto.stats(TENANT)["trading"]
    assert not any(world.epages.stats(shop.name)["trading"] for shop in SHOPS)
