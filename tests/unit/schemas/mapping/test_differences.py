"""Where a shop order and its Afosto order differ, and where they only seem to."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from schemas import afosto, epages
from schemas.mapping.differences import Difference, Terms, differences

NOBODY = frozenset[str]()
TERMS = Terms(broken=True, totals="tolerate")
NONE_YET = dict.fromkeys(
    [
        "unshipped",
        "pending",
        "shipped",
        "delivered",
        "not_picked_up",
        "ready_for_pickup",
        "picked_up",
        "returned",
        "broken",
        "canceled",
    ],
    0,
)


def unit(name: str, progress: str = "OPEN", **changes: Any) -> afosto.Unit:
    return replace(afosto.Unit(name, "TEA", "line", None, None, progress), **changes)


def parcel(status: str, *units: str) -> afosto.Parcel:
    return afosto.Parcel(f"parcel of {units}", status, None, None, units)


def with_line(order: epages.Order, initial: int, **counts: int) -> epages.Order:
    """The order with one line of so many pieces and these counts."""
    said = {**NONE_YET, **counts}
    line = replace(order.lines[0], id="line", sku="TEA", initial_quantity=initial, quantity=initial, **said)  # type: ignore[arg-type]
    return replace(order, lines=(line,), grand_total=Decimal(10))


@pytest.fixture
def copy(afosto_order: afosto.Order) -> afosto.Order:
    """Two pieces of tea, imported and untouched."""
    units = (unit("a"), unit("b"))
    return replace(afosto_order, units=units, parcels=(), actions=(), imported_units={"line": 2}, total=Decimal(10))


def found(shop: epages.Order, order: afosto.Order, terms: Terms = TERMS) -> Sequence[Difference]:
    return differences(shop, order, None, NOBODY, terms)


def kinds(shop: epages.Order, order: afosto.Order, terms: Terms = TERMS) -> list[tuple[str, str, str, str | None]]:
    return [(each.kind, each.shop, each.afosto, each.ahead) for each in found(shop, order, terms)]


def test_an_order_that_is_equal_on_both_sides_has_no_difference(order: epages.Order, copy: afosto.Order) -> None:
    assert found(with_line(order, 2, unshipped=2), copy) == []


def test_a_sku_that_afosto_spells_in_another_case_gets_the_shops_spelling(
    order: epages.Order, copy: afosto.Order
) -> None:
    respelled = replace(copy, units=tuple(replace(each, sku="Tea") for each in copy.units))
    assert found(with_line(order, 2, unshipped=2), respelled) == []
    other = replace(copy, units=tuple(replace(each, sku="TEA-2") for each in copy.units))
    assert [each.kind for each in found(with_line(order, 2, unshipped=2), other)] == ["units"]


def test_what_was_canceled_before_the_import_never_became_units(order: epages.Order, copy: afosto.Order) -> None:
    assert found(with_line(order, 3, unshipped=2, canceled=1), copy) == []


def test_the_side_with_more_is_ahead(order: epages.Order, copy: afosto.Order) -> None:
    shipped = replace(copy, parcels=(parcel("IN_TRANSIT", "a"),))
    assert kinds(with_line(order, 2, unshipped=2), shipped) == [("shipped", "0", "1", "afosto")]
    assert kinds(with_line(order, 2, delivered=2), copy) == [
        ("shipped", "2", "0", "shop"),
        ("delivered", "2", "0", "shop"),
    ]


def test_a_parcel_that_is_only_packed_has_left_on_neither_side(order: epages.Order, copy: afosto.Order) -> None:
    packed = replace(copy, parcels=(parcel("ANNOUNCED", "a", "b"),))
    assert found(with_line(order, 2, unshipped=1, pending=1), packed) == []


def test_a_cancellation_counts_once_it_is_approved(order: epages.Order, copy: afosto.Order) -> None:
    canceled = replace(copy, units=(unit("a", "CANCELLED", contra_id="c"), unit("b")))
    asking = replace(canceled, actions=(afosto.Action("HANDLE_APPROVAL", ("c",)),))
    shop = with_line(order, 2, unshipped=2)
    assert kinds(shop, canceled) == [("canceled", "0", "1", "afosto")]
    assert found(shop, asking) == []


def test_a_rejected_return_counts_only_if_the_store_books_it_as_broken(order: epages.Order, copy: afosto.Order) -> None:
    rejected = replace(copy, units=(unit("a", "REJECTED"), unit("b")), parcels=(parcel("IN_TRANSIT", "a", "b"),))
    shop = with_line(order, 2, shipped=2)
    assert kinds(shop, rejected) == [("returned", "0", "1", "afosto")]
    assert found(shop, rejected, Terms(broken=False, totals="tolerate")) == []


def test_a_pickup_is_ready_only_when_all_of_it_is_ready(order: epages.Order, copy: afosto.Order) -> None:
    shop = replace(with_line(order, 2, not_picked_up=2), is_pickup=True)
    assert found(shop, replace(copy, parcels=(parcel("READY_TO_COLLECT", "a"),))) == []
    ready = replace(copy, parcels=(parcel("READY_TO_COLLECT", "a", "b"),))
    assert kinds(shop, ready) == [("shipped", "0", "2", "afosto")]


def test_edited_lines_differ_whichever_side_was_edited(order: epages.Order, copy: afosto.Order) -> None:
    less, other = replace(copy, units=(unit("a"),)), replace(copy, units=(unit("a"), unit("b", sku="COFFEE")))
    foreign = replace(copy, units=(*copy.units, unit("c", line_ref=None, sku="GIFT")))
    shop = with_line(order, 2, unshipped=2)
    assert kinds(shop, less) == [("units", "2 × TEA", "1 × TEA", None)]
    assert kinds(shop, other) == [("units", "2 × TEA", "1 × COFFEE, 1 × TEA", None)]
    assert kinds(shop, foreign) == [("units", "none", "1 × GIFT", None)]
    assert kinds(with_line(order, 5, unshipped=5), copy) == [("units", "5 × TEA", "2 × TEA", None)]
    assert kinds(replace(shop, lines=()), copy) == [("units", "none", "2 × TEA", None)]


def test_money_differs_as_far_as_the_store_does_not_tolerate(order: epages.Order, copy: afosto.Order) -> None:
    shop = with_line(order, 2, unshipped=2)
    dearer = replace(copy, total=Decimal(11))
    assert [each.kind for each in found(shop, dearer)] == ["total"]
    assert found(shop, dearer, Terms(broken=True, totals="accept")) == []


def test_figures_that_contradict_each_other_are_shown_as_they_are(order: epages.Order, copy: afosto.Order) -> None:
    (each,) = found(with_line(order, 2, unshipped=3), copy)
    assert each.kind == "contradiction"
