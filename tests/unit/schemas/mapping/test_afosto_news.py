"""What counts as news of Afosto: changes that began in Afosto, are finished, and were not carried over."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from schemas import afosto
from schemas.mapping.progress.afosto_news import Known, news

NOTHING = Known(frozenset(), frozenset(), {})


def unit(name: str, progress: str = "OPEN", **changes: Any) -> afosto.Unit:
    return replace(afosto.Unit(name, "TEA", "line", None, None, progress), **changes)


def parcel(status: str) -> afosto.Parcel:
    return afosto.Parcel("p", status, "T1", None, ("u",))


@pytest.fixture
def order(afosto_order: afosto.Order) -> afosto.Order:
    return replace(afosto_order, units=(unit("u"),), parcels=(), actions=())


def found(order: afosto.Order, known: Known = NOTHING, *, broken: bool = True) -> Mapping[str, list[str]]:
    return news(order, known, broken=broken)


def test_an_unchanged_order_has_no_news(order: afosto.Order) -> None:
    assert found(order) == {}


def test_a_canceled_unit_is_news_once_it_is_approved(order: afosto.Order) -> None:
    canceled = replace(order, units=(unit("u", "CANCELLED", contra_id="c"),))
    asking = replace(canceled, actions=(afosto.Action("HANDLE_APPROVAL", ("c",)),))
    restocking = replace(canceled, actions=(afosto.Action("HANDLE_RESTOCK", ("c",)),))
    assert found(asking) == {}
    assert found(restocking) == found(canceled) == {"cancellations": ["c"]}


def test_a_unit_that_came_back_is_news_once_its_return_is_finished(order: afosto.Order) -> None:
    back = replace(order, units=(unit("u", "RESTOCKED"),))
    assert found(replace(back, actions=(afosto.Action("HANDLE_FINISH", ("u",)),))) == {}
    assert found(back) == {"returns": ["u RESTOCKED"]}


def test_a_rejected_return_is_news_only_for_a_store_that_exports_it(order: afosto.Order) -> None:
    rejected = replace(order, units=(unit("u", "REJECTED"),))
    assert found(rejected, broken=True) == {"returns": ["u REJECTED"]}
    assert found(rejected, broken=False) == {}


@pytest.mark.parametrize("status", ["OPEN", "ANNOUNCED"])
def test_a_parcel_that_has_not_left_is_not_news(order: afosto.Order, status: str) -> None:
    assert found(replace(order, parcels=(parcel(status),))) == {}


@pytest.mark.parametrize(
    ("carried_over", "now", "is_news"),
    [
        (None, "IN_TRANSIT", True),
        ("created", "IN_TRANSIT", True),
        ("IN_TRANSIT", "IN_TRANSIT", False),
        ("IN_TRANSIT", "DELIVERED", True),
        ("DELIVERED", "DELIVERED", False),
        ("READY_TO_COLLECT", "DELIVERED", True),
        (None, "LOST_AT_SEA", True),
    ],
)
def test_a_parcel_is_news_while_it_is_further_on_than_the_shop_knows(
    order: afosto.Order, carried_over: str | None, now: str, is_news: bool
) -> None:
    known = replace(NOTHING, parcels={"p": carried_over} if carried_over else {})
    assert bool(found(replace(order, parcels=(parcel(now),)), known)) == is_news


def test_what_links_explain_is_not_news(order: afosto.Order) -> None:
    undone = replace(order, units=(unit("u", "CANCELLED", contra_id="c"), unit("v", "RETURNED")))
    assert found(undone, Known({"c"}, {"v"}, {})) == {}
