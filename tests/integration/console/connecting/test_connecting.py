"""A store is connected step by step: what each step says, what it keeps, and what the store is then."""

from tests.support.connector.connecting import open_shop
from tests.support.connector.world import CHANNEL, CLIENT_SECRET, KEY, World
from tests.support.console.connecting import (
    begin,
    fill_key,
    fill_places,
    fill_shop,
    fill_switches,
    form,
    up_to_the_preview,
)
from tests.support.console.people import Desk


def test_a_store_is_connected_with_the_eight_boxes_of_the_guide(console: Desk, vendors: World, shop: str) -> None:
    sku = vendors.epages.stock(shop)[0]["sku"]
    vendors.epages.place(shop, lines=[{"sku": sku, "quantity": 2, "price": "10.00"}])
    operator = console.user("operator")
    draft = begin(operator)

    assert "This is no store name" in fill_shop(operator, draft, f"https://elsewhere/{shop}")
    address = vendors.settings.epages_url.format(store=shop).removesuffix("/api")
    checked = fill_shop(operator, draft, f"{address}/cockpit/apps")
    assert "The shop takes the client id and the secret" in checked
    assert "Stornierungsprozesse erstellen <code>clpr:c</code>" in checked

    assert "Afosto takes the key" in fill_key(operator, draft)
    assert "Synchronize</h2>" in fill_places(operator, draft)
    preview = fill_switches(operator, draft)
    assert "imports 1 order placed since" in preview
    assert f"2 × {sku}" in preview
    assert not console.ledger.stores.exists(shop)

    sent = operator.post(f"{draft}/preview", form(operator, f"{draft}/preview"))
    assert sent.location == f"/stores/{shop}/connection/webhook"
    page = operator.get(sent.location).text
    assert f"{shop} is connected" in page
    facts = console.ledger.stores.get(shop)
    assert (facts.channel_id, facts.client_secret, facts.afosto_key) == (CHANNEL, CLIENT_SECRET, KEY)
    on = {flow["name"] for flow in console.ledger.stores.flows(shop) if flow["enabled"]}
    assert on == {"orders.import", "cancellations.import", "shipments.import", "returns.import", "inventory.publish"}
    assert console.ledger.stock.locations(shop) == ["location-0"]


def test_leaving_in_the_middle_loses_nothing(console: Desk, shop: str) -> None:
    operator = console.user("operator")
    draft = begin(operator)
    fill_shop(operator, draft, shop)
    fill_key(operator, draft)
    later = console.user("operator")
    assert f'href="{draft}/afosto"' in later.get("/connect/").text
    assert "Sales channel that takes the orders" in later.get(f"{draft}/afosto").text
    assert f'value="{shop}"' in later.get(f"{draft}/shop").text


def test_a_later_step_sends_to_the_first_that_is_open(console: Desk) -> None:
    operator = console.user("operator")
    draft = begin(operator)
    answer = operator.get(f"{draft}/preview", follow_redirects=True)
    assert answer.request.path == f"{draft}/shop"
    assert "First the shop must be connected" in answer.text


def test_no_secret_is_in_a_page_in_the_audit_log_or_readable_in_the_database(console: Desk, shop: str) -> None:
    operator = console.user("operator")
    draft = up_to_the_preview(operator, shop)
    pages = [operator.get(f"{draft}/{step}").text for step in ("shop", "afosto", "synchronize", "preview")]
    kept = str(console.rows("connection_drafts")) + str(console.rows("audit"))
    for secret in (CLIENT_SECRET, KEY):
        assert secret not in kept
        assert not [page for page in pages if secret in page]


def test_a_connected_draft_keeps_no_secret(console: Desk, shop: str) -> None:
    operator = console.user("operator")
    draft = up_to_the_preview(operator, shop)
    operator.post(f"{draft}/preview", form(operator, f"{draft}/preview"))
    row = next(row for row in console.rows("connection_drafts") if row["name"] == shop)
    assert (row["client_secret"], row["afosto_key"]) == (None, None)
    assert row["connected_at"]


def test_a_box_that_was_ticked_is_found_by_checking_again(console: Desk, vendors: World, shop: str) -> None:
    operator = console.user("operator")
    draft = begin(operator)
    assert "Rücksendeprozesse lesen <code>" in fill_shop(operator, draft, shop)
    vendors.epages.close_shop(shop)
    open_shop(vendors, shop)
    again = fill_shop(operator, draft, shop, client_secret="")
    assert "Rücksendeprozesse lesen <code>" not in again
    assert "not possible" not in again
