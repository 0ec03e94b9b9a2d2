"""Nothing that cannot be undone is done at one click: a question comes first, and says what ends and for whom."""

import re
from html import unescape

import pytest

from console.access.questions import ANSWER, YES, asks
from ledger.inbound.api_tokens import Overlap
from tests.support.console.people import OWN_STORE, Desk
from tests.support.console.routes import routes
from tests.support.console.sample_operations import add_sample_operations
from tests.support.console.sample_orders import REASON

# What ends something for good. A store is removed by typing its name, on a page of its own.
ENDS = re.compile(r"remove|revoke|drop|delete|finish_rotation|end_session|renew|rotate$")
WITHOUT_QUESTION = {
    # Asks for the name of the store.
    "connection.remove",
    # A second secret is accepted beside the present one: nothing ends.
    "webhooks.rotate",
}
# The form that makes a route ask, and what it then says, among other things.
FORMS: dict[str, tuple[str, dict[str, str], str]] = {
    "account.end_session": ("viewer", {}, "You are signed out in"),
    "connect.remove": ("merchant", {}, "you need another invitation"),
    "invitations.revoke": ("operator", {}, "does not work any more"),
    "order.drop": ("operator", {"job": ""}, "is not carried over"),
    "parked.decide": ("operator", {"drop": "chosen", "job": ""}, "is not carried over"),
    "parked.drop_all": ("operator", {}, "All that are parked for this reason: location-not-mapped"),
    "parked.retry_all": ("operator", {}, "is parked again"),
    "tokens.revoke": ("admin", {}, "warehouse can send no tasks and use no API any more"),
    "tokens.rotate": ("admin", {}, "The old token is accepted"),
    "tokens.finish_rotation": ("admin", {}, "with its old token are refused"),
    "users.remove": ("admin", {}, "viewer is signed out everywhere at once"),
    "webhooks.finish_rotation": ("admin", {}, "with the old secret are refused"),
    "webhooks.remove_endpoint": ("admin", {}, "by reading, some minutes later"),
    "webhooks.remove_subscription": ("admin", {}, "https://erp.example.com/events gets no events any more"),
    "webhooks.renew_subscription_secret": ("admin", {}, "those are sent again"),
    "workers.delete_message": ("operator", {}, "orders.imprt, from the queue orders"),
}


def prepared(desk: Desk, endpoint: str) -> tuple[str, dict[str, str]]:
    """Return the address and the fields of the button that stands on the page, for something that is there."""
    add_sample_operations(desk.ledger, OWN_STORE)
    role, fields, _ = FORMS[endpoint]
    desk.user(role)  # another browser of the same user
    values = {"name": "viewer" if endpoint == "users.remove" else "warehouse"}
    values["address"] = desk.ledger.webhooks.endpoints()[0]["id"]
    if endpoint == "webhooks.finish_rotation":
        desk.ledger.webhooks.rotate(values["address"], "another secret")
    if endpoint == "tokens.finish_rotation":
        desk.ledger.tokens.rotate("warehouse", Overlap.DAY)
    values["session"] = str(desk.ledger.user_sessions.known(role)[0].id)
    path = next(
        route.path for route in routes(desk.app, **values) if (route.endpoint, route.method) == (endpoint, "POST")
    )
    parked = next(str(row["id"]) for row in desk.rows("jobs") if (row["store"], row["state"]) == (OWN_STORE, "parked"))
    query = f"?reason={REASON}" if endpoint.startswith("parked.") else ""
    return path + query, {name: value or parked for name, value in fields.items()}


def state(desk: Desk) -> dict[str, list[dict[str, object]]]:
    tables = ("api_tokens", "webhook_endpoints", "subscriptions", "users", "invitations", "connection_drafts", "jobs")
    found = {table: desk.rows(table) for table in (*tables, "set_aside", "audit")}
    return {**found, "sessions": [{"id": row["id"]} for row in desk.rows("user_sessions")]}


def test_whatever_ends_something_asks_first(desk: Desk) -> None:
    changes = {route.endpoint for route in routes(desk.app) if route.method == "POST"}
    ends = {endpoint for endpoint in changes if ENDS.search(endpoint)} - WITHOUT_QUESTION
    asking = {endpoint for endpoint in changes if asks(desk.app, endpoint)}
    assert ends <= asking
    assert asking == FORMS.keys()


@pytest.mark.parametrize("endpoint", FORMS)
def test_without_the_answer_nothing_is_done_and_with_it_the_audit_log_notes_it(desk: Desk, endpoint: str) -> None:
    role, _, said = FORMS[endpoint]
    path, fields = prepared(desk, endpoint)
    person = desk.user(role)
    before = state(desk)
    for answer in ({}, {ANSWER: "no"}, {ANSWER: ""}):
        asked = person.post(path, {**fields, **answer})
        assert asked.status_code == 200
        assert said in unescape(asked.text)
    assert state(desk) == before
    action = re.search(
        r'<form method="post" action="([^"]+)">\s*<input type="hidden" name="csrf_token"[^>]*>\s*'
        rf'<input type="hidden" name="{ANSWER}"',
        asked.text,
    )
    assert action
    cancel = re.search(r'<a class="button" href="([^"]+)">Cancel', asked.text)
    assert cancel
    assert person.get(unescape(cancel[1])).status_code == 200
    # What the button's form held is sent with the answer.
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', asked.text.split(action[0])[1]))
    chosen = {"keep_old": "1h"} if endpoint == "tokens.rotate" else {}
    done = person.post(unescape(action[1]), {ANSWER: YES, **hidden, **chosen})
    assert done.status_code in (200, 303)
    (noted,) = desk.ledger.audit.entries(text=endpoint)
    assert (noted.user, noted.outcome) == (role, "done")
    assert state(desk) != {**before, "audit": desk.rows("audit")}


@pytest.mark.parametrize("endpoint", FORMS)
def test_a_question_is_for_those_who_may_do_it_and_needs_the_token_of_its_page(desk: Desk, endpoint: str) -> None:
    path, fields = prepared(desk, endpoint)
    role = FORMS[endpoint][0]
    person = desk.user(role)
    for given in ({}, {"csrf_token": "guessed"}):
        assert person.client.post(path, data={**fields, ANSWER: YES, **given}).status_code == 400
    if endpoint != "account.end_session":
        refused = desk.user("viewer").post(path, fields)
        assert refused.status_code == 403
        assert FORMS[endpoint][2] not in unescape(refused.text)
    stranger = desk.person().post(path, fields)
    assert (stranger.status_code, stranger.location[:8]) == (303, "/sign-in")


def test_what_is_gone_already_is_not_asked_about(desk: Desk) -> None:
    add_sample_operations(desk.ledger, OWN_STORE)
    admin = desk.user("admin")
    told = admin.post("/tokens/dashboard/revoke", follow_redirects=True).text
    assert "There is no valid token of this name" in told
    assert "used or revoked already" in admin.post("/invitations/99/revoke", follow_redirects=True).text


@pytest.mark.parametrize(("language", "said"), [("de", "Das lässt sich nicht"), ("nl", "Dit kan niet ongedaan")])
def test_a_question_is_asked_in_the_readers_language(desk: Desk, language: str, said: str) -> None:
    desk.ledger.users.set_preferences("operator", language, "UTC")
    page = desk.user("operator").post(f"/parked/drop-all?reason={REASON}").text
    assert said in page
    assert not re.search(r">[^<]*\b(is|the|they)\b[^<]*<", page.partition("<main")[2])


def test_a_system_with_a_hostile_name_is_asked_about_harmlessly(desk: Desk) -> None:
    desk.ledger.tokens.add("<script>alert(1)</script>\u202eerp", ["orders.look"], [])
    page = desk.user("admin").post("/tokens/<script>alert(1)</script>\u202eerp/revoke")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "\u202e" not in re.sub(r'action="[^"]*"', "", page.text)
