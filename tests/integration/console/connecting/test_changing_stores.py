"""A connected store is changed and removed: credentials, channel, locations, settings; two people do it at once."""

import json
import re
from pathlib import Path

import pytest

from schemas.epages import Order, load_order
from schemas.errors import NeedsPerson
from schemas.mapping.orders.pickup_places import require_place
from schemas.states import Lane
from sync.stock.preview import is_to_confirm
from tests.support.connector.connecting import connect
from tests.support.connector.world import CHANNEL, CLIENT_SECRET, KEY, TENANT, World
from tests.support.console.connecting import form
from tests.support.console.people import Desk

PLACE = "shop-delft"
RIGHT = {"client_id": "client", "client_secret": CLIENT_SECRET, "afosto_key": KEY}


@pytest.fixture
def store(vendors: World, shop: str) -> str:
    connect(vendors, shop)
    return shop


def test_credentials_are_tried_before_they_are_replaced(console: Desk, store: str) -> None:
    operator, page = console.user("operator"), f"/stores/{store}/connection/"
    wrong = operator.post(f"{page}credentials", {**form(operator, page), **RIGHT, "client_secret": "not-the-secret"})
    assert wrong.status_code == 409
    assert "The shop refuses the client id" in wrong.text
    assert "not-the-secret" not in wrong.text
    assert console.ledger.stores.get(store).client_secret == CLIENT_SECRET
    assert operator.post(f"{page}credentials", {**form(operator, page), "client_id": "client"}).status_code == 303


def test_channel_and_locations_are_changed(console: Desk, store: str) -> None:
    operator, page = console.user("operator"), f"/stores/{store}/connection/places"
    fields = {**form(operator, page), "channel": CHANNEL, "sells_from": "location-1"}
    assert operator.post(page, fields).status_code == 303
    assert console.ledger.stores.sold_alone(store) == {"location-1"}
    gone = operator.post(page, {**form(operator, page), "channel": "gone", "sells_from": "location-1"})
    assert gone.status_code == 409
    assert "Choose another one" in gone.text
    assert console.ledger.stores.facts(store).channel_id == CHANNEL


def test_a_pickup_point_that_the_app_may_not_list_is_mapped_once_an_order_waits_for_it(
    console: Desk, store: str
) -> None:
    operator, page = console.user("operator"), f"/stores/{store}/connection/places"
    assert "Tick the box “Standorte lesen”" in operator.get(page).text
    console.ledger.jobs.request_runs(store, "import", "orders", ["order-1"], lane=Lane.LIVE)
    with pytest.raises(NeedsPerson) as parked:
        require_place(pickup_order(), store, {})
    park = "update jobs set state = 'parked', reason = %s, message = %s where store = %s"
    console.execute(park, parked.value.reason, str(parked.value), store)
    assert "an order waits for it" in operator.get(page).text
    fields = {**form(operator, page), "channel": CHANNEL, f"at:{PLACE}": "location-1"}
    assert operator.post(page, fields).status_code == 303
    assert console.ledger.stores.locations(store) == {PLACE: "location-1"}
    assert console.ledger.jobs.search(store=store, state="parked") == []


def pickup_order() -> Order:
    """Return the order of the mapping's tests that is to be collected at PLACE."""
    document = Path(__file__).parents[3] / "unit/schemas/data/epages_pickup_order.json"
    return load_order(json.loads(document.read_text()))


def test_settings_are_changed(console: Desk, store: str) -> None:
    operator, page = console.user("operator"), f"/stores/{store}/connection/"
    operator.post(f"{page}options", {**form(operator, page), "totals": "strict", "open_unpaid": "on"})
    facts = console.ledger.stores.facts(store)
    assert (facts.totals, facts.open_unpaid, facts.notify_buyers) == ("strict", True, False)


@pytest.mark.parametrize("part", ["credentials", "options", "places"])
def test_the_second_of_two_people_sees_that_the_first_has_changed_it(console: Desk, store: str, part: str) -> None:
    operator, page = console.user("operator"), f"/stores/{store}/connection/"
    loaded = form(operator, page)
    console.ledger.stores.set_totals(store, "accept")
    late = operator.post(f"{page}{part}", {**loaded, **RIGHT, "totals": "strict", "channel": CHANNEL})
    assert late.status_code == 409
    assert "Somebody else has changed this" in late.text
    assert CLIENT_SECRET not in late.text
    assert console.ledger.stores.facts(store).totals == "accept"


def test_a_store_is_removed_only_by_its_name(console: Desk, store: str) -> None:
    operator, page = console.user("operator"), f"/stores/{store}/connection/remove"
    assert "In the shop and in Afosto everything stays as it is" in operator.get(page).text
    assert operator.post(page, {"confirm": "another"}).status_code == 409
    assert console.ledger.stores.exists(store)
    assert operator.post(page, {"confirm": store}).location == "/stores"
    assert not console.ledger.stores.exists(store)


def test_the_webhook_waits_for_its_first_event_and_shows_its_secret_once(console: Desk, store: str) -> None:
    for endpoint in console.ledger.webhooks.endpoints():
        console.ledger.webhooks.remove(endpoint["id"])
    operator, page = console.user("operator"), f"/stores/{store}/connection/webhook"
    first = operator.post(page).text
    (endpoint,) = console.ledger.webhooks.endpoints()
    known = console.ledger.webhooks.find(endpoint["id"])
    assert known
    assert known.secrets[0] in first
    assert "http-equiv" not in first
    again = operator.post(page, follow_redirects=True).text
    assert known.secrets[0] not in again
    assert "waiting for the first event" in again
    assert re.search(r'http-equiv="refresh" content="\d+"', again)
    operator.post(page, {"again": "yes"})
    both = console.ledger.webhooks.find(endpoint["id"])
    assert both
    assert len(both.secrets) == 2
    console.execute("update webhook_endpoints set seen_at = now()")
    assert "Events of Afosto arrive" in operator.get(page).text


def test_the_stock_is_published_once_somebody_has_seen_it(console: Desk, vendors: World, store: str) -> None:
    sku = vendors.epages.stock(store)[0]["sku"]
    vendors.afosto.recount(TENANT, "location-0", sku, 3)
    console.ledger.stores.sell_from(store, "location-0")
    assert is_to_confirm(console.ledger, store)
    operator, page = console.user("operator"), f"/stores/{store}/connection/stock"
    assert f'<th scope="row">{sku}</th>' in operator.get(page).text
    assert operator.post(page).status_code == 303
    assert not is_to_confirm(console.ledger, store)
    assert "published already" in operator.get(page).text
