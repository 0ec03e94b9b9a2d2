"""Each flow's hash changes with the content that the flow uses, and with nothing else."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from schemas.epages import Order
from schemas.mapping.orders.content_hashes import fingerprint, hashes_by_flow, is_final


def with_tea(order: Order, **changes: Any) -> Order:
    tea, *others = order.lines
    return replace(order, lines=(replace(tea, **changes), *others))


def moved(before: Order, after: Order) -> set[str]:
    """Return the flows for which a change is news."""
    old, new = hashes_by_flow(before), hashes_by_flow(after)
    return {flow for flow in old.keys() | new.keys() if old.get(flow) != new.get(flow)}


def test_the_hashes_of_an_order_are_those_of_every_earlier_version(pickup_order: Order) -> None:
    # A hash that an update changes makes every order news, and parks each that is not shipped as changed after import.
    assert (hashes_by_flow(pickup_order)["orders"][:16], fingerprint(pickup_order)[:16]) == (
        "b6fe3b449aaaa0d1",
        "9e9f01a155985518",
    )


def test_a_fresh_order_is_news_for_orders_only(pickup_order: Order) -> None:
    assert set(hashes_by_flow(pickup_order)) == {"orders"}


@pytest.mark.parametrize(
    ("changes", "flows"),
    [
        ({"canceled": 2, "unshipped": 2}, {"cancellations"}),
        ({"unshipped": 2, "pending": 1}, {"shipments"}),
        ({"unshipped": 2, "shipped": 1}, {"shipments"}),
        ({"unshipped": 0, "delivered": 3}, {"shipments"}),
        ({"returned": 1}, {"returns"}),
        ({"broken": 1}, {"returns"}),
        ({"unshipped": 2, "returned": 1}, {"shipments", "returns"}),
        ({"initial_quantity": 5, "unshipped": 4}, {"orders"}),
        ({"unit_price": Decimal(8)}, {"orders"}),
        ({"unit_price": Decimal("7.90"), "line_tax": Decimal(0)}, set()),
    ],
)
def test_a_line_that_changes_is_news_for_the_flows_it_concerns(
    order: Order, changes: dict[str, Any], flows: set[str]
) -> None:
    assert moved(order, with_tea(order, **changes)) == flows


@pytest.mark.parametrize(
    "changes",
    [{"payment_status": "PENDING"}, {"canceled": True}, {"billing_address": None}, {"initial_grand_total": Decimal(1)}],
)
def test_an_order_that_changes_as_a_whole_is_news_for_orders(order: Order, changes: dict[str, Any]) -> None:
    assert moved(order, replace(order, **changes)) == {"orders"}


def test_the_order_of_lines_and_the_time_of_change_are_no_news(order: Order) -> None:
    assert moved(order, replace(order, lines=order.lines[::-1], updated_at=order.created_at)) == set()


@pytest.mark.parametrize("stage", ["shipped", "delivered", "ready_for_pickup", "picked_up"])
def test_each_step_on_the_way_to_the_buyer_is_news_for_shipments(order: Order, stage: str) -> None:
    before = with_tea(order, unshipped=2, pending=1)
    assert moved(before, with_tea(order, **{"unshipped": 2, stage: 1})) == {"shipments"}
    assert moved(before, with_tea(order, **{"unshipped": 2, "pending": 1, stage: 1})) == {"shipments"}


def test_returned_and_broken_are_different_news(order: Order) -> None:
    assert moved(with_tea(order, returned=1), with_tea(order, broken=1)) == {"returns"}


def test_the_fingerprint_moves_with_addresses_and_ordered_lines_alone(order: Order) -> None:
    assert order.shipping_address
    moved_house = replace(order, shipping_address=replace(order.shipping_address, city="Leer"))
    assert fingerprint(moved_house) != fingerprint(order)
    assert fingerprint(with_tea(order, initial_quantity=5)) != fingerprint(order)
    assert fingerprint(replace(with_tea(order, canceled=2), payment_status="PENDING")) == fingerprint(order)


def test_only_an_order_canceled_as_a_whole_is_final(order: Order) -> None:
    tea, pot = order.lines
    nothing_left = (replace(tea, canceled=4), replace(pot, canceled=1))
    assert is_final(replace(order, canceled=True, lines=nothing_left))
    assert not is_final(replace(order, canceled=True))
    assert not is_final(replace(order, lines=nothing_left))
    assert not is_final(with_tea(order, returned=3))
