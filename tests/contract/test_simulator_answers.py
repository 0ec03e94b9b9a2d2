"""The simulated shop answers as the vendor's OpenAPI file says: schema, keys, refusals, scopes."""

from typing import Any

import pytest
import requests

from simulators.epages.api import orders_api, processes_api, products_api
from tests.contract.openapi import OPERATIONS, REFUSALS, OpenApi, Operation, missing_keys
from tests.contract.scene import Scene

pytestmark = pytest.mark.contract


def _name(operation: Operation) -> str:
    return " ".join(operation)


@pytest.mark.parametrize("operation", OPERATIONS, ids=_name)
def test_an_answer_validates_against_the_vendors_schema(openapi: OpenApi, scene: Scene, operation: Operation) -> None:
    answer = scene.answer(operation)
    assert str(answer.status_code) == operation[2], answer.text
    assert openapi.errors(operation, answer.json()) == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=_name)
def test_an_answer_has_every_key_of_the_recorded_one(openapi: OpenApi, scene: Scene, operation: Operation) -> None:
    example, answer = openapi.example(operation), scene.answer(operation).json()
    if operation[1].endswith("/events"):
        example, answer = _events_by_type(example, answer)
    assert missing_keys(example, answer) == []


@pytest.mark.parametrize("operation", REFUSALS, ids=_name)
def test_a_refusal_is_worded_as_the_recorded_one(openapi: OpenApi, scene: Scene, operation: Operation) -> None:
    answer, example = scene.answer(operation), openapi.example(operation)
    assert str(answer.status_code) == operation[2]
    assert answer.json().keys() == example.keys()
    assert answer.json().get("errorId") == example.get("errorId")
    assert answer.json().get("error_description") == example.get("error_description")


@pytest.mark.parametrize("operation", OPERATIONS[1:], ids=_name)
def test_a_call_needs_the_scope_that_the_file_names(openapi: OpenApi, operation: Operation) -> None:
    method, path, _ = operation
    named = openapi.scopes(operation)
    assert not named or [_scopes()[method, _anonymous(path)]] == named


def test_every_call_the_simulator_serves_is_checked() -> None:
    checked = {(method, _anonymous(path)) for method, path, _ in OPERATIONS[1:]}
    assert _scopes().keys() == checked


def test_a_wrong_answer_is_noticed(openapi: OpenApi, scene: Scene) -> None:
    operation = ("get", "/orders/{orderId}", "200")
    body = scene.answer(operation).json()
    body["productLineItems"][0]["quantity"] = "three"
    body["orderNumber"] = None
    assert len(openapi.errors(operation, body)) == 2
    del body["billingAddress"]["city"]
    assert missing_keys(openapi.example(operation), body) == [".billingAddress.city"]


def test_answers_carry_the_time_and_the_hal_type(scene: Scene) -> None:
    answer: requests.Response = scene.answer(("get", "/orders", "200"))
    assert answer.headers["Content-Type"] == "application/hal+json"
    assert answer.headers["Date"].endswith("GMT")


def _scopes() -> dict[tuple[str, str], str]:
    routes = (*orders_api.ROUTES, *processes_api.ROUTES, *products_api.ROUTES)
    return {(method.lower(), _anonymous(path)): scope for method, path, scope, _ in routes}


def _anonymous(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


def _events_by_type(example: Any, answer: Any) -> tuple[Any, Any]:
    """Events differ in their details by type: compare those that the shop also knows (it writes no invoices)."""
    made = {event["type"]: event for event in answer["_embedded"]["order-events"]}
    known = {event["type"]: event for event in example["_embedded"]["order-events"] if event["type"] in made}
    assert known.keys() >= {"order-created", "payment-paid", "items-canceled", "refund-created"}
    for event in known.values():
        # The vendor links payments only while they are open.
        event.pop("_links", None)
    return known | {"page": example["page"]}, made | {"page": answer["page"]}
