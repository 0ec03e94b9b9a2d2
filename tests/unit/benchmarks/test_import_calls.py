"""What the calls of a first import come to."""

import pytest

from benchmarks.measure.import_calls import ImportCalls, Sample
from benchmarks.measure.vendor_calls import VendorCalls


def sample(seconds: float, imported: int, afosto: int, *, shop: int = 30, refused: int = 0) -> Sample:
    calls = VendorCalls(shop, afosto)
    return Sample(seconds=seconds, imported=imported, seen=2_000, polls=20, pages=10, calls=calls, refused=refused)


def after(*samples: Sample, budget: int | None = 600) -> ImportCalls:
    return ImportCalls(20_000, budget, list(samples))


def test_rates_are_measured_after_the_first_minute() -> None:
    calls = after(sample(10, 0, 0), sample(60, 100, 300), sample(120, 300, 870))
    assert calls.missed() == []
    assert "imported per minute: 200 orders" in [*calls.lines()]
    assert "used of Afosto's budget after the first 60 s: 95.0%" in [*calls.lines()]


def test_calls_that_afosto_refused_used_nothing_of_its_budget() -> None:
    calls = after(sample(60, 100, 300), sample(120, 300, 900, refused=120))
    assert calls.missed() == ["80.0% of Afosto's budget was used, 90% is the aim"]


def test_pages_are_projected_by_the_orders_that_were_read_and_polls_by_time() -> None:
    calls = after(sample(60, 100, 300), sample(120, 300, 900))
    # 100 pages, and 20 polls in 100 minutes.
    assert [*calls.lines()][-1].startswith("all 20,000 orders: 100 minutes and 120 calls to the shop")


def test_calls_for_single_orders_are_projected_by_the_orders_that_were_imported() -> None:
    calls = after(sample(60, 100, 300), sample(120, 300, 900, shop=33))
    assert calls.missed() == ["320 calls to the shop for 20,000 orders, at most 300 are the aim"]


def test_without_a_budget_no_share_of_it_is_told() -> None:
    calls = after(sample(60, 100, 300), sample(120, 300, 900), budget=None)
    assert not any("budget" in line for line in calls.lines())


@pytest.mark.parametrize("samples", [[], [sample(60, 0, 0)]])
def test_an_import_without_orders_has_missed_its_aims(samples: list[Sample]) -> None:
    calls = after(*samples)
    assert ([*calls.lines()], calls.missed()) == ([], ["no order was imported"])
