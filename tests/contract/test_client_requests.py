"""What the connector sends to a shop is what the vendor's OpenAPI file describes: paths, parameters, names, types."""

import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from requests import PreparedRequest, Request, Response
from requests.adapters import HTTPAdapter

from clients.epages import EpagesClient
from clients.http import Http
from clients.oauth import fetch_token
from schemas.epages import ProcessLine
from simulators.epages.activity import merchant
from tests.contract.openapi import OpenApi
from tests.contract.openapi3 import RequestCheck
from tests.contract.scene import Scene, SimulatedShop

pytestmark = pytest.mark.contract
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
FEE = {"currency": "EUR", "amount": 4.99}


@pytest.fixture
def simulated(scene: Scene) -> SimulatedShop:
    return scene.simulated()


@pytest.fixture
def check(openapi: OpenApi, simulated: SimulatedShop) -> RequestCheck:
    return RequestCheck(openapi.document, simulated.base_url)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[PreparedRequest]:
    """Every request that leaves this process, as it leaves."""
    seen: list[PreparedRequest] = []
    send = HTTPAdapter.send

    def noting(adapter: HTTPAdapter, request: PreparedRequest, **how: Any) -> Response:
        seen.append(request)
        return send(adapter, request, **how)

    monkeypatch.setattr(HTTPAdapter, "send", noting)
    return seen


@pytest.fixture
def shop(simulated: SimulatedShop) -> EpagesClient:
    http = Http()
    return EpagesClient(
        simulated.base_url, http, lambda fresh: fetch_token(http, simulated.base_url, "client", "secret", NOW)
    )


def _parcel(simulated: SimulatedShop, shop: EpagesClient, code: str | None) -> None:
    order = simulated.order()
    link = code and f"https://track.example.com/{code}"
    process = shop.create_shipping(order.id, {order.lines[0].id: 2}, "mark", code, link)
    shop.mark_shipped(order.id, process.id, "mark", code, link, mail=True)
    shop.mark_delivered(order.id, process.id, "mark")
    shop.processes(order.id, "shippings")


def _pickup(simulated: SimulatedShop, shop: EpagesClient) -> None:
    order = simulated.order(pickup=True)
    process = shop.create_pickup(order.id, "mark", mail=False)
    shop.mark_picked_up(order.id, process.id, "mark")
    back = [ProcessLine(order.lines[0].id, 1, "BROKEN")]
    shop.create_return(order.id, back, "mark", brought_by=("pickups", process.id), fee=FEE)


def _return(simulated: SimulatedShop, shop: EpagesClient, *, with_process: bool) -> None:
    order = simulated.order()
    process = merchant.ship(simulated.shop, order, None, "LZ1")
    back = [ProcessLine(order.lines[0].id, 1, "RETURNED")]
    brought = ("shippings", process.id) if with_process else None
    shop.create_return(order.id, back, "mark", brought_by=brought, fee=FEE if with_process else None)
    shop.comments(order.id, "returns")


def _cancel(simulated: SimulatedShop, shop: EpagesClient) -> None:
    order = simulated.order()
    shop.create_cancellation(order.id, {order.lines[0].id: 1}, "mark")
    shop.cancel(simulated.order().id, "mark")


def _orders(simulated: SimulatedShop, shop: EpagesClient) -> None:
    shop.orders(created_after=NOW, created_before=NOW, updated_after=NOW, updated_before=NOW)
    shop.order(simulated.order().id)
    shop.order_document(simulated.order().id)
    shop.set_note(simulated.order().id, "In Afosto")
    shop.scopes()
    shop.locations()


def _stock(simulated: SimulatedShop, shop: EpagesClient) -> None:
    plain, product = simulated.plain(), simulated.variation_product()
    shop.find_product(plain.sku)
    shop.products(0)
    shop.variations(product.id)
    shop.product(plain.id)
    shop.variation(product.id, product.variations[0].id)
    shop.adjust_stock(plain.id, None, -1)
    shop.adjust_stock(product.id, product.variations[0].id, 1)


ACTS: dict[str, Callable[[SimulatedShop, EpagesClient], None]] = {
    "orders": _orders,
    "a parcel with its code": lambda simulated, shop: _parcel(simulated, shop, "LZ1"),
    "a parcel without a code": lambda simulated, shop: _parcel(simulated, shop, None),
    "a pickup": _pickup,
    "a return against its parcel": lambda simulated, shop: _return(simulated, shop, with_process=True),
    "a return nobody knows the parcel of": lambda simulated, shop: _return(simulated, shop, with_process=False),
    "cancelations": _cancel,
    "stock": _stock,
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_what_the_client_sends_is_what_the_vendor_describes(
    act: Callable[[SimulatedShop, EpagesClient], None],
    simulated: SimulatedShop,
    shop: EpagesClient,
    check: RequestCheck,
    sent: list[PreparedRequest],
) -> None:
    act(simulated, shop)
    assert sent
    assert {f"{each.method} {each.path_url}": found for each in sent if (found := check.errors(each))} == {}


def test_every_call_of_the_client_is_among_those_that_are_checked() -> None:
    calls = {name for name, _ in inspect.getmembers(EpagesClient, inspect.isfunction) if not name.startswith("_")}
    written = "".join(inspect.getsource(act) for act in (_orders, _parcel, _pickup, _return, _cancel, _stock))
    assert {name for name in calls if f"shop.{name}(" not in written} == set()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/orders/1/processes/shippings", {"comment": "x", "trackingCode": None}),
        ("POST", "/orders/1/processes/shippings", {"lineItems": [{"productLineItemId": "l", "quantity": "1"}]}),
        ("POST", "/orders/1/processes/shippings", {"comment": "x", "carrier": "DHL"}),
        ("POST", "/orders/1/processes/shippings/2/mark-shipped", {"details": {"sendMail": True, "code": "LZ1"}}),
        ("POST", "/orders/1/processes/parcels", {"comment": "x"}),
        ("GET", "/orders?changedAfter=2026-01-05T09:00:00", None),
    ],
)
def test_a_wrong_request_is_noticed(
    check: RequestCheck, simulated: SimulatedShop, method: str, path: str, body: dict[str, Any] | None
) -> None:
    assert check.errors(Request(method, f"{simulated.base_url}{path}", json=body).prepare())
