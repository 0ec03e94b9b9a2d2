"""The database goes away while somebody fills in a form: nothing that was typed is lost."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from html import unescape

import pytest
from werkzeug.test import TestResponse

from local.servers.services import Services
from tests.support.console.people import PASSWORD, Desk, Person, open_desk, without_fields
from tests.support.servers.relay import Relay

NEW = {"name": "anna@example.com", "role": "merchant", "stores": "corner, other"}
SECRET = "a secret of nine words"


@pytest.fixture
def relay() -> Iterator[Relay]:
    with Relay() as opened:
        yield opened


@pytest.fixture
def desk(fresh_services: Services, relay: Relay) -> Iterator[Desk]:
    """The console, whose way to the database can be cut."""
    with open_desk(replace(fresh_services, database_url=relay.to(fresh_services.database_url))) as opened:
        yield opened


def fields_of(page: str) -> dict[str, str]:
    """Return the hidden fields of the form that the page offers to send again."""
    form = page[page.index('id="main"') : page.index("</main>")]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {unescape(name): unescape(value) for name, value in found}


def until_it_answers(desk: Desk) -> None:
    deadline = time.monotonic() + 20
    while desk.person().get("/readyz").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def refused(answer: TestResponse) -> str:
    """Return the page of an outage, which says what to do and shows no secret."""
    assert answer.status_code == 503
    assert "The database does not answer" in answer.text
    assert "What you typed is still here, except secrets." in answer.text
    assert SECRET not in answer.text
    assert PASSWORD not in answer.text
    return answer.text


def test_a_form_can_be_sent_again_from_the_page_that_says_so(desk: Desk, relay: Relay) -> None:
    admin = desk.user("admin")
    form = {**NEW, "password": SECRET, "csrf_token": admin.token()}
    relay.cut(silently=False)
    page = refused(admin.client.post("/users/", data=form))
    assert 'action="/users/"' in page
    assert 'name="password" type="password"' in page
    assert 'action="/users/"' in refused(admin.client.post("/users/", data={**fields_of(page), "password": SECRET}))
    relay.reconnect()
    until_it_answers(desk)
    assert admin.client.post("/users/", data={**fields_of(page), "password": SECRET}).status_code == 303
    added = desk.ledger.users.get(NEW["name"])
    assert (added.role, sorted(added.stores)) == ("merchant", ["corner", "other"])


def test_a_sign_in_goes_on_where_it_was_meant_to(desk: Desk, relay: Relay) -> None:
    person = desk.person()
    form = {"name": "operator", "password": PASSWORD, "next": "/parked/", "csrf_token": person.token()}
    relay.cut(silently=False)
    page = refused(person.client.post("/sign-in", data=form))
    relay.reconnect()
    until_it_answers(desk)
    answer = person.client.post("/sign-in", data={**fields_of(page), "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/parked/")


def test_what_was_typed_is_shown_harmlessly(desk: Desk, relay: Relay) -> None:
    admin = desk.user("admin")
    hostile = '"><script>alert(1)</script>'
    form = {"name": hostile, hostile: "x", "my_key": "1", "csrf_token": admin.token()}
    relay.cut(silently=False)
    page = refused(admin.client.post("/users/", data=form))
    assert "<script>alert" not in page
    assert hostile in fields_of(page).values()
    assert "alert" not in without_fields(page)


def test_nothing_is_reflected_that_did_not_come_from_a_form_of_the_console(desk: Desk, relay: Relay) -> None:
    admin = desk.user("admin")
    relay.cut(silently=False)
    forged = Person(admin.client).client.post("/users/", data={**NEW, "csrf_token": "guessed"})
    assert forged.status_code == 400
    nowhere = admin.client.post("//example.com/", data=NEW)
    assert NEW["name"] not in forged.text + nowhere.text
