"""The API of the simulated shop, without a network: tokens, scopes, pages, refusals, stock."""

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.types import ASGIApp, Message

from simulators.epages.app import create_app
from simulators.epages.hosting.registry import Hosted
from simulators.epages.hosting.tokens import GUIDE_SCOPES
from simulators.epages.shop.shop import Shop


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: Any


def send(
    app: ASGIApp, method: str, target: str, authorization: str = "", body: Mapping[str, Any] | bytes | None = None
) -> Reply:
    """Send one request through the app, as a server does."""
    path, _, query = target.partition("?")
    raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
    headers = [(b"host", b"sim.test"), (b"authorization", authorization.encode())]
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "headers": headers, "scheme": "http", "server": ("sim.test", 80), "root_path": "",
    }  # fmt: skip
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def keep(message: Message) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, keep))  # type: ignore[arg-type]
    answer = b"".join(message.get("body", b"") for message in sent[1:])
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Reply(sent[0]["status"], found, json.loads(answer))


class Client:
    """One shop named hof, called through its app."""

    def __init__(self, **settings: Any) -> None:
        self.app = create_app()
        self.opened = send(self.app, "POST", "/_sim/shops", body={"name": "hof", **settings})
        self.hosted: Hosted = self.app.state.registry.shops["hof"]
        self.shop: Shop = self.hosted.shop

    def token(self, secret: str | None = None, grant: str = "client_credentials", store: str = "hof") -> Reply:
        basic = base64.b64encode(f"client:{secret or 'secret'}".encode()).decode()
        return send(self.app, "POST", f"/{store}/api/oauth/token?grant_type={grant}", f"Basic {basic}")

    def call(self, method: str, path: str, body: Mapping[str, Any] | bytes | None = None) -> Reply:
        return send(self.app, method, f"/hof/api{path}", f"Bearer {self.token().body['access_token']}", body)

    def sim(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Reply:
        return send(self.app, method, f"/_sim/shops/hof{path}", body=body)


@pytest.fixture
def client() -> Client:
    return Client()


def test_a_token_answer_holds_scopes_and_expiry() -> None:
    client = Client(scopes=GUIDE_SCOPES, token_seconds=60)
    token = client.token().body
    assert (token["scope"].split(), token["expires_in"], token["token_type"]) == (GUIDE_SCOPES, 60, "bearer")


def test_a_wrong_secret_an_unknown_store_and_another_grant_get_no_token(client: Client) -> None:
    assert (client.token("wrong").status, client.token("wrong").body["error"]) == (401, "unauthorized")
    assert client.token(store="nowhere").status == 404
    assert client.token(grant="password").status == 400


def test_a_revoked_client_loses_its_tokens_and_gets_no_new_ones(client: Client) -> None:
    held = f"Bearer {client.token().body['access_token']}"
    client.sim("POST", "/revoke")
    assert client.token().body == {"error": "unauthorized", "error_description": "The client was revoked."}
    assert send(client.app, "GET", "/hof/api/orders", held).status == 401


def test_an_expired_token_and_no_token_are_refused() -> None:
    client = Client(token_seconds=-1)
    assert client.call("GET", "/orders").body["error"] == "invalid_token"
    assert send(client.app, "GET", "/hof/api/orders").body["error"] == "unauthorized"


def test_a_token_of_one_shop_opens_no_other(client: Client) -> None:
    send(client.app, "POST", "/_sim/shops", body={"name": "eck"})
    held = f"Bearer {client.token().body['access_token']}"
    assert send(client.app, "GET", "/eck/api/orders", held).status == 401


def test_a_missing_scope_is_refused_before_anything_happens() -> None:
    client = Client(scopes=["ordr:r"])
    order = client.sim("POST", "/orders", {"pickup": False}).body
    reply = client.call("POST", f"/orders/{order['id']}/cancel", {})
    assert (reply.status, reply.body["errorId"], reply.body["details"]) == (
        403,
        "insufficient-scope",
        {"scope": "clpr:c"},
    )
    assert client.sim("GET", f"/orders?id={order['id']}").body["canceled"] is False


def test_pages_have_twenty_rows_unless_asked_and_two_hundred_at_most(client: Client) -> None:
    client.sim("POST", "/orders", {"count": 230, "since": "2026-01-01T00:00:00", "until": "2026-01-02T00:00:00"})
    pages = [client.call("GET", f"/orders?{query}").body for query in ("", "size=500", "size=200&page=1", "page=99")]
    assert [len(page.get("_embedded", {"orders": []})["orders"]) for page in pages] == [20, 200, 30, 0]
    assert pages[1]["page"] == {"size": 200, "totalElements": 230, "totalPages": 2, "number": 0}
    assert "next" in pages[0]["_links"]
    assert "next" not in pages[2]["_links"]
    assert "_embedded" not in pages[3]


def test_times_carry_no_zone_and_filters_take_them_so(client: Client) -> None:
    client.sim("POST", "/orders", {"count": 4, "since": "2026-01-01T00:00:00", "until": "2026-01-01T04:00:00"})
    page = client.call("GET", "/orders?createdAfter=2026-01-01T01:30:00&updatedBefore=2026-01-01T02:30:00").body
    assert [order["createdAt"] for order in page["_embedded"]["orders"]] == ["2026-01-01T02:00:00"]


@pytest.mark.parametrize("query", ["createdAfter=yesterday", "canceled=maybe", "page=-1"])
def test_a_filter_that_cannot_be_read_is_refused(client: Client, query: str) -> None:
    reply = client.call("GET", f"/orders?{query}")
    assert (reply.status, reply.body.keys()) == (400, {"errorId", "details", "message", "traceId"})


def test_what_does_not_exist_is_not_found(client: Client) -> None:
    order = client.sim("POST", "/orders", {}).body["id"]
    missing = (
        "/orders/x",
        f"/orders/{order}/processes/shippings/x",
        "/products/x",
        "/products/search/find-by-sku?sku=x",
    )
    assert [client.call("GET", path).status for path in missing] == [404] * 4


def test_calls_of_the_connector_are_recorded_as_its_own(client: Client) -> None:
    order = client.sim("POST", "/orders", {"pickup": False, "payment": "PayPal"}).body
    line = {"productLineItemId": order["lines"][0]["id"], "quantity": 1}
    body = {"comment": "job 7", "trackingCode": "LZ1", "lineItems": [line]}
    process = client.call("POST", f"/orders/{order['id']}/processes/shippings", body).body["_id"]
    client.call(
        "POST", f"/orders/{order['id']}/processes/shippings/{process}/mark-shipped", {"details": {"sendMail": True}}
    )
    client.call("PUT", f"/orders/{order['id']}/order-note", {"orderNote": "Ja"})
    mine = [cause for cause in client.sim("GET", "/causes").body if cause["by"] == "connector"]
    assert [cause["action"] for cause in mine] == ["create-shipping", "ship", "mail", "note"]
    truth = client.sim("GET", f"/orders?id={order['id']}").body
    assert (truth["processes"][0]["by"], truth["processes"][0]["mails"], truth["note"]) == ("connector", 1, "Ja")
    assert client.sim("GET", f"/causes?after={mine[-1]['seq'] - 1}").body == [mine[-1]]


def test_a_returned_pickup_order_names_its_pickup_process(client: Client) -> None:
    order = client.sim("POST", "/orders", {"pickup": True, "payment": "PayPal"}).body
    pickup = client.call("POST", f"/orders/{order['id']}/processes/pickups", {"sendMail": True}).body["_id"]
    client.call("POST", f"/orders/{order['id']}/processes/pickups/{pickup}/mark-picked-up", {})
    line = {"productLineItemId": order["lines"][0]["id"], "quantity": 1, "status": "BROKEN"}
    refund = {"currency": "EUR", "amount": 0.5}
    body = {"lineItems": [line], "pickupPriceRefund": refund, "pickupProcessId": pickup}
    reply = client.call("POST", f"/orders/{order['id']}/processes/returns", body).body
    assert reply["_embedded"] == {"pickupProcess": {"_id": pickup, "status": "PICKED_UP"}, "shippingProcess": None}
    assert (reply["pickupPriceRefund"], reply["shippingPriceRefund"]) == (refund, None)


@pytest.mark.parametrize(
    "body", [b"{", b"[]", {"lineItems": [{"quantity": 1}]}, {"lineItems": []}, {"lineItems": ["x"]}]
)
def test_a_body_that_cannot_be_read_is_refused(client: Client, body: bytes | dict[str, Any]) -> None:
    order = client.sim("POST", "/orders", {"pickup": False}).body["id"]
    assert client.call("POST", f"/orders/{order}/processes/shippings", body).status == 400


def test_stock_is_found_by_sku_and_moved(client: Client) -> None:
    plain = next(item for item in client.sim("GET", "/stock").body if item["variation_of"] is None)
    product = client.call("GET", f"/products/search/find-by-sku?sku={plain['sku']}").body
    assert product["_embedded"]["availability"]["availableStock"] == 1_000_000
    moved = client.call(
        "POST", f"/products/{plain['id']}/availability/adjust-available-stock", {"relativeAmount": -999_999}
    )
    assert (moved.body["availableStock"], moved.body["availabilityState"]) == (1, "LOW_STOCK")
    assert client.sim("POST", "/stock", {"sku": plain["sku"], "amount": 4}).body == {"stock": 5}


def test_a_variations_sku_is_not_found_but_its_stock_is_its_own(client: Client) -> None:
    variation = next(item for item in client.sim("GET", "/stock").body if item["variation_of"])
    assert client.call("GET", f"/products/search/find-by-sku?sku={variation['sku']}").status == 404
    path = f"/products/{variation['variation_of']}/variations/{variation['id']}/availability"
    client.call("POST", f"{path}/adjust-available-stock", {"relativeAmount": 5})
    assert client.call("GET", path).body["availableStock"] == 1_000_005


@pytest.mark.parametrize("amount", ["5", 1.5, True, None])
def test_stock_moves_by_whole_numbers_only(client: Client, amount: object) -> None:
    plain = next(item for item in client.sim("GET", "/stock").body if item["variation_of"] is None)
    path = f"/products/{plain['id']}/availability/adjust-available-stock"
    assert client.call("POST", path, {"relativeAmount": amount}).status == 400


def test_a_broken_document_is_served_broken_until_it_is_mended(client: Client) -> None:
    order = client.sim("POST", "/malformed", {"kind": "line-without-product"}).body["id"]
    assert "product" not in client.call("GET", f"/orders/{order}").body["productLineItems"][0]
    client.sim("POST", f"/orders/{order}/mend")
    assert "product" in client.call("GET", f"/orders/{order}").body["productLineItems"][0]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/malformed", {"kind": "upside-down"}),
        ("POST", "/orders", {"color": "red"}),
        ("POST", "/orders", {"lines": [{"sku": "none", "quantity": 1}]}),
        ("POST", "/orders", {"payment": "Muscheln"}),
        ("POST", "/trade", {"rate": 0}),
        ("PUT", "/faults", {"faults": [{"kind": "flood"}]}),
        ("PUT", "/switches", {"gravity": 1}),
    ],
)
def test_the_control_api_explains_what_it_does_not_know(
    client: Client, method: str, path: str, body: dict[str, Any]
) -> None:
    reply = client.sim(method, path, body)
    assert (reply.status, list(reply.body)) == (400, ["error"])


def test_a_shop_name_is_taken_once_and_free_again_after_closing(client: Client) -> None:
    assert client.opened.body["base_url"] == "http://sim.test/hof/api"
    assert send(client.app, "POST", "/_sim/shops", body={"name": "hof"}).status == 409
    client.sim("DELETE", "")
    assert send(client.app, "GET", "/_sim/shops").body == []
    assert send(client.app, "POST", "/_sim/shops", body={"name": "hof", "size": 1}).status == 400


def test_faults_and_budgets_apply_to_the_api_but_not_to_the_control_api(client: Client) -> None:
    client.sim("PUT", "/faults", {"faults": [{"kind": "429", "path": "/orders$", "retry_after": 7}]})
    reply = client.call("GET", "/orders")
    assert (reply.status, reply.headers["retry-after"]) == (429, "7")
    client.sim("PUT", "/faults", {"faults": [], "budget": {"calls": 1, "window": 60}})
    token = f"Bearer {client.token().body['access_token']}"
    replies = [send(client.app, "GET", "/hof/api/orders", token) for _ in range(2)]
    assert [reply.status for reply in replies] == [200, 429]
    assert replies[0].headers["x-ratelimit-remaining"] == "0"
    outcomes = {(row["method"], row["status"]): row["count"] for row in client.sim("GET", "/stats").body["requests"]}
    assert (outcomes["GET", "200"], outcomes["GET", "429"], outcomes["POST", "200"]) == (1, 2, 2)


def test_a_failure_may_come_after_the_effect(client: Client) -> None:
    order = client.sim("POST", "/orders", {"pickup": False}).body["id"]
    client.sim("PUT", "/faults", {"faults": [{"kind": "500", "method": "PUT", "after_effect": True}]})
    assert client.call("PUT", f"/orders/{order}/order-note", {"orderNote": "Ja"}).status == 500
    assert client.sim("GET", f"/orders?id={order}").body["note"] == "Ja"


def test_an_expired_token_fault_ends_the_token_for_good(client: Client) -> None:
    client.sim("PUT", "/faults", {"faults": [{"kind": "expired-token", "count": 1, "method": "GET"}]})
    token = f"Bearer {client.token().body['access_token']}"
    assert [send(client.app, "GET", "/hof/api/orders", token).status for _ in range(2)] == [401, 401]
    assert client.call("GET", "/orders").status == 200


def test_every_valid_token_may_ask_for_the_shop_itself() -> None:
    client = Client(scopes=[])
    answer = client.call("GET", "/shop")
    assert (answer.status, answer.body["name"], answer.body["tax"]["taxModel"]) == (200, "hof", "GROSS")
    assert send(client.app, "GET", "/hof/api/shop", "Bearer nonsense").status == 401
