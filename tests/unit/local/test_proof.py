"""The proof finds every kind of difference: each test doctors one truth of a pair that agrees."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from local.proof.compare import Report, compare, violation_differences, written_by_connector
from tests.unit.local.equal_sides import Document, Pair, line, process, unit


def test_two_sides_that_agree_differ_nowhere_and_everything_is_counted() -> None:
    report = Pair().report()
    assert report.differences == []
    assert report.left_to_person == []
    assert report.agrees
    expected = {
        "orders": 1,
        "opened": 1,
        "units": 10,
        "canceled units": 2,
        "returned units": 5,
        "parcels": 2,
        "delivered parcels": 1,
        "shop → Afosto: causes": 6,
        "shop → Afosto: effects": 6,
        "Afosto → shop: causes": 6,
        "Afosto → shop: effects": 6,
    }
    assert {name: count for name, count in report.counts.items() if count} == expected


def drop_unit(order: Document) -> None:
    order["units"].pop(9)


def add_unit(order: Document) -> None:
    order["units"].append(unit(10))
    order["meta_data"]["units"]["L1"] = 11


def misplace_unit(order: Document) -> None:
    order["units"].append(unit(10) | {"line_ref": "L9"})


def leave_step(order: Document) -> None:
    order["units"][3]["step"] = "HANDLE_FINISH"


def progress(number: int, word: str) -> Callable[[Document], None]:
    return lambda order: order["units"][number].update(progress=word)


def parcel(number: int = 0, **fields: Any) -> Callable[[Document], None]:
    return lambda order: order["parcels"][number].update(fields)


@pytest.mark.parametrize(
    ("doctor", "kinds"),
    [
        (drop_unit, {"units", "without-cause"}),
        (add_unit, {"units", "canceled"}),
        (misplace_unit, {"units"}),
        (leave_step, {"unfinished", "canceled"}),
        (progress(0, "OPEN"), {"returned"}),
        (progress(1, "OPEN"), {"broken"}),
        (progress(1, "RESTOCKED"), {"without-cause", "broken"}),
        (progress(1, "REJECTED"), {"without-cause", "broken"}),
        (parcel(track_trace_code="LZ2"), {"parcel", "without-cause"}),
        (parcel(units=["U0", "U1"]), {"parcel", "without-cause"}),
        (parcel(status="IN_TRANSIT"), {"parcel-status"}),
        (lambda order: order["parcels"].pop(0), {"parcel"}),
        (lambda order: order.update(reference=None), {"missing", "without-cause"}),
        (lambda order: order.update(status="CONCEPT"), {"missing", "without-cause"}),
    ],
)
def test_each_doctored_effect_in_afosto_is_found_as_its_own_kind_of_difference(
    doctor: Callable[[Document], None], kinds: set[str]
) -> None:
    pair = Pair()
    doctor(pair.order)
    assert set(pair.kinds()) == kinds


@pytest.mark.parametrize("effect", [0, 1])
def test_an_import_without_a_cause_is_found(effect: int) -> None:
    pair = Pair()
    cause = deepcopy(pair.afosto_causes[effect])
    if cause["action"] == "ship":
        pair.order["parcels"].append(pair.order["parcels"][0] | {"id": "T3"})
        pair.afosto_causes.append(cause | {"parcel": "T3"})
    else:
        pair.order["units"][9]["progress"] = "CANCELLED"
        pair.afosto_causes.append(cause | {"units": ["U9"]})
    assert pair.kinds() == ["without-cause"]


def test_an_order_without_counterpart_is_missing() -> None:
    assert Pair().bare(5).kinds(held=[]) == ["missing"]


def test_two_open_orders_with_one_reference_are_doubled() -> None:
    pair = Pair().bare(5)
    assert pair.kinds(held=[pair.order, pair.order | {"id": "A2", "status": "CLOSED"}]) == ["doubled"]


def test_a_draft_given_up_beside_the_open_order_is_counted_and_no_difference() -> None:
    pair = Pair()
    report = pair.report(held=[pair.order | {"id": "A0", "status": "CONCEPT", "units": []}, pair.order])
    assert report.agrees
    assert report.counts["drafts given up"] == 1


def test_an_order_in_afosto_that_no_shop_sold_is_without_cause() -> None:
    report = Report()
    compare(report, {}, [Pair().order], {}, [])
    assert [difference.kind for difference in report.differences] == ["without-cause"]


def test_a_test_order_must_neither_be_imported_nor_touched() -> None:
    pair = Pair().bare(5, test=True)
    assert pair.kinds(held=[]) == []
    assert pair.kinds() == ["without-cause"]
    pair.shop["processes"] = [process("connector", "P1", "SHIPPED", None, 1)]
    assert set(pair.kinds(held=[])) == {"without-cause", "mail"}


def test_an_order_canceled_before_import_needs_no_counterpart() -> None:
    report = Pair().bare(5, canceled=True).report(held=[])
    assert report.agrees
    assert report.counts["canceled before import"] == 1


def test_an_unpaid_order_waits_as_a_complete_draft() -> None:
    pair = Pair().bare(5, payment_status="PENDING")
    draft = pair.order | {"status": "CONCEPT"}
    assert pair.kinds(held=[draft]) == []
    assert pair.kinds(held=[draft | {"units": draft["units"][1:]}]) == ["missing"]
    assert pair.kinds(held=[]) == ["missing"]


def test_totals_that_differ_are_noted_and_no_difference() -> None:
    pair = Pair().bare(5, grand_total="40.00")
    pair.order["total"] = 4100
    report = pair.report()
    assert report.agrees
    assert [total.message for total in report.totals] == ["40.00 EUR in the shop, 41.00 EUR in Afosto"]


def test_totals_are_not_compared_once_pieces_came_back() -> None:
    pair = Pair().bare(5, grand_total="40.00")
    pair.shop["lines"] = [line(unshipped=4, canceled=1)]
    assert pair.report().totals == []


def test_whatever_the_connector_wrote_into_the_shop_beside_exports_marks_and_stock_is_a_difference() -> None:
    causes = [("shop", "sell"), *(("connector", act) for act in ("cancel", "adjust-stock", "note", "pay"))]
    rows = [{"by": by, "action": action} for by, action in causes]
    assert [d.message for d in written_by_connector("berlin", rows)] == ["the connector did pay in the shop"]


def test_a_violation_a_simulator_saw_is_a_difference_with_its_detail() -> None:
    violations = [{"seq": 1, "at": "now", "rule": "doubled", "order": "A1", "detail": {"reference": "berlin/O1"}}]
    (found,) = violation_differences("tenant", violations)
    assert found.kind == "violation"
    assert found.message == "doubled: {'order': 'A1', 'detail': {'reference': 'berlin/O1'}}"
