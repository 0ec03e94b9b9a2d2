"""Workers, queues, checks and messages, for operators; tokens and webhooks, for administrators."""

import re
from dataclasses import replace
from html import unescape

import pytest

from console.runtime import Runtime
from schemas.states import Event
from tasks.checks.all_checks import all_checks
from tests.support.console.people import OTHER_STORE, OWN_STORE, Desk
from tests.support.console.sample_operations import add_sample_operations
from tests.support.console.sample_stores import HOSTILE


@pytest.mark.parametrize("path", ["/workers", "/workers/checks", "/workers/messages"])
@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("merchant", 403), ("operator", 200)])
def test_operators_see_workers_and_queues(desk: Desk, path: str, role: str, status: int) -> None:
    assert desk.user(role).get(path).status_code == status


@pytest.mark.parametrize("path", ["/tokens/", "/webhooks/"])
@pytest.mark.parametrize(("role", "status"), [("operator", 403), ("merchant", 403), ("admin", 200)])
def test_administrators_see_tokens_and_webhooks(desk: Desk, path: str, role: str, status: int) -> None:
    assert desk.user(role).get(path).status_code == status


def test_queues_show_what_is_due_and_who_works(desk: Desk) -> None:
    add_sample_operations(desk.ledger, OWN_STORE)
    for order in range(3):
        desk.ledger.jobs.request_run(OTHER_STORE, "import", "orders", f"order-{order}")
    desk.execute("update jobs set due_at = now() - interval '20 minutes'")
    page = desk.user("operator").get("/workers").text
    orders = re.search(r"<code>orders</code></th>(.*?)</tr>", page, re.DOTALL)
    assert orders
    assert re.findall(r"<td[^>]*>(.*?)</td>", orders[1])[:2] == ["3", "20 minutes"]
    assert "1 process, 8 slots" in orders[1]
    assert "its leases no longer come round" in page
    assert "no living worker" in page


def test_what_is_off_is_not_due(desk: Desk) -> None:
    desk.ledger.jobs.request_run(OTHER_STORE, "import", "orders", "order-1")
    desk.ledger.stores.switch_flow(OTHER_STORE, "orders.import", enabled=False)
    page = desk.user("operator").get("/workers").text
    assert re.search(r"<code>orders</code></th>\s*<td[^>]*>0</td>", page)


def test_without_the_broker_the_rest_is_shown(desk: Desk) -> None:
    runtime = desk.app.extensions["connector"]
    assert isinstance(runtime, Runtime)
    away = replace(runtime.settings, broker_url="redis://127.0.0.1:1/0", redis_url="redis://127.0.0.1:1/1")
    desk.app.extensions["connector"] = replace(runtime, settings=away)
    page = desk.user("operator").get("/workers")
    assert page.status_code == 200
    assert "check CONNECTOR_BROKER_URL" in page.text
    assert "unknown" in page.text
    checks = desk.user("operator").get("/workers/checks")
    assert checks.status_code == 200
    assert "migrated, and takes writes" in checks.text


def test_checks_are_said_in_the_readers_language(desk: Desk) -> None:
    runtime = desk.app.extensions["connector"]
    assert isinstance(runtime, Runtime)
    add_sample_operations(desk.ledger, OWN_STORE)
    page = unescape(desk.user("operator").get("/workers/checks", headers={"Accept-Language": "de"}).text)
    assert "auf dem neuen Stand und beschreibbar" in page
    english = [check.text for check in all_checks(runtime.settings) if f">{check.text}<" in page]
    assert english == []


def test_a_link_leads_to_flower_if_a_setting_names_it(desk: Desk) -> None:
    assert "Flower" not in desk.user("operator").get("/workers").text
    runtime = desk.app.extensions["connector"]
    assert isinstance(runtime, Runtime)
    named = replace(runtime.settings, flower_url="https://flower.example.com")
    desk.app.extensions["connector"] = replace(runtime, settings=named)
    assert 'href="https://flower.example.com"' in desk.user("operator").get("/workers").text


def test_a_message_is_shown_harmlessly_and_deleted(desk: Desk) -> None:
    add_sample_operations(desk.ledger, OWN_STORE)
    operator = desk.user("operator")
    (kept,) = desk.ledger.set_aside.kept()
    page = operator.get(f"/workers/messages/{kept['id']}").text
    assert HOSTILE not in page
    assert "<script>alert" not in page
    for _ in range(2):  # a double click
        assert operator.confirm(f"/workers/messages/{kept['id']}/delete").status_code == 303
    assert desk.ledger.set_aside.kept() == []
    assert operator.get(f"/workers/messages/{kept['id']}").status_code == 404


def test_a_token_is_shown_once_and_works_until_it_is_revoked(desk: Desk) -> None:
    admin = desk.user("admin")
    answer = admin.post("/tokens/", {"name": "dash board", "rights": "read", "stores": OWN_STORE})
    made = re.search(r"<code>(connector_[\w-]+)</code>", answer.text)
    assert made
    caller = desk.ledger.tokens.find(made[1])
    assert caller
    assert caller.stores == frozenset({OWN_STORE})
    assert made[1] not in admin.get("/tokens/").text
    assert made[1] not in str(desk.rows("audit"))
    assert admin.confirm("/tokens/dash board/revoke").status_code == 303
    assert desk.ledger.tokens.find(made[1]) is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "needs the name"),
        ({"name": "erp"}, "Choose what the token permits"),
        ({"name": "erp", "rights": "read", "stores": "nowhere"}, "not connected"),
    ],
)
def test_a_token_that_cannot_be_made_says_why(desk: Desk, fields: dict[str, str], said: str) -> None:
    answer = desk.user("admin").post("/tokens/", fields)
    assert answer.status_code == 409
    assert said in answer.text
    assert desk.ledger.tokens.known() == []


def test_an_endpoint_is_made_rotated_and_removed(desk: Desk) -> None:
    admin = desk.user("admin")
    secret = _secret(admin.post("/webhooks/endpoints", {"store": OWN_STORE}).text)
    (endpoint,) = desk.ledger.webhooks.endpoints()
    found = desk.ledger.webhooks.find(endpoint["id"])
    assert found
    assert found.secrets == (secret,)
    newer = _secret(admin.post(f"/webhooks/endpoints/{endpoint['id']}/rotate").text)
    assert admin.post(f"/webhooks/endpoints/{endpoint['id']}/rotate").status_code == 409
    admin.confirm(f"/webhooks/endpoints/{endpoint['id']}/finish")
    found = desk.ledger.webhooks.find(endpoint["id"])
    assert found
    assert found.secrets == (newer,)
    assert newer not in admin.get("/webhooks/").text
    assert newer not in str(desk.rows("audit"))
    admin.confirm(f"/webhooks/endpoints/{endpoint['id']}/remove")
    assert desk.ledger.webhooks.endpoints() == []
    assert admin.post("/webhooks/endpoints", {"store": "nowhere"}).status_code == 409


def test_a_subscription_is_made_and_removed(desk: Desk) -> None:
    admin = desk.user("admin")
    wanted = {"url": "https://93.184.216.34/events", "events": Event.JOB_PARKED.value, "stores": OWN_STORE}
    secret = _secret(admin.post("/webhooks/subscriptions", wanted).text)
    assert secret not in admin.get("/webhooks/").text
    (kept,) = desk.ledger.subscriptions.known()
    assert (kept["events"], kept["stores"]) == ([Event.JOB_PARKED], [OWN_STORE])
    inside = admin.post("/webhooks/subscriptions", {"url": "http://127.0.0.1/"})
    assert inside.status_code == 409
    assert "Nothing can be sent to this address" in inside.text
    admin.confirm(f"/webhooks/subscriptions/{kept['id']}/remove")
    assert desk.ledger.subscriptions.known() == []


def test_a_subscription_gets_a_new_secret_that_is_shown_once(desk: Desk) -> None:
    admin = desk.user("admin")
    number = desk.ledger.subscriptions.add("https://erp.example/events?x=<b>", "the old one", list(Event))
    page = admin.confirm(f"/webhooks/subscriptions/{number}/secret").text
    secret = _secret(page)
    assert "Every event is signed with it from now on." in page
    assert "<b>" not in page
    assert secret not in admin.get("/webhooks/").text
    (noted,) = desk.ledger.audit.entries(text="webhooks.renew_subscription_secret")
    assert (noted.user, noted.subject, noted.outcome) == ("admin", str(number), "done")
    assert secret not in str(desk.rows("audit"))
    gone = admin.confirm("/webhooks/subscriptions/999/secret")
    assert gone.status_code == 409
    assert "There is no such subscription any more" in gone.text


def _secret(page: str) -> str:
    found = re.search(r"<code>(connector_[\w-]+)</code>", page)
    assert found
    return found[1]
