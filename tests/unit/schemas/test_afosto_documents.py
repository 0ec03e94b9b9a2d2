"""The loaders of the Afosto documents with valid, partial and broken JSON."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from schemas import afosto
from schemas.errors import MalformedDocument

HEAD = {"id": "ord_1", "number": 1042, "status": "CONCEPT", "currency": "EUR", "total": 5965}


def test_an_order_loads_with_units_parcels_and_actions(afosto_order: afosto.Order) -> None:
    assert afosto_order.total == Decimal("59.65")
    assert afosto_order.reference == "corner/order-shipped"
    assert afosto_order.updated_at == datetime(2024, 3, 5, 9, tzinfo=UTC)
    assert [(unit.id, unit.sku, unit.line_ref) for unit in afosto_order.units] == [
        ("tea-1", "TEA-250", "line-tea"),
        ("tea-2", "TEA-250", "line-tea"),
        ("tea-3", "TEA-250", "line-tea"),
        ("pot-1", "POT-BLUE", "line-pot"),
    ]
    assert (afosto_order.units[0].parcel_id, afosto_order.units[3].contra_id) == ("par_1", "contra-1")
    assert afosto_order.parcels == (
        afosto.Parcel("par_1", "IN_TRANSIT", "JD0001", "https://track.example/JD0001", ("tea-1",)),
    )
    assert afosto_order.actions == (afosto.Action("HANDLE_APPROVAL", ("contra-1",)),)


def test_an_answer_that_selects_fewer_fields_has_no_units_parcels_or_actions() -> None:
    order = afosto.load_order(HEAD)
    assert (order.units, order.parcels, order.actions) == ((), (), ())
    assert (order.number, order.reference, order.imported_units, order.updated_at) == ("1042", None, {}, None)


def test_an_order_without_meta_data_has_no_reference() -> None:
    order = afosto.load_order(HEAD | {"meta_data": None, "items": [{"sku": "A", "meta_data": None, "details": []}]})
    assert (order.reference, order.units) == (None, ())


@pytest.mark.parametrize("count", [True, "2", 1.5, -3, Decimal("NaN"), [], None])
def test_an_invalid_count_in_the_meta_data_is_malformed(count: object) -> None:
    with pytest.raises(MalformedDocument) as caught:
        afosto.load_order(HEAD | {"meta_data": {"reference": "store/1", "units": {"line": count}}})
    assert caught.value.field == "meta_data.units"


@pytest.mark.parametrize("reference", [True, [], "a\0b"])
def test_a_reference_that_is_not_a_text_is_malformed(reference: object) -> None:
    with pytest.raises(MalformedDocument) as caught:
        afosto.load_order(HEAD | {"meta_data": {"reference": reference}})
    assert caught.value.field == "meta_data.reference"


@pytest.mark.parametrize("total", ["59.65", Decimal("59.65"), None, True])
def test_money_that_is_not_in_whole_minor_units_is_malformed(total: object) -> None:
    with pytest.raises(MalformedDocument) as caught:
        afosto.load_order(HEAD | {"total": total})
    assert caught.value.field == "total"


def test_a_broken_unit_is_named_by_its_path() -> None:
    items = [{"sku": "A", "details": [{"id": "u1", "progress": "OPEN"}, {"id": "u2"}]}]
    with pytest.raises(MalformedDocument) as caught:
        afosto.load_order(HEAD | {"items": items})
    assert caught.value.field == "items.0.details.1.progress"


def test_unknown_values_load_as_text() -> None:
    parcel = afosto.load_parcel({"id": "par_2", "status": "LOST_AT_SEA"})
    assert parcel == afosto.Parcel("par_2", "LOST_AT_SEA", None, None, ())


@pytest.mark.parametrize("load", [afosto.load_channels, afosto.load_locations])
def test_connections_load_their_nodes(load: Callable[[Any], Any]) -> None:
    (node,) = load({"nodes": [{"id": 7, "name": "Web"}], "pageInfo": {"hasNextPage": False}})
    assert (node.id, node.name) == ("7", "Web")
    with pytest.raises(MalformedDocument):
        load({})
