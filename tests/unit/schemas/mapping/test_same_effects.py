"""Equal effects on both sides count once after a restore, and only as often as both sides have them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from schemas import afosto, epages
from schemas.mapping.progress.same_effects import (
    matched_cancellations,
    matched_parcels,
    matched_returns,
    matched_shipments,
)


def unit(number: int, **changes: Any) -> afosto.Unit:
    return replace(afosto.Unit(f"u{number}", "TEA-250", "line-tea", None, f"c{number}", "CANCELLED"), **changes)


def with_tea(order: epages.Order, **changes: Any) -> epages.Order:
    return replace(order, lines=(replace(order.lines[0], **changes),))


@pytest.mark.parametrize(
    ("in_shop", "in_afosto", "before", "linked", "paired"),
    [
        (1, 1, 0, 0, 1),
        (2, 1, 0, 0, 1),
        (1, 2, 0, 0, 1),
        (2, 2, 1, 0, 1),
        (2, 2, 0, 1, 1),
        (1, 1, 0, 1, 0),
        (0, 2, 0, 0, 0),
    ],
)
def test_cancellations_match_as_far_as_both_sides_have_some_without_a_link(
    order: epages.Order, in_shop: int, in_afosto: int, before: int, linked: int, paired: int
) -> None:
    shop = with_tea(order, initial_quantity=4, canceled=in_shop)
    canceled = [unit(n) for n in range(in_afosto)]
    found = matched_cancellations(shop, canceled, {"line-tea": linked}, {"line-tea": before})
    assert found == {f"c{n}": "line-tea" for n in range(paired)}


@pytest.mark.parametrize(
    ("returned", "broken", "progresses", "statuses"),
    [
        (1, 1, ["REJECTED", "RESTOCKED"], {"u0": "BROKEN", "u1": "RETURNED"}),
        (0, 1, ["RETURNED"], {"u0": "BROKEN"}),
        (0, 1, ["RETURNED", "REJECTED"], {"u1": "BROKEN"}),
        (0, 0, ["RETURNED"], {}),
    ],
)
def test_returns_of_equal_status_match_first_and_keep_the_shops_status(
    order: epages.Order, returned: int, broken: int, progresses: Sequence[str], statuses: dict[str, str]
) -> None:
    shop = with_tea(order, returned=returned, broken=broken)
    back = [unit(n, progress=progress, contra_id=None) for n, progress in enumerate(progresses)]
    assert {found.id: found.status for found in matched_returns(shop, back, {})} == statuses


def test_parcels_match_by_content_and_tracking_code(afosto_order: afosto.Order) -> None:
    units = tuple(unit(n, progress="OPEN", contra_id=None) for n in range(2))
    order = replace(afosto_order, units=units)
    parcels = [
        afosto.Parcel("par_1", "IN_TRANSIT", "JD1", None, ("u0",)),
        afosto.Parcel("par_2", "IN_TRANSIT", None, None, ("u1",)),
    ]
    processes = [_process("p1", None), _process("p2", "JD1"), _process("p3", "JD3")]
    paired = [(parcel.id, process.id) for parcel, process in matched_parcels(processes, parcels, order)]
    assert paired == [("par_1", "p2"), ("par_2", "p1")]


def test_a_shipment_whose_code_was_corrected_on_one_side_is_the_same_one_unless_another_has_that_code(
    afosto_order: afosto.Order,
) -> None:
    units = tuple(unit(n, progress="OPEN", contra_id=None) for n in range(2))
    order = replace(afosto_order, units=units)
    parcels = [
        afosto.Parcel("par_1", "IN_TRANSIT", "corrected", None, ("u0",)),
        afosto.Parcel("par_2", "IN_TRANSIT", "JD2", None, ("u1",)),
    ]
    processes = [_process("p2", "JD2"), _process("p1", "JD1")]
    paired = [(parcel.id, process.id) for parcel, process in matched_shipments(processes, parcels, order)]
    assert paired == [("par_2", "p2"), ("par_1", "p1")]


def _process(process_id: str, code: str | None) -> epages.Process:
    lines = (epages.ProcessLine("line-tea", 1),)
    return epages.Process(process_id, "shippings", "SHIPPED", code, None, lines, frozenset())
