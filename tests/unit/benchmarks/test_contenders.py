"""What every contender of the comparisons sends to the vendors."""

from collections.abc import Sequence
from typing import Any

import pytest
import requests

from benchmarks.contenders import vendor_requests
from benchmarks.contenders.export_requests import export_parcels
from benchmarks.contenders.import_requests import import_order, orders

AFOSTO = "http://afosto.test/graphql"
Document = dict[str, Any]


class Vendors:
    """Answers in turn, and keeps what was sent: the method and path of the shop, or Afosto's operation."""

    def __init__(self, *answers: Document) -> None:
        self._answers = [*answers]
        self.sent: list[str] = []
        self.bodies: list[Document | None] = []

    def __call__(self, method: str, url: str, **options: Any) -> requests.Response:
        body = options["json"]
        path = body["query"].split("(")[0] if url == AFOSTO else f"{method} {url.removeprefix('http://shop.test')}"
        self.sent.append(path)
        self.bodies.append(body)
        answer = self._answers.pop(0)
        response = requests.Response()
        response.status_code = answer.pop("status", 200)
        response.json = lambda **_: answer  # type: ignore[method-assign]
        return response


@pytest.fixture(autouse=True)
def _addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_EPAGES_URL", "http://{store}.test")
    monkeypatch.setenv("CONNECTOR_AFOSTO_URL", AFOSTO)
    monkeypatch.setenv("BENCHMARK_AFOSTO_KEY", "key")
    monkeypatch.setenv("BENCHMARK_CHANNEL", "channel")
    monkeypatch.setenv("BENCHMARK_CLIENT_ID", "client")
    monkeypatch.setenv("BENCHMARK_CLIENT_SECRET", "secret")
    monkeypatch.setattr(vendor_requests, "_tokens", {"shop": "token"})


def _page(ids: Sequence[str], pages: int) -> Document:
    return {"_embedded": {"orders": [{"_id": each} for each in ids]}, "page": {"totalPages": pages}}


def test_all_pages_of_the_list_are_read() -> None:
    vendors = Vendors(_page("ab", 2), _page("c", 2))
    assert [*orders(vendors, "shop", handed=False)] == ["a", "b", "c"]
    assert vendors.sent == ["GET /orders", "GET /orders"]


def test_a_contender_that_is_handed_the_document_does_not_ask_the_shop() -> None:
    address = dict.fromkeys(("street", "houseNumber", "country", "city", "postalCode", "company"), "x")
    buyer = {**address, "firstName": "x", "lastName": "x", "email": "x"}
    named = dict.fromkeys(("shippingLineItem", "paymentLineItem", "couponLineItem", "shippingAddress"))
    texts = dict.fromkeys(("customerEmail", "currency", "taxModel", "customerComment", "orderNumber"), "x")
    order: Document = {"_id": "a", "billingAddress": buyer, "productLineItems": [], **named, **texts}
    made: list[Document] = [{"data": {"createOrder": {"order": {"id": "7"}}}}, {"data": {}}, {"data": {}}]
    afosto = ["mutation CreateOrder", "mutation AddItemsToOrder", "mutation OpenOrder"]
    handed, reading = Vendors(*made), Vendors(order, *made)
    assert import_order(handed, "shop", order) == import_order(reading, "shop", "a") == "7"
    assert handed.sent == afosto
    assert reading.sent == ["GET /orders/a", *afosto]


def _shipped(*codes: str) -> Document:
    units = [{"id": f"unit-{code}"} for code in codes]
    item = {"meta_data": {"line_ref": "line"}, "details": units}
    parcels = [{"track_trace_code": code, "item_ids": [f"unit-{code}"]} for code in codes]
    return {"data": {"order": {"items": [item], "parcels": parcels}}}


def _in_shop(unshipped: int) -> Document:
    return {"productLineItems": [{"_id": "line", "shippingStatus": {"unshipped": {"quantity": unshipped}}}]}


def test_only_a_parcel_that_is_not_in_the_shop_is_exported() -> None:
    there = {"_embedded": {"shipping-processes": [{"trackingCode": "T1"}]}}
    vendors = Vendors(_shipped("T1", "T2"), _in_shop(1), there, {"_id": "process"}, {})
    export_parcels(vendors, "shop", "a", "7")
    path = "/orders/a/processes/shippings"
    assert vendors.sent[1:] == ["GET /orders/a", f"GET {path}", f"POST {path}", f"POST {path}/process/mark-shipped"]
    created = vendors.bodies[3]
    assert created is not None
    assert created["trackingCode"] == "T2"
    assert created["lineItems"] == [{"productLineItemId": "line", "quantity": 1}]


def test_nothing_is_exported_that_the_shop_has_not_left_to_ship() -> None:
    vendors = Vendors(_shipped("T1"), _in_shop(0), {})
    export_parcels(vendors, "shop", "a", "7")
    assert len(vendors.sent) == 3


def test_an_answer_with_an_error_ends_the_work() -> None:
    with pytest.raises(requests.HTTPError):
        export_parcels(Vendors({"status": 500}), "shop", "a", "7")
    with pytest.raises(ValueError, match="Afosto refused order"):
        export_parcels(Vendors({"errors": [{"message": "no"}]}), "shop", "a", "7")
