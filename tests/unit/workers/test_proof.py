"""The proof finds every kind of difference: each test doctors one truth of a pair that agrees."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from workers.local.proof import Report, broken, compare, written_by_connector

Document = dict[str, Any]
STATES = ("unshipped", "pending", "shipped", "delivered", "returned", "broken", "canceled")


def line(**states: int) -> Document:
    return {"id": "L1", "sku": "SKU-1", "ordered": 5, "price": "10.00"} | dict.fromkeys(STATES, 0) | states


def shop_order() -> Document:
    """Five pieces: one canceled, a parcel of three delivered, of which one came back whole and one broken."""
    parcel = {"line": "L1", "quantity": 3, "status": None}
    return {
        "id": "O1",
        "number": "10001",
        "test": False,
        "canceled": False,
        "payment_status": "PAID",
        "grand_total": "40.00",
        "lines": [line(unshipped=1, delivered=3, canceled=1, returned=1, broken=1)],
        "processes": [
            {"id": "P1", "kind": "shippings", "status": "DELIVERED", "tracking_code": "LZ1", "lines": [parcel]},
            {"id": "C1", "kind": "cancelations", "status": None, "tracking_code": None, "lines": []},
        ],
    }


def unit(number: int, progress: str = "OPEN") -> Document:
    return {"id": f"U{number}", "sku": "SKU-1", "line_ref": "L1", "progress": progress, "step": None}


def afosto_order() -> Document:
    progress = ("RESTOCKED", "RETURNED", "OPEN", "OPEN", "CANCELLED")
    return {
        "id": "A1",
        "number": "1001",
        "status": "OPEN",
        "reference": "berlin/O1",
        "total": 4000,
        "meta_data": {"units": {"L1": 5}},
        "units": [unit(number, word) for number, word in enumerate(progress)],
        "parcels": [{"id": "T1", "status": "DELIVERED", "track_trace_code": "LZ1", "units": ["U0", "U1", "U2"]}],
    }


def report_of(sold: list[Document], imported: list[Document]) -> Report:
    report = Report()
    compare(report, {"berlin": sold}, imported)
    return report


def kinds_of(sold: list[Document], imported: list[Document]) -> list[str]:
    return [difference.kind for difference in report_of(sold, imported).differences]


def test_two_sides_that_agree_differ_nowhere_and_everything_is_counted() -> None:
    report = report_of([shop_order()], [afosto_order()])
    assert report.differences == []
    assert report.agrees
    expected = {
        "orders": 1,
        "opened": 1,
        "units": 5,
        "canceled units": 1,
        "returned units": 2,
        "parcels": 1,
        "delivered parcels": 1,
    }
    assert {name: count for name, count in report.counts.items() if count} == expected


def drop_unit(order: Document) -> None:
    order["units"].pop(3)


def add_unit(order: Document) -> None:
    order["units"].append(unit(9))
    order["meta_data"]["units"]["L1"] = 6


def misplace_unit(order: Document) -> None:
    order["units"].append(unit(9) | {"line_ref": "L9"})


def leave_step(order: Document) -> None:
    order["units"][4]["step"] = "HANDLE_FINISH"


def progress(number: int, word: str) -> Callable[[Document], None]:
    def doctor(order: Document) -> None:
        order["units"][number]["progress"] = word

    return doctor


def parcel(**fields: Any) -> Callable[[Document], None]:
    return lambda order: order["parcels"][0].update(fields)


def double_parcel(order: Document) -> None:
    order["parcels"].append(deepcopy(order["parcels"][0]))


@pytest.mark.parametrize(
    ("doctor", "kinds"),
    [
        (drop_unit, {"units", "canceled"}),
        (add_unit, {"units", "canceled"}),
        (misplace_unit, {"units"}),
        (leave_step, {"unfinished"}),
        (progress(4, "OPEN"), {"canceled"}),
        (progress(3, "CANCELLED"), {"canceled"}),
        (progress(0, "OPEN"), {"returned"}),
        (progress(1, "OPEN"), {"broken"}),
        (progress(1, "RESTOCKED"), {"returned", "broken"}),
        (progress(3, "REJECTED"), {"rejected"}),
        (parcel(track_trace_code="LZ2"), {"parcel"}),
        (parcel(units=["U0", "U1"]), {"parcel"}),
        (parcel(status="IN_TRANSIT"), {"parcel-status"}),
        (double_parcel, {"parcel"}),
        (lambda order: order["parcels"].clear(), {"parcel"}),
        (lambda order: order.update(reference="berlin/O2"), {"missing", "without-cause"}),
        (lambda order: order.update(reference=None), {"missing", "without-cause"}),
        (lambda order: order.update(status="CONCEPT"), {"missing"}),
    ],
)
def test_each_doctored_effect_is_found_as_its_own_kind_of_difference(
    doctor: Callable[[Document], None], kinds: set[str]
) -> None:
    order = afosto_order()
    doctor(order)
    assert set(kinds_of([shop_order()], [order])) == kinds


def test_an_order_without_counterpart_is_missing() -> None:
    assert kinds_of([shop_order()], []) == ["missing"]


def test_two_open_orders_with_one_reference_are_doubled() -> None:
    assert kinds_of([shop_order()], [afosto_order(), afosto_order() | {"id": "A2", "status": "CLOSED"}]) == ["doubled"]


def test_a_draft_given_up_beside_the_open_order_is_counted_and_no_difference() -> None:
    report = report_of(
        [shop_order()], [afosto_order() | {"id": "A0", "status": "CONCEPT", "units": []}, afosto_order()]
    )
    assert report.agrees
    assert report.counts["drafts given up"] == 1


def test_an_order_in_afosto_that_no_shop_sold_is_without_cause() -> None:
    assert kinds_of([], [afosto_order()]) == ["without-cause"]


def test_a_test_order_must_not_be_imported() -> None:
    test_order = shop_order() | {"test": True}
    assert kinds_of([test_order], []) == []
    assert kinds_of([test_order], [afosto_order()]) == ["without-cause"]


def test_an_order_canceled_before_import_needs_no_counterpart() -> None:
    canceled = shop_order() | {"canceled": True, "lines": [line(canceled=5)], "processes": []}
    report = report_of([canceled], [])
    assert report.agrees
    assert report.counts["canceled before import"] == 1


def test_an_order_canceled_after_import_has_all_its_units_canceled() -> None:
    canceled = shop_order() | {"canceled": True, "lines": [line(canceled=5)], "processes": []}
    order = afosto_order() | {"units": [unit(n, "CANCELLED") for n in range(5)], "parcels": []}
    assert kinds_of([canceled], [order]) == []
    order["units"][0]["progress"] = "OPEN"
    assert kinds_of([canceled], [order]) == ["canceled"]


def test_units_left_out_at_import_count_as_canceled() -> None:
    sold = shop_order() | {"lines": [line(unshipped=3, canceled=2)], "processes": []}
    order = afosto_order() | {"units": [unit(n) for n in range(3)], "parcels": [], "meta_data": {"units": {"L1": 3}}}
    assert kinds_of([sold], [order]) == []


def test_an_unpaid_order_waits_as_a_complete_draft() -> None:
    unpaid = shop_order() | {"payment_status": "PENDING", "lines": [line(unshipped=5)], "processes": []}
    draft = afosto_order() | {"status": "CONCEPT", "units": [unit(n) for n in range(5)], "parcels": []}
    assert kinds_of([unpaid], [draft]) == []
    assert kinds_of([unpaid], [draft | {"units": draft["units"][1:]}]) == ["missing"]
    assert kinds_of([unpaid], []) == ["missing"]


def test_totals_that_differ_are_noted_and_no_difference() -> None:
    sold = shop_order() | {"lines": [line(unshipped=5)], "processes": []}
    order = afosto_order() | {"units": [unit(n) for n in range(5)], "parcels": [], "total": 4100}
    report = report_of([sold], [order])
    assert report.agrees
    assert [total.message for total in report.totals] == ["40.00 in the shop, 41.00 in Afosto"]


def test_whatever_the_connector_wrote_into_the_shop_is_a_difference() -> None:
    causes = [{"by": "shop", "action": "sell"}, {"by": "connector", "action": "cancel"}]
    assert [difference.message for difference in written_by_connector("berlin", causes)] == [
        "the connector did cancel in the shop"
    ]


def test_a_violation_a_simulator_saw_is_a_difference_with_its_detail() -> None:
    violations = [{"seq": 1, "at": "now", "rule": "doubled", "order": "A1", "detail": {"reference": "berlin/O1"}}]
    (found,) = broken("tenant", violations)
    assert found.kind == "violation"
    assert found.message == "doubled: {'order': 'A1', 'detail': {'reference': 'berlin/O1'}}"
