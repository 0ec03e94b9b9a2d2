"""Answers of a hostile vendor: odd numbers, texts and headers, hostile bodies, and orders with odd values."""

import json
import random
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from simulators.afosto.app import create_app as create_afosto
from simulators.afosto.control.client import AfostoControl
from simulators.epages.app import create_app as create_epages
from simulators.epages.control.client import ControlError, EpagesControl
from simulators.faults import Fault
from simulators.hostile.bodies import BODIES
from simulators.hostile.documents import odd_document
from simulators.hostile.headers import HEADERS, REFUSALS
from simulators.hostile.values import NUMBERS, TEXTS, incredible
from simulators.server import serve

PAGE = b'{"_embedded":{"orders":[{"_id":"a","total":{"amount":1.5}}]},"page":{"totalPages":1,"last":true}}'
SHOP, TENANT, KEY = "hof", "tenant", "key"


@pytest.fixture(scope="module")
def epages() -> Iterator[EpagesControl]:
    with serve(create_epages()) as url:
        control = EpagesControl(url)
        control.open_shop(SHOP)
        control.url = url  # type: ignore[attr-defined]
        yield control


@pytest.mark.parametrize("oddity", NUMBERS.values(), ids=NUMBERS)
def test_an_odd_number_stands_where_a_number_stood(oddity: Any) -> None:
    spoiled = odd_document(PAGE, oddity, random.Random(1), r"totalPages")
    assert spoiled is not None
    before, after = PAGE.split(b'"totalPages":1')
    assert spoiled[1] == "page.totalPages"
    assert spoiled[0] == before + b'"totalPages":' + oddity.write(1, random.Random(1)).encode() + after


@pytest.mark.parametrize("oddity", TEXTS.values(), ids=TEXTS)
def test_an_odd_text_stands_where_a_text_stood(oddity: Any) -> None:
    spoiled = odd_document(PAGE, oddity, random.Random(1))
    assert spoiled is not None
    assert spoiled[1] == "_embedded.orders.0._id"
    before, after = PAGE.split(b'"a"')
    assert spoiled[0].startswith(before)
    assert spoiled[0].endswith(after)


def test_the_same_seed_draws_the_same_place() -> None:
    draws = [[odd_document(PAGE, NUMBERS["nan"], random.Random(seed)) for seed in range(9)] for _ in range(2)]
    assert draws[0] == draws[1]
    assert {place for drawn in draws[0] if drawn for place in drawn[1:]} == {
        "page.totalPages",
        "_embedded.orders.0.total.amount",
    }


def test_a_document_without_a_number_has_no_place_for_an_odd_one() -> None:
    assert odd_document(b'{"access_token":"x"}', NUMBERS["nan"], random.Random(1)) is None


def test_a_fault_may_name_its_ways_and_none_that_do_not_exist() -> None:
    assert Fault("odd-number", only=["nan"]).only == ["nan"]
    with pytest.raises(ValueError, match="odd-text has no nan"):
        Fault("odd-text", only=["nan"])


def test_credible_oddities_are_listed_apart_from_the_others() -> None:
    assert "huge-exponent" in incredible(NUMBERS)
    assert "negative" not in incredible(NUMBERS)
    assert "nul" in incredible(TEXTS)
    assert "emoji" not in incredible(TEXTS)


@pytest.mark.parametrize(
    ("kind", "way"), [*(("odd-header", way) for way in HEADERS), *(("hostile-body", way) for way in BODIES)]
)
def test_every_hostile_answer_goes_over_the_wire_and_the_next_one_is_good(
    epages: EpagesControl, kind: str, way: str
) -> None:
    epages.set_faults(SHOP, faults=[{"kind": kind, "only": [way], "path": "/orders", "count": 1}])
    good, spoiled, again = _raw(epages, "/products"), _raw(epages, "/orders"), _raw(epages, "/orders")
    assert spoiled.startswith(b"HTTP/1.1 ")
    assert spoiled.split(b"\r\n\r\n") != again.split(b"\r\n\r\n")
    assert good[:15] == again[:15] == b"HTTP/1.1 200 OK"
    assert epages.stats(SHOP)["spoiled"][-1] == f"GET /{SHOP}/api/orders: {kind}, {way}"


@pytest.mark.parametrize("kind", ["odd-number", "hostile-body"])
def test_the_effect_has_happened_though_its_answer_is_garbage(epages: EpagesControl, kind: str) -> None:
    order = epages.place(SHOP, pickup=False, paid=True)
    wish = {"comment": "x", "lineItems": [{"productLineItemId": order["lines"][0]["id"], "quantity": 1}]}
    epages.set_faults(
        SHOP, faults=[{"kind": kind, "only": ["nan" if kind == "odd-number" else "html"], "writes": True}]
    )
    answer = _call(epages, "POST", f"/orders/{order['id']}/processes/shippings", wish)
    assert b"NaN" in answer.content or b"<html>" in answer.content
    assert len(epages.order(SHOP, order["id"])["processes"]) == 1


@pytest.mark.parametrize(
    ("kind", "way"), [*(("odd-header", way) for way in REFUSALS), ("hostile-body", "long refusal")]
)
def test_a_refused_request_has_no_effect(epages: EpagesControl, kind: str, way: str) -> None:
    order = epages.place(SHOP, pickup=False, paid=True)
    wish = {"comment": "x", "lineItems": [{"productLineItemId": order["lines"][0]["id"], "quantity": 1}]}
    epages.set_faults(SHOP, faults=[{"kind": kind, "only": [way], "writes": True}])
    answer = _call(epages, "POST", f"/orders/{order['id']}/processes/shippings", wish)
    assert answer.status_code == (429 if kind == "odd-header" else 409)
    assert epages.order(SHOP, order["id"])["processes"] == []


def test_an_order_is_odd_until_it_is_mended_and_the_others_are_as_they_were(epages: EpagesControl) -> None:
    epages.set_faults(SHOP, faults=[])
    odd, good = epages.place_odd(SHOP, "productLineItems.0.quantity", "huge-exponent"), epages.place(SHOP)
    path = f"/orders/{odd['id']}"
    assert b'"quantity":1e9999999' in _call(epages, "GET", path).content
    assert b"1e9999999" in _call(epages, "GET", "/orders?size=200").content
    assert b"1e9999999" not in _call(epages, "GET", f"/orders/{good['id']}").content
    epages.act(SHOP, odd["id"], "mend")
    assert b"1e9999999" not in _call(epages, "GET", path).content


def test_an_oddity_or_a_place_that_does_not_exist_is_refused_and_breaks_nothing(epages: EpagesControl) -> None:
    epages.set_faults(SHOP, faults=[])
    with pytest.raises(ControlError, match="no such oddity"):
        epages.place_odd(SHOP, "orderNumber", "purple")
    with pytest.raises(ControlError, match="no value at orderName"):
        epages.place_odd(SHOP, "orderName", "nul")
    assert _call(epages, "GET", "/orders").status_code == 200


@pytest.mark.parametrize("kind", ["odd-number", "odd-text", "odd-header", "hostile-body"])
def test_a_tenant_answers_the_same_kinds(kind: str) -> None:
    with serve(create_afosto()) as url:
        control = AfostoControl(url)
        control.create(TENANT, KEY, channels=[{"id": "c", "name": "Shop"}])
        control.set_faults(TENANT, {"kind": kind}, seed=3)
        asked = {"query": "{ channels(first: 1) { nodes { id name } pageInfo { hasNextPage endCursor } } }"}
        with socket.create_connection(("127.0.0.1", urlsplit(url).port)) as wire:
            wire.sendall(_request("POST", "/graphql", f"Bearer {KEY}", json.dumps(asked).encode()))
            assert wire.recv(12) == b"HTTP/1.1 200" or kind not in ("odd-number", "odd-text")
        assert len(control.stats(TENANT)["spoiled"]) == (0 if kind == "odd-number" else 1)


def _call(epages: EpagesControl, method: str, path: str, body: Any = None) -> requests.Response:
    url = f"{epages.url}/{SHOP}/api"  # type: ignore[attr-defined]
    token = requests.post(
        f"{url}/oauth/token?grant_type=client_credentials", auth=("client", "secret"), timeout=5
    ).json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    return requests.request(method, f"{url}{path}", json=body, headers=headers, timeout=5)


def _raw(epages: EpagesControl, path: str) -> bytes:
    """Return all bytes of the answer, up to the end of the connection."""
    url = f"{epages.url}/{SHOP}/api"  # type: ignore[attr-defined]
    token = requests.post(
        f"{url}/oauth/token?grant_type=client_credentials", auth=("client", "secret"), timeout=5
    ).json()
    with socket.create_connection(("127.0.0.1", urlsplit(url).port), timeout=20) as wire:
        wire.sendall(_request("GET", f"/{SHOP}/api{path}", f"Bearer {token['access_token']}", b""))
        return b"".join(iter(lambda: wire.recv(2**20), b""))


def _request(method: str, path: str, authorization: str, body: bytes) -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {authorization}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
