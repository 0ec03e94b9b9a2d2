"""What goes wrong while a store is connected: each page says what to do, keeps what was typed, and never a secret."""

import threading
from dataclasses import replace

import pytest

from ledger.people.audit import Outcome
from tests.support.connector.connecting import connect, open_shop
from tests.support.connector.world import CLIENT_SECRET, KEY, TENANT, World
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


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"client_secret": "not-the-secret"}, "The shop refuses the client id or the client secret"),
        ({"name": "no-such-shop"}, "There is no shop of this name"),
        ({"client_id": ""}, "The client id or the client secret is missing"),
        ({"name": "<script>alert(1)</script>"}, "This is no store name"),
        ({"name": "x" * 5000}, "This is no store name"),
    ],
)
def test_a_wrong_shop_is_said_and_what_was_typed_stays(
    console: Desk, shop: str, changes: dict[str, str], said: str
) -> None:
    operator = console.user("operator")
    page = fill_shop(operator, begin(operator), shop, **changes)
    assert said in page
    assert "<script>alert" not in page
    assert f'value="{changes.get("client_id", "client")}"' in page
    assert CLIENT_SECRET not in page
    assert "not-the-secret" not in page
    assert console.ledger.audit.entries()[0].outcome is Outcome.REFUSED


def test_an_app_that_may_not_read_orders_is_refused_with_the_box(console: Desk, vendors: World, shop: str) -> None:
    vendors.epages.close_shop(shop)
    open_shop(vendors, shop, scopes=["prod:r"])
    operator = console.user("operator")
    draft = begin(operator)
    page = fill_shop(operator, draft, shop)
    assert "Tick the box “Bestellungen lesen”" in page
    assert "Bestellungen lesen <code>ordr:r</code>" in page
    assert operator.get(f"{draft}/afosto").location == f"{draft}/shop"


def test_a_shop_that_does_not_answer_keeps_everything_for_the_next_try(
    console: Desk, vendors: World, shop: str
) -> None:
    operator = console.user("operator")
    draft = begin(operator)
    vendors.epages.set_faults(shop, faults=[{"kind": "latency", "seconds": 9.0}])
    assert "The shop does not answer. What you typed is kept" in fill_shop(operator, draft, shop)
    vendors.epages.set_faults(shop, faults=[])
    assert "The shop takes the client id" in fill_shop(operator, draft, shop, client_secret="")


def test_a_store_that_is_connected_already_is_not_connected_again(console: Desk, vendors: World, shop: str) -> None:
    connect(vendors, shop)
    operator = console.user("operator")
    assert "A store of this name is connected already" in fill_shop(operator, begin(operator), shop)


def test_an_afosto_without_a_sales_channel_is_no_dead_end(console: Desk, vendors: World, shop: str) -> None:
    vendors.afosto.create(f"bare-{shop}", f"bare-key-{shop}", channels=[], locations=[])
    operator = console.user("operator")
    draft = begin(operator)
    fill_shop(operator, draft, shop)
    page = fill_key(operator, draft, f"bare-key-{shop}")
    assert "Afosto has no sales channel yet. Make one in Afosto" in page
    assert "Another key" in page


@pytest.mark.parametrize(
    ("switches", "key", "said"),
    [
        ({}, "not-the-key", "Afosto refuses the key"),
        ({"forbidden": ["channels"]}, KEY, "the key lacks a right"),
        ({}, "", "The key is missing"),
    ],
)
def test_a_key_that_is_wrong_or_lacks_a_right_is_said(
    console: Desk, vendors: World, shop: str, switches: dict[str, object], key: str, said: str
) -> None:
    operator = console.user("operator")
    draft = begin(operator)
    fill_shop(operator, draft, shop)
    vendors.afosto.set_switches(TENANT, **switches)
    page = fill_key(operator, draft, key)
    vendors.afosto.set_switches(TENANT, forbidden=[])
    assert said in page
    assert "not-the-key" not in page


def test_a_channel_that_vanished_between_the_steps_is_said(console: Desk, vendors: World, shop: str) -> None:
    operator = console.user("operator")
    draft = begin(operator)
    fill_shop(operator, draft, shop)
    fill_key(operator, draft)
    assert "not in Afosto any more. Choose another" in fill_places(operator, draft, channel="gone")
    assert "A chosen location is not there any more" in fill_places(operator, draft, sells_from="gone")
    fill_places(operator, draft)
    fill_switches(operator, draft)
    number = int(draft.rsplit("/", 1)[1])
    kept = console.ledger.connection_drafts.find(number)
    assert kept
    gone = replace(kept, choices=replace(kept.choices, channel="gone"))
    console.ledger.connection_drafts.save(gone, "operator")
    answer = operator.post(f"{draft}/preview", form(operator, f"{draft}/preview"))
    assert "not in Afosto any more" in answer.text
    assert not console.ledger.stores.exists(shop)


@pytest.mark.parametrize("since", ["", "yesterday", "2999-01-01", "2026-02-30"])
def test_a_day_that_is_none_keeps_the_switches_as_they_were_chosen(console: Desk, shop: str, since: str) -> None:
    operator = console.user("operator")
    draft = up_to_the_preview(operator, shop)
    page = fill_switches(operator, draft, flows=["orders.import"], since=since)
    assert "This is no day" in page or "This day is still to come" in page
    assert 'value="orders.import" checked' in page
    assert 'value="returns.import" checked' not in page


def test_the_second_of_two_people_sees_that_the_first_has_changed_it(console: Desk, shop: str) -> None:
    first, second = console.user("operator"), console.user("admin")
    draft = begin(first)
    fill_shop(first, draft, shop)
    loaded = form(second, f"{draft}/shop")
    fill_shop(first, draft, shop, client_id="client")
    typed = {**loaded, "name": shop, "client_id": "another", "client_secret": "another-secret"}
    answer = second.post(f"{draft}/shop", typed)
    assert answer.status_code == 409
    assert "Somebody else has changed this since your page was loaded" in answer.text
    assert 'value="another"' in answer.text
    assert "another-secret" not in answer.text
    kept = console.ledger.connection_drafts.find(int(draft.rsplit("/", 1)[1]))
    assert kept
    assert kept.client_id == "client"


def test_a_double_click_connects_once_and_both_end_at_the_store(console: Desk, shop: str) -> None:
    operator = console.user("operator")
    draft = up_to_the_preview(operator, shop)
    page, target = f"{draft}/preview", f"/stores/{shop}/connection/webhook"
    fields = {**form(operator, page), "csrf_token": operator.token()}
    cookie = operator.client.get_cookie("console")
    assert cookie
    answers = []

    def click() -> None:
        client = console.app.test_client()
        for known in ("console", "console-form"):
            found = operator.client.get_cookie(known)
            assert found
            client.set_cookie(known, found.value)
        answers.append(client.post(page, data=fields))

    clicks = [threading.Thread(target=click) for _ in range(3)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join(60)
    assert [name for name in console.ledger.stores.names() if name == shop] == [shop]
    assert target in [answer.location for answer in answers]
    assert {answer.status_code for answer in answers} <= {303, 409}
    assert operator.post(page, fields).location == target
    assert operator.get(f"{draft}/shop").location == target


def test_a_store_that_was_made_by_a_request_that_died_is_the_draft_s(console: Desk, vendors: World, shop: str) -> None:
    operator = console.user("operator")
    draft = up_to_the_preview(operator, shop)
    connect(vendors, shop)
    assert operator.post(f"{draft}/preview", form(operator, f"{draft}/preview")).location.endswith("/webhook")


def test_a_draft_that_was_given_up_elsewhere_is_said(console: Desk) -> None:
    operator, other = console.user("operator"), console.user("admin")
    draft = begin(operator)
    other.confirm(f"{draft}/remove")
    answer = operator.get(f"{draft}/shop", follow_redirects=True)
    assert answer.request.path == "/connect/"
    assert "This connection is not here any more" in answer.text


def test_a_merchant_does_not_find_the_draft_of_another(console: Desk) -> None:
    draft = begin(console.user("operator"))
    merchant = console.user("merchant")
    assert merchant.get(f"{draft}/shop").status_code == 404
    assert merchant.confirm(f"{draft}/remove").status_code == 404
    assert draft not in merchant.get("/connect/").text
