"""The locations of a store by way of the API: where buyers collect their orders, and whose stock the store sells."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from gateway.app import create_app
from gateway.runtime import build_runtime
from local.servers.services import Services
from schemas.states import Right
from simulators.epages.hosting.tokens import ALL_SCOPES
from tests.support.connector.connecting import connect, open_shop
from tests.support.connector.gateway import Doors
from tests.support.connector.world import CHANNEL, CLIENT_ID, CLIENT_SECRET, KEY, World

Document = dict[str, Any]


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world")) as started:
        yield started


@pytest.fixture
def gateway(world: World) -> Iterator[Doors]:
    runtime = build_runtime(world.settings)
    yield Doors(create_app(runtime), runtime.ledger)
    runtime.close()


@pytest.fixture
def token(gateway: Doors) -> str:
    return gateway.ledger.tokens.add(f"agency-{uuid4().hex[:8]}", [], [], [Right.READ, Right.WRITE])


@pytest.fixture
def shop(world: World) -> str:
    """A shop that is not connected yet."""
    name = f"shop-{uuid4().hex[:8]}"
    open_shop(world, name)
    return name


@pytest.fixture
def store(world: World, shop: str) -> str:
    """A connected store none of whose locations is mapped."""
    connect(world, shop)
    for place in world.ledger.stores.locations(shop):
        world.ledger.stores.unmap_location(shop, place)
    return shop


def change(gateway: Doors, token: str, store: str, **body: Any) -> TestResponse:
    return gateway.ask(token, "PATCH", f"/v1/stores/{store}", json=body)


def error(answer: TestResponse) -> tuple[int, str, str]:
    assert answer.json is not None
    return answer.status_code, answer.json["error"]["code"], answer.json["error"]["message"]


def listed(gateway: Doors, token: str, store: str) -> Document:
    answer = gateway.ask(token, "GET", f"/v1/stores/{store}/locations")
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    found: Document = answer.json
    return found


def shop_places(gateway: Doors, token: str, store: str) -> list[str]:
    return [place["epages_id"] for place in listed(gateway, token, store)["locations"] if place["epages_id"]]


def new(name: str, **more: Any) -> Document:
    known = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "afosto_key": KEY, "channel": CHANNEL}
    return {"name": name, **known, "since": "2026-01-01", **more}


def test_a_store_is_connected_with_its_locations(gateway: Doors, token: str, world: World, shop: str) -> None:
    connect(world, shop)
    place = shop_places(gateway, token, shop)[0]
    gateway.ledger.stores.remove(shop)
    wanted = {"locations": {place: "location-1"}, "sells_from": ["location-0"]}
    answer = gateway.ask(token, "POST", "/v1/stores", json=new(shop, **wanted))
    assert answer.status_code == 201, answer.text
    assert answer.json is not None
    assert answer.json["locations"][place] == "location-1"
    assert answer.json["sells_from"] == ["location-0"]
    assert set(gateway.ledger.stock.locations(shop)) >= {"location-0", "location-1"}


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"locations": {"nowhere": "location-1"}}, "The shop has no location 'nowhere'"),
        ({"sells_from": ["location-0", "location-9"]}, "Afosto has no location 'location-9'"),
    ],
)
def test_a_store_with_a_location_that_is_unknown_is_not_connected(
    gateway: Doors, token: str, shop: str, wanted: Document, said: str
) -> None:
    status, code, message = error(gateway.ask(token, "POST", "/v1/stores", json=new(shop, **wanted)))
    assert (status, code) == (422, "unknown-location")
    assert said in message
    assert "Choose one of: " in message
    assert not gateway.ledger.stores.exists(shop)


def test_both_sides_are_listed_with_what_is_mapped(gateway: Doors, token: str, store: str) -> None:
    found = listed(gateway, token, store)
    assert found["missing_boxes"] == []
    assert {place["afosto_id"] for place in found["locations"] if place["epages_id"]} == {None}
    assert {"location-0", "location-1"} <= {place["afosto_id"] for place in found["locations"]}
    place = shop_places(gateway, token, store)[0]
    assert change(gateway, token, store, locations={place: "location-1"}).status_code == 200
    (mapped,) = (each for each in listed(gateway, token, store)["locations"] if each["epages_id"] == place)
    assert (mapped["afosto_id"], mapped["sold"], bool(mapped["afosto_name"])) == ("location-1", True, True)


def test_what_a_change_names_replaces_what_was_chosen_and_the_rest_stays(
    gateway: Doors, token: str, store: str
) -> None:
    place = shop_places(gateway, token, store)[0]
    first = change(gateway, token, store, locations={place: "location-0"}, sells_from=["location-1"]).json
    assert first is not None
    assert (first["locations"], first["sells_from"]) == ({place: "location-0"}, ["location-1"])
    assert change(gateway, token, store, locations={}).json["sells_from"] == ["location-1"]  # type: ignore[index]
    assert gateway.ledger.stores.locations(store) == {}
    assert change(gateway, token, store, sells_from=[]).status_code == 200
    assert gateway.ledger.stock.locations(store) == []
    (noted, *_) = gateway.ledger.audit.entries(text=store)
    assert (noted.action, noted.outcome, noted.user.startswith("token agency")) == (
        "connection.set_places",
        "done",
        True,
    )


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"locations": {"PLACE": "location-0", "nowhere": "location-0"}}, "The shop has no location 'nowhere'"),
        ({"locations": {"PLACE": "location-9"}, "sells_from": ["location-0"]}, "Afosto has no location 'location-9'"),
        ({"sells_from": ["location-0", "<b>"], "paused": True}, "Afosto has no location '<b>'"),
    ],
)
def test_a_change_with_a_location_that_is_unknown_changes_nothing(
    gateway: Doors, token: str, store: str, wanted: Document, said: str
) -> None:
    place = shop_places(gateway, token, store)[0]
    body = {**wanted, "locations": {key.replace("PLACE", place): it for key, it in wanted.get("locations", {}).items()}}
    status, code, message = error(change(gateway, token, store, flows={"orders.import": False}, **body))
    assert (status, code) == (422, "unknown-location")
    assert said in message
    assert gateway.ledger.stores.locations(store) == {}
    assert gateway.ledger.stores.facts(store).paused_at is None
    assert all(flow["enabled"] for flow in gateway.ledger.stores.flows(store) if flow["name"] == "orders.import")
    assert gateway.ledger.audit.entries(text=store)[0].outcome == "refused"


def test_locations_of_a_shop_that_does_not_list_them_are_kept_and_the_box_is_named(
    gateway: Doors, token: str, world: World
) -> None:
    store = f"shop-{uuid4().hex[:8]}"
    open_shop(world, store, scopes=[scope for scope in ALL_SCOPES if scope != "loca:r"])
    connect(world, store)
    assert listed(gateway, token, store)["missing_boxes"][0].startswith("loca:r (")
    assert change(gateway, token, store, locations={"unseen": "location-0"}).status_code == 200
    assert gateway.ledger.stores.locations(store) == {"unseen": "location-0"}


def test_orders_that_wait_for_places_which_the_shop_lists_no_more_run_again_once_these_are_mapped(
    gateway: Doors, token: str, store: str
) -> None:
    for place in ("old-1", "old-2"):
        job = gateway.ledger.jobs.request_run(store, "import", "orders", f"order-at-{place}")
        message = f"order 1 is to be collected at the shop's location {place}, which is mapped to no Afosto location"
        gateway.ledger.database.transaction(
            lambda session, job=job, message=message: session.execute(  # type: ignore[misc]
                "update jobs set state = 'parked', reason = 'location-not-mapped', message = %s where id = %s",
                (message, job),
            )
        )
    answer = change(gateway, token, store, locations={"old-1": "location-0", "old-2": "location-1"})
    assert answer.status_code == 200, answer.text
    assert {row["state"] for row in gateway.ledger.jobs.search(store=store)} == {"waiting"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"locations": ["location-0"]}, "locations"),
        ({"locations": {"": "location-0"}}, "locations..key"),
        ({"locations": {"here": ""}}, "locations.here.value"),
        ({"sells_from": "location-0"}, "sells_from"),
    ],
)
def test_locations_that_are_written_otherwise_are_refused_with_the_field(
    gateway: Doors, token: str, store: str, body: Document, field: str
) -> None:
    answer = change(gateway, token, store, **body)
    assert answer.json is not None
    assert (answer.status_code, answer.json["error"]["field"]) == (400, field)


def test_a_token_that_only_reads_lists_locations_and_changes_none(gateway: Doors, store: str) -> None:
    reader = gateway.ledger.tokens.add(f"reader-{uuid4().hex[:8]}", [], [], [Right.READ])
    assert listed(gateway, reader, store)["locations"]
    assert error(change(gateway, reader, store, sells_from=["location-0"]))[:2] == (403, "right-missing")
    sender = gateway.ledger.tokens.add(f"sender-{uuid4().hex[:8]}", ["orders.look"], [])
    assert gateway.ask(sender, "GET", f"/v1/stores/{store}/locations").status_code == 403
    assert gateway.ask(reader, "GET", "/v1/stores/nowhere/locations").status_code == 404
