"""Every body the vendor recorded for the paths we use loads through our schemas."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from clients.epages.refusals import ADVICE
from schemas import epages
from tests.contract.openapi import OPERATIONS, REFUSALS, OpenApi, Operation

pytestmark = pytest.mark.contract
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
KINDS = ("shippings", "pickups", "returns", "cancelations")


def _read(openapi: OpenApi, operation: Operation) -> Any:
    return json.loads(json.dumps(openapi.example(operation)), parse_float=Decimal)


@pytest.mark.parametrize("operation", OPERATIONS[2:5], ids=" ".join)
def test_a_recorded_order_loads(openapi: OpenApi, operation: Operation) -> None:
    example = _read(openapi, operation)
    order = epages.load_order(example)
    assert order.id == example["_id"]
    assert [line.quantity for line in order.lines] == [line["quantity"] for line in example["productLineItems"]]
    assert order.grand_total == example["grandTotal"]["amount"]
    assert order.is_pickup == (example["pickupLineItem"] is not None)


def test_the_recorded_order_list_loads_row_by_row(openapi: OpenApi) -> None:
    page = epages.load_order_page(_read(openapi, OPERATIONS[1]), NOW)
    assert [row.message for row in page.rows] == [None]
    assert (page.size, page.number, page.total_elements, page.total_pages) == (20, 0, 1, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_recorded_lists_of_processes_load(openapi: OpenApi, kind: str) -> None:
    example = _read(openapi, ("get", f"/orders/{{orderId}}/processes/{kind}", "200"))
    (process,) = epages.load_processes(kind, example)
    assert process.kind == kind
    assert all(line.quantity > 0 for line in process.lines)


@pytest.mark.parametrize(
    "operation",
    [
        op
        for op in OPERATIONS
        if any(f"processes/{kind}" in op[1] for kind in KINDS) and op[1].split("/")[-1] not in KINDS
    ]
    + [op for op in OPERATIONS if op[0] == "post" and op[1].split("/")[-1] in KINDS],
    ids=" ".join,
)
def test_a_recorded_process_loads(openapi: OpenApi, operation: Operation) -> None:
    example = _read(openapi, operation)
    kind = operation[1].split("/")[4]
    process = epages.load_process(kind, example)
    assert process.id == example["_id"]
    assert process.status == example.get("status")
    assert process.moves == {name for name in example["_links"] if name.startswith("mark-")}


def test_the_recorded_token_loads(openapi: OpenApi) -> None:
    token = epages.load_token(_read(openapi, OPERATIONS[0]), NOW)
    assert token.scopes == {"user:r"}
    assert (token.expires_at - NOW).total_seconds() == 43199


def test_the_recorded_locations_load(openapi: OpenApi) -> None:
    example = _read(openapi, ("get", "/shop/locations", "200"))
    (location,) = epages.load_locations(example)
    assert location.id == example["_embedded"]["locations"][0]["_id"]


AVAILABILITIES = [op for op in OPERATIONS if "availability" in op[1]]


@pytest.mark.parametrize("operation", AVAILABILITIES, ids=" ".join)
def test_a_recorded_availability_loads(openapi: OpenApi, operation: Operation) -> None:
    example = _read(openapi, operation)
    availability = epages.load_availability(example)
    assert availability.available_stock == example["availableStock"]
    assert availability.purchasable == example["purchasable"]


@pytest.mark.parametrize("path", ["/products/search/find-by-sku", "/products/{productId}"])
def test_a_recorded_product_loads_with_its_stock(openapi: OpenApi, path: str) -> None:
    example = _read(openapi, ("get", path, "200"))
    product = epages.load_product(example)
    assert (product.id, product.sku) == (example["_id"], example["sku"])
    assert product.availability.available_stock == example["_embedded"]["availability"]["availableStock"]


def test_the_recorded_catalog_loads(openapi: OpenApi) -> None:
    example = _read(openapi, ("get", "/products", "200"))
    products = epages.load_products(example)
    found = [product.id for product in products if isinstance(product, epages.Product)]
    assert found == [row["_id"] for row in example["_embedded"]["products"]]


def test_recorded_variations_load(openapi: OpenApi) -> None:
    example = _read(openapi, ("get", "/products/{productId}/variations", "200"))
    variations = epages.load_variations(example)
    found = [variation.sku for variation in variations if isinstance(variation, epages.Variation)]
    assert found == [row["sku"] for row in example["_embedded"]["variations"]]


def test_every_refusal_that_the_vendor_records_for_a_process_has_its_advice(openapi: OpenApi) -> None:
    recorded = {openapi.example(operation).get("errorId") for operation in REFUSALS if "/processes/" in operation[1]}
    assert recorded <= ADVICE.keys()
