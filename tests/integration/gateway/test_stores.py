"""Stores by way of the API: what a token may see and change, and what connecting one asks of both vendors."""

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from gateway.app import create_app
from gateway.runtime import build_runtime
from local.servers.services import Services
from schemas.messages import PUBLIC_TASKS
from schemas.states import Right
from simulators.epages.hosting.tokens import ALL_SCOPES
from tests.support.connector.connecting import open_shop
from tests.support.connector.gateway import Doors
from tests.support.connector.world import CHANNEL, CLIENT_ID, CLIENT_SECRET, KEY, World

BOTH = (Right.READ, Right.WRITE)


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world")) as started:
        yield started


def code(answer: TestResponse) -> tuple[int, str]:
    assert answer.json is not None
    return answer.status_code, answer.json["error"]["code"]


def test_stores_come_in_pages_of_their_names(doors: Doors) -> None:
    for number in range(5):
        doors.store(f"shop-{number}")
    token = doors.ledger.tokens.add("erp", [], [], [Right.READ])
    path, seen = "/v1/stores?limit=2", []
    while path:
        page = doors.ask(token, "GET", path).json
        assert page is not None
        seen.append([store["name"] for store in page["stores"]])
        path = page["next"]
    assert seen == [["shop-0", "shop-1"], ["shop-2", "shop-3"], ["shop-4"]]


def test_stores_are_found_by_their_state(doors: Doors) -> None:
    for name in ("well", "ill", "paused"):
        doors.store(name)
    doors.ledger.stores.pause("paused")
    doors.ledger.stores.blame("ill", "epages", "wrong-credentials", "the secret is wrong", 60)
    token = doors.ledger.tokens.add("erp", [], [], [Right.READ])
    states = {}
    for state in ("new", "unhealthy", "paused", "fresh"):
        page = doors.ask(token, "GET", f"/v1/stores?state={state}").json
        assert page is not None
        states[state] = [store["name"] for store in page["stores"]]
    assert states == {"new": ["well"], "unhealthy": ["ill"], "paused": ["paused"], "fresh": []}
    ill = doors.ask(token, "GET", "/v1/stores/ill").json
    assert ill is not None
    assert [problem["reason"] for problem in ill["problems"]] == ["wrong-credentials"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/stores", None),
        ("GET", "/v1/stores/shop", None),
        ("POST", "/v1/stores", {}),
        ("PATCH", "/v1/stores/shop", {"paused": True}),
        ("POST", "/v1/stores/shop/poll", {}),
        ("DELETE", "/v1/stores/shop?confirm=shop", None),
    ],
)
def test_a_token_for_tasks_may_do_nothing_else_and_one_that_reads_changes_nothing(
    doors: Doors, method: str, path: str, body: Any
) -> None:
    doors.store("shop")
    old, reader = (
        doors.ledger.tokens.add("old", PUBLIC_TASKS, []),
        doors.ledger.tokens.add("reader", [], [], [Right.READ]),
    )
    body = body if body != {} or path.endswith("poll") else NEW
    assert code(doors.ask(old, method, path, json=body)) == (403, "right-missing")
    if method == "GET":
        assert doors.ask(reader, method, path).status_code == 200
    else:
        assert code(doors.ask(reader, method, path, json=body)) == (403, "right-missing")
    assert doors.ledger.stores.facts("shop").paused_at is None


def test_a_token_of_a_tenant_never_sees_a_store_of_another(doors: Doors) -> None:
    doors.store("mine", tenant="tenant-1")
    doors.store("theirs", tenant="tenant-2")
    token = doors.ledger.tokens.add("agency", ["orders.look"], [], BOTH, tenant=doors.ledger.tenants.of("mine"))
    page = doors.ask(token, "GET", "/v1/stores").json
    assert page is not None
    assert [store["name"] for store in page["stores"]] == ["mine"]
    requests = [
        ("GET", "/v1/stores/{}", None),
        ("PATCH", "/v1/stores/{}", {"paused": True}),
        ("POST", "/v1/stores/{}/poll", {}),
        ("DELETE", "/v1/stores/{}?confirm=theirs", None),
        ("POST", "/v1/tasks/orders.look", {"store": "{}", "order": "1"}),
    ]
    for method, path, body in requests:
        answers = [
            doors.ask(token, method, path.format(name), json=_named(body, name)) for name in ("theirs", "nobody's")
        ]
        assert [code(answer) for answer in answers] == [(404, "unknown-store")] * 2
    doors.store("mine-too", tenant="tenant-1")
    assert doors.ask(token, "GET", "/v1/stores/mine-too").status_code == 200


def test_a_store_is_paused_and_resumed_and_its_flows_are_switched_off(doors: Doors) -> None:
    doors.store("shop")
    token = doors.ledger.tokens.add("erp", [], [], BOTH)
    paused = doors.ask(token, "PATCH", "/v1/stores/shop", json={"paused": True}).json
    assert paused is not None
    assert (paused["state"], code(doors.ask(token, "POST", "/v1/stores/shop/poll", json={}))) == (
        "paused",
        (409, "paused"),
    )
    wanted = {"paused": False, "flows": {"orders.import": False}}
    changed = doors.ask(token, "PATCH", "/v1/stores/shop", json=wanted).json
    assert changed is not None
    flows = {flow["name"]: flow["condition"] for flow in changed["flows"]}
    assert (changed["state"], flows["orders.import"]) == ("new", "off")
    assert doors.ask(token, "POST", "/v1/stores/shop/poll", json={}).status_code == 202
    assert code(doors.ask(token, "PATCH", "/v1/stores/shop", json={"flows": {"x": True}})) == (400, "invalid")


def test_a_store_is_removed_only_by_its_name_said_twice(doors: Doors) -> None:
    doors.store("shop")
    token = doors.ledger.tokens.add("erp", [], [], BOTH)
    assert code(doors.ask(token, "DELETE", "/v1/stores/shop?confirm=shob")) == (400, "not-confirmed")
    assert doors.ask(token, "DELETE", "/v1/stores/shop").status_code == 400
    removed = doors.ask(token, "DELETE", "/v1/stores/shop?confirm=shop")
    assert "stay in the shop and in Afosto" in removed.text
    assert code(doors.ask(token, "GET", "/v1/stores/shop")) == (404, "unknown-store")


NEW = {
    "name": "api-shop",
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
    "afosto_key": KEY,
    "channel": CHANNEL,
    "since": "2026-01-01",
}


def test_a_store_is_connected_by_the_api_with_what_its_app_permits(world: World) -> None:
    runtime = build_runtime(world.settings)
    doors = Doors(create_app(runtime), runtime.ledger)
    token = doors.ledger.tokens.add("agency", [], [], BOTH)
    open_shop(world, "api-shop", scopes=[scope for scope in ALL_SCOPES if scope != "rtpr:c"])
    wrong = doors.ask(token, "POST", "/v1/stores", json={**NEW, "client_secret": "not the secret"})
    assert code(wrong) == (422, "wrong-credentials")
    assert "not the secret" not in wrong.text
    assert code(doors.ask(token, "POST", "/v1/stores", json={**NEW, "channel": "9"})) == (422, "unknown-channel")
    inside = {**NEW, "base_url": "https://169.254.169.254/latest"}
    assert code(doors.ask(token, "POST", "/v1/stores", json=inside)) == (400, "address-not-public")
    stranger = doors.ledger.tokens.add("stranger", [], [], BOTH, tenant="afosto:other")
    assert code(doors.ask(stranger, "POST", "/v1/stores", json=NEW)) == (403, "other-tenant")
    assert "api-shop" not in doors.ledger.stores.names()

    answer = doors.ask(token, "POST", "/v1/stores", json=NEW)
    assert (answer.status_code, answer.headers["Location"]) == (201, "/v1/stores/api-shop")
    assert answer.json is not None
    flows = {flow["name"]: flow for flow in answer.json["flows"]}
    assert flows["orders.import"]["condition"] == "runs"
    assert flows["returns.export"]["missing_boxes"] == ["rtpr:c (Rücksendeprozesse erstellen)"]
    assert CLIENT_SECRET not in answer.text
    assert KEY not in answer.text
    assert code(doors.ask(token, "POST", "/v1/stores", json=NEW)) == (409, "store-exists")
    refused = doors.ask(token, "PATCH", "/v1/stores/api-shop", json={"flows": {"returns.export": True}})
    assert code(refused) == (422, "missing-scope")
    assert "Rücksendeprozesse erstellen" in refused.json["error"]["message"]  # type: ignore[index]
    runtime.close()


def _named(body: dict[str, Any] | None, name: str) -> dict[str, Any] | None:
    return {key: name if value == "{}" else value for key, value in body.items()} if body is not None else None
