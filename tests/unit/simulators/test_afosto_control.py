"""The control API through its client, and the whole app as ASGI, without a socket."""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import responses
from starlette.types import ASGIApp, Message

from simulators.afosto.app import create_app
from simulators.afosto.control.client import AfostoControl, ControlRefused

BASE = "http://afosto.test"
SETUP: dict[str, Any] = {
    "channels": [{"id": "web", "name": "Web"}],
    "locations": [{"id": "depot", "name": "Depot"}],
    "inventory": [{"location_id": "depot", "sku": "TEA", "total": 5}],
}
IMPORT = """mutation($draft: CreateOrderInput!) { createOrder(input: $draft) { order { id } } }"""
FILL = """mutation($id: String!, $items: [OrderItemInput!]!) {
    addItemsToOrder(input: {order_id: $id, items: $items}) { order { id } }
    openOrder(input: {order_id: $id}) { order { id } } }"""


def call(app: ASGIApp, request: Any) -> tuple[int, dict[str, str], bytes]:
    """Send a prepared request through the app."""
    sent: list[Message] = []
    path, _, query = request.path_url.partition("?")
    raw = request.body or b""
    body = raw.encode() if isinstance(raw, str) else raw
    headers = [(name.lower().encode(), value.encode()) for name, value in request.headers.items()]
    scope = {"type": "http", "method": request.method, "path": path, "root_path": "", "query_string": query.encode()}

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    async def run() -> None:
        await app(scope | {"headers": headers}, receive, send)

    asyncio.run(run())
    return sent[0]["status"], {}, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.fixture
def control() -> Iterator[AfostoControl]:
    app = create_app()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for method in ("GET", "POST", "PUT", "DELETE"):
            mock.add_callback(method, re.compile(BASE), callback=lambda request: call(app, request))
        client = AfostoControl(BASE)
        client.create("acme", "secret", **SETUP)
        yield client


def ask(control: AfostoControl, query: str, **variables: Any) -> dict[str, Any]:
    session = control._session
    headers = {"Authorization": "Bearer secret"}
    answer = session.post(control.graphql_url, json={"query": query, "variables": variables}, headers=headers)
    assert answer.status_code == 200
    return dict(answer.json())


def imported(control: AfostoControl, quantity: int = 2) -> str:
    draft = {
        "channel_id": "web",
        "currency": "EUR",
        "customer": {"reference": "10001"},
        "meta_data": {"reference": "store/1", "units": quantity},
    }
    order_id = str(ask(control, IMPORT, draft=draft)["data"]["createOrder"]["order"]["id"])
    item = {"sku": "TEA", "quantity": quantity, "price": 500, "meta_data": {"line_ref": "l1"}}
    assert "errors" not in ask(control, FILL, id=order_id, items=[item])
    return order_id


def test_the_state_of_an_order_names_units_parcels_and_references(control: AfostoControl) -> None:
    order_id = imported(control)
    control.ship("acme", order_id, code="T1", url="http://track/T1")
    [order] = control.orders("acme")
    assert (order["reference"], order["customer_reference"], order["status"]) == ("store/1", "10001", "OPEN")
    assert [(unit["line_ref"], unit["progress"]) for unit in order["units"]] == [("l1", "OPEN")] * 2
    [parcel] = order["parcels"]
    assert (parcel["status"], parcel["track_trace_code"]) == ("IN_TRANSIT", "T1")
    assert parcel["units"] == [unit["id"] for unit in order["units"]]


def test_the_merchant_cancels_ships_delivers_and_takes_back(control: AfostoControl) -> None:
    order_id = imported(control, 3)
    first, second, third = (unit["id"] for unit in control.order("acme", order_id)["units"])
    control.cancel("acme", order_id, [first])
    control.ship("acme", order_id, [second, third])
    control.deliver("acme", order_id)
    control.return_("acme", order_id, [second], "broken")
    order = control.return_("acme", order_id, [third], "restocked")
    assert [unit["progress"] for unit in order["units"]] == ["CANCELLED", "RETURNED", "RESTOCKED"]
    assert (order["status"], order["returns"]) == ("CLOSED", {second: "RETURNED", third: "RESTOCKED"})
    [level] = control.levels("acme")
    assert (level["available"], level["total"]) == (4, 4)


def test_causes_tell_the_connector_from_the_merchant(control: AfostoControl) -> None:
    order_id = imported(control)
    control.cancel("acme", order_id)
    causes = control.causes("acme")
    acts = [(cause["by"], cause["action"]) for cause in causes]
    assert acts[:3] == [("connector", "create_order"), ("connector", "add_items"), ("connector", "open_order")]
    assert {by for by, _ in acts[3:]} == {"afosto"}
    assert control.causes("acme", after=3) == causes[3:]
    assert control.violations("acme") == []


def test_long_lists_are_read_to_the_end(control: AfostoControl) -> None:
    for _ in range(5):
        imported(control, 1)
    control_page = control._call("GET", "/acme/orders?after=1&limit=2")
    assert ([order["seq"] for order in control_page["orders"]], control_page["next"]) == ([2, 3], 3)
    assert control._call("GET", "/acme/orders?after=3&limit=2")["next"] is None
    assert [order["seq"] for order in control.orders("acme")] == [1, 2, 3, 4, 5]


def test_stock_is_recounted_and_sold_elsewhere(control: AfostoControl) -> None:
    control.recount("acme", "depot", "TEA", 9)
    control.sell_elsewhere("acme", "depot", "TEA", 2)
    assert [(level["total"], level["available"]) for level in control.levels("acme")] == [(7, 7)]
    assert [cause["action"] for cause in control.causes("acme")] == ["recount", "sell_elsewhere"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/acme/switches", {"nonsense": True}),
        ("PUT", "/acme/faults", {"faults": [{"kind": "nonsense"}]}),
        ("POST", "", {"name": "acme", "key": "other"}),
        ("POST", "", {"name": "other"}),
        ("GET", "/nobody/orders", None),
        ("POST", "/acme/orders/nowhere/ship", {}),
    ],
)
def test_a_wrong_request_is_refused_with_a_message(control: AfostoControl, method: str, path: str, body: Any) -> None:
    with pytest.raises(ControlRefused, match=r"(404|422) .*error"):
        control._call(method, path, body)


def test_a_deleted_tenant_has_no_key(control: AfostoControl) -> None:
    control.delete("acme")
    assert ask(control, "{ me { id } }")["errors"][0]["extensions"]["code"] == "UNAUTHORIZED"


def test_a_transport_fault_picks_its_requests_by_root_field(control: AfostoControl) -> None:
    control.set_faults("acme", {"kind": "503", "field": "me", "after_effect": True, "count": 1})
    imported(control)
    answer = control._session.post(
        control.graphql_url, data=json.dumps({"query": "{ me { id } }"}), headers={"Authorization": "Bearer secret"}
    )
    assert answer.status_code == 503
    assert control.stats("acme")["faults"] == {"503": 1}
    assert ask(control, "{ me { id } }")["data"] == {"me": {"id": "acme"}}
