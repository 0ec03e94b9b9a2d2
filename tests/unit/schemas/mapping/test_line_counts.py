"""The count arithmetic, for any counts: every unit is used once, and contradictory counts are never cut to zero."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from schemas import afosto, epages
from schemas.errors import Drift, NeedsPerson
from schemas.mapping.progress.cancellations import cancellation_plan, units_to_cancel
from schemas.mapping.progress.line_counts import delivered_so_far, shipped_so_far
from schemas.mapping.progress.returns import BROKEN, RETURNED, units_to_return
from schemas.mapping.progress.shipments import parcels_to_create, status_for
from schemas.wording.lists import counted

counts = st.integers(0, 8)


def unit(number: int, **changes: Any) -> afosto.Unit:
    return replace(afosto.Unit(f"u{number}", "TEA-250", "line-tea", None, None, "OPEN"), **changes)


def holding(order: afosto.Order, waiting: int, packed: int = 0) -> afosto.Order:
    """Return an Afosto order with unpacked and packed units of tea, among units of other lines."""
    units = [unit(n) for n in range(waiting)]
    units += [unit(waiting + n, parcel_id="par_1") for n in range(packed)]
    return replace(order, units=(unit(90, line_ref="line-pot"), *units, unit(91, line_ref=None)))


def with_tea(order: epages.Order, **changes: Any) -> epages.Order:
    return replace(order, lines=(replace(order.lines[0], **changes),))


def process(number: int, quantity: int, status: str | None = "SHIPPED") -> epages.Process:
    lines = (epages.ProcessLine("line-tea", quantity),)
    return epages.Process(f"p{number}", "shippings", status, f"JD{number}", None, lines, frozenset())


@given(counts, counts, counts, counts, counts, counts, st.booleans())
def test_shipped_and_delivered_are_right_whichever_way_returns_are_booked(
    order: epages.Order,
    unshipped: int,
    pending: int,
    under_way: int,
    delivered: int,
    returned: int,
    canceled: int,
    returned_leave_delivered: bool,
) -> None:
    assume(returned <= delivered)
    line = replace(
        order.lines[0],
        initial_quantity=unshipped + pending + under_way + delivered + canceled,
        canceled=canceled,
        unshipped=unshipped,
        pending=pending,
        shipped=under_way,
        delivered=delivered - returned if returned_leave_delivered else delivered,
        returned=returned,
    )
    assert shipped_so_far(line, order_id=order.id) == pending + under_way + delivered
    assert delivered_so_far(line, order_id=order.id) == delivered


def test_what_is_ready_for_pickup_is_shipped_but_not_delivered(pickup_order: epages.Order) -> None:
    (mug,) = pickup_order.lines
    counted = []
    stages: tuple[dict[str, Any], ...] = (
        {},
        {"not_picked_up": 0, "ready_for_pickup": 2},
        {"not_picked_up": 0, "picked_up": 2},
    )
    for stage in stages:
        line = replace(mug, **stage)
        counted.append((shipped_so_far(line, order_id="o"), delivered_so_far(line, order_id="o")))
    assert counted == [(0, 0), (2, 0), (2, 2)]


@given(counts, counts, counts, counts)
def test_counts_that_contradict_each_other_are_drift_with_all_figures(
    order: epages.Order, initial: int, canceled: int, unshipped: int, waiting: int
) -> None:
    assume(initial < canceled + unshipped + waiting)
    line = replace(
        order.lines[0],
        initial_quantity=initial,
        canceled=canceled,
        unshipped=unshipped,
        not_picked_up=waiting,
    )
    with pytest.raises(Drift) as caught:
        shipped_so_far(line, order_id="order-7")
    assert caught.value.reason == "drift"
    assert "Order order-7, line line-tea" in str(caught.value)
    assert f"{initial} ordered, {canceled} canceled, {unshipped} unshipped, {waiting} not picked up" in str(
        caught.value
    )


@given(counts, counts, counts, counts, counts, counts)
def test_units_are_canceled_once_and_only_while_they_are_unpacked(
    order: epages.Order,
    afosto_order: afosto.Order,
    before: int,
    imported: int,
    exported: int,
    new: int,
    spare: int,
    packed: int,
) -> None:
    shop = with_tea(order, initial_quantity=99, canceled=before + imported + exported + new)
    there = holding(afosto_order, new + spare, packed)
    units = units_to_cancel(
        shop, there, {"line-tea": imported}, {"line-tea": exported}, canceled_before={"line-tea": before}
    )
    assert len(units) == len(set(units)) == new
    assert set(units) <= {f"u{n}" for n in range(new + spare)}


@pytest.mark.parametrize(("count", "said"), [(1, "Afosto canceled 1 unit, but"), (2, "Afosto canceled 2 units, but")])
def test_a_cancellation_of_shipped_pieces_needs_a_person(
    order: epages.Order, afosto_order: afosto.Order, count: int, said: str
) -> None:
    shop = with_tea(order, initial_quantity=2, canceled=0, unshipped=0, shipped=2)
    canceled = [unit(n, contra_id=f"c{n}", progress="CANCELLED") for n in range(count)]
    with pytest.raises(NeedsPerson, match=said) as caught:
        cancellation_plan(shop, afosto_order, canceled, {}, {})
    assert caught.value.reason == "cancel-conflict"


@given(counts, st.integers(1, 8), counts)
def test_a_cancellation_of_packed_units_needs_a_person(
    order: epages.Order, afosto_order: afosto.Order, waiting: int, lacking: int, packed: int
) -> None:
    shop = with_tea(order, initial_quantity=99, canceled=waiting + lacking)
    with pytest.raises(NeedsPerson) as caught:
        units_to_cancel(shop, holding(afosto_order, waiting, packed), {}, {}, {})
    assert caught.value.reason == "cancel-conflict"
    assert f"the shop has {counted(waiting + lacking, 'unit')} to be canceled" in str(caught.value)
    assert f"of its {counted(waiting + packed, 'unit')} in Afosto only {waiting} can" in str(caught.value)


@pytest.mark.parametrize("taken", [{"contra_id": "c1"}, {"parcel_id": "par_1"}, {"progress": "CANCELLED"}])
def test_a_unit_that_is_taken_is_neither_canceled_nor_packed(
    order: epages.Order, afosto_order: afosto.Order, taken: dict[str, str]
) -> None:
    there = replace(afosto_order, units=(unit(1, **taken), unit(2)))
    assert units_to_cancel(with_tea(order, canceled=1), there, {}, {}, {}) == ["u2"]
    assert parcels_to_create([process(1, 1)], {}, there)[0].unit_ids == ("u2",)


@given(counts, counts, st.integers(1, 8))
def test_more_carried_over_than_canceled_is_drift(
    order: epages.Order, afosto_order: afosto.Order, canceled: int, exported: int, surplus: int
) -> None:
    shop = with_tea(order, initial_quantity=99, canceled=canceled)
    imported = max(0, canceled - exported) + surplus
    with pytest.raises(Drift):
        units_to_cancel(shop, holding(afosto_order, 9), {"line-tea": imported}, {"line-tea": exported}, {})


@given(counts, counts, counts, counts, counts, counts)
def test_returns_take_shipped_units_once_and_separate_broken_from_returned(
    order: epages.Order,
    afosto_order: afosto.Order,
    returned: int,
    broken: int,
    imported: int,
    exported: int,
    spare: int,
    waiting: int,
) -> None:
    shop = with_tea(order, returned=returned + imported, broken=broken + exported)
    there = holding(afosto_order, waiting, packed=returned + broken + spare)
    restock, scrap = units_to_return(shop, there, {("line-tea", RETURNED): imported}, {("line-tea", BROKEN): exported})
    assert (len(restock), len(scrap)) == (returned, broken)
    assert len({*restock, *scrap}) == returned + broken
    assert {*restock, *scrap} <= {unit.id for unit in there.units if unit.parcel_id}


@pytest.mark.parametrize("back", [{"contra_id": "c1"}, {"progress": "RETURNED"}, {"progress": "RESTOCKED"}])
def test_a_return_of_units_that_are_not_out_needs_a_person(
    order: epages.Order, afosto_order: afosto.Order, back: dict[str, str]
) -> None:
    there = replace(afosto_order, units=(unit(1, parcel_id="par_1", **back), unit(2)))
    with pytest.raises(NeedsPerson) as caught:
        units_to_return(with_tea(order, returned=1), there, {}, {})
    assert caught.value.reason == "return-conflict"


@given(st.lists(st.integers(1, 4), max_size=5), st.data(), counts)
def test_every_process_gets_a_parcel_of_its_own_units_once(
    afosto_order: afosto.Order, quantities: list[int], data: st.DataObject, spare: int
) -> None:
    processes = [process(number, quantity) for number, quantity in enumerate(quantities)]
    linked = data.draw(st.sets(st.sampled_from([each.id for each in processes]))) if processes else set()
    new = [each for each in processes if each.id not in linked]
    there = holding(afosto_order, sum(each.lines[0].quantity for each in new) + spare)
    plans = parcels_to_create(processes, dict.fromkeys(linked, "par_x"), there)
    assert [(plan.process_id, len(plan.unit_ids)) for plan in plans] == [
        (each.id, each.lines[0].quantity) for each in new
    ]
    chosen = [unit_id for plan in plans for unit_id in plan.unit_ids]
    assert len(chosen) == len(set(chosen))


def test_a_parcel_carries_the_tracking_of_its_process_and_pending_ones_wait(afosto_order: afosto.Order) -> None:
    (plan,) = parcels_to_create([process(1, 1, "PENDING"), process(2, 1, "DELIVERED")], {}, holding(afosto_order, 2))
    assert (plan.process_id, plan.code, plan.url, plan.status) == ("p2", "JD2", None, "DELIVERED")


def test_a_shipment_of_more_units_than_are_unpacked_needs_a_person(afosto_order: afosto.Order) -> None:
    with pytest.raises(NeedsPerson) as caught:
        parcels_to_create([process(1, 2), process(2, 1)], {}, holding(afosto_order, 2))
    assert caught.value.reason == "ship-conflict"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("SHIPPED", "IN_TRANSIT"),
        ("DELIVERED", "DELIVERED"),
        ("READY_FOR_PICKUP", "READY_TO_COLLECT"),
        ("PICKED_UP", "DELIVERED"),
    ],
)
def test_a_process_status_has_its_parcel_status(status: str, expected: str) -> None:
    assert status_for(process(1, 1, status)) == expected


@pytest.mark.parametrize("status", ["BEAMED", None])
def test_an_unknown_status_needs_a_person(afosto_order: afosto.Order, status: str | None) -> None:
    with pytest.raises(NeedsPerson) as caught:
        parcels_to_create([process(1, 1, status)], {}, holding(afosto_order, 1))
    assert caught.value.reason == "unknown-status"
