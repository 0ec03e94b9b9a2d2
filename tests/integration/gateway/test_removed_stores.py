"""A store that is removed, and another merchant who connects a shop of its name: no old token opens it."""

from schemas.messages import PUBLIC_TASKS
from schemas.states import Right
from tests.support.connector.gateway import WEBHOOK_SECRET, Doors, message
from tests.support.connector.world import CLIENT_ID, CLIENT_SECRET, KEY
from tests.support.ledger.events import follow, park

BOTH = (Right.READ, Right.WRITE)
REQUESTS = [
    ("GET", "/v1/stores/corner", None),
    ("GET", "/v1/orders/corner/1", None),
    ("GET", "/v1/jobs?store=corner", None),
    ("PATCH", "/v1/stores/corner", {"paused": True}),
    ("POST", "/v1/stores/corner/poll", {}),
    ("POST", "/v1/tasks/orders.look", {"store": "corner", "order": "1"}),
    ("POST", "/v1/jobs/retry", {"store": "corner", "reason": "drift"}),
    ("DELETE", "/v1/stores/corner?confirm=corner", None),
]


def test_a_token_that_names_the_store_does_not_open_that_of_another_merchant(doors: Doors) -> None:
    """Nor does it open all stores, which an empty list would mean."""
    for name in ("corner", "second"):
        doors.store(name, "tenant-a")
    only = doors.ledger.tokens.add("erp-of-a", PUBLIC_TASKS, ["corner"], BOTH)
    two = doors.ledger.tokens.add("both-of-a", PUBLIC_TASKS, ["corner", "second"], BOTH)
    doors.ledger.stores.remove("corner")
    doors.store("corner", "tenant-b")
    park(doors, "corner", "1")

    for method, path, body in REQUESTS:
        assert doors.ask(only, method, path, json=body).status_code == 401, path
        assert doors.ask(two, method, path, json=body).status_code == 403, path
    seen = doors.ask(two, "GET", "/v1/stores").json
    assert seen is not None
    assert [store["name"] for store in seen["stores"]] == ["second"]
    scopes = {row["name"]: (row["stores"], row["revoked_at"] is None) for row in doors.ledger.tokens.known()}
    assert scopes == {"erp-of-a": (["corner"], False), "both-of-a": (["second"], True)}


def test_a_subscription_that_names_the_store_hears_nothing_of_that_of_another_merchant(doors: Doors) -> None:
    for name in ("corner", "second"):
        doors.store(name, "tenant-a")
    follow(doors, "http://127.0.0.1:1/", stores=["corner"])
    two, _ = follow(doors, "http://127.0.0.1:1/", stores=["corner", "second"])
    everything, _ = follow(doors, "http://127.0.0.1:1/")
    park(doors, "corner", "before")
    doors.ledger.stores.remove("corner")
    doors.store("corner", "tenant-b")
    park(doors, "corner", "1")
    park(doors, "second", "2")

    told = sorted((row["subscription_id"], row["store"]) for row in doors.rows("deliveries"))
    assert told == [(two, "second"), (everything, "corner"), (everything, "second")]
    assert {row["id"]: row["stores"] for row in doors.ledger.subscriptions.known()} == {
        two: ["second"],
        everything: None,
    }


def test_the_address_for_webhooks_goes_on_for_the_other_stores_of_the_tenant(doors: Doors) -> None:
    """Afosto has one address for a whole tenant, which happens to be of the store that was connected first."""
    for name, tenant in (("first", "tenant-a"), ("later", "tenant-a"), ("stranger", "tenant-b")):
        doors.store(name, tenant)
    doors.order("later", "1", "afosto-1")
    endpoint = doors.ledger.webhooks.add("first", WEBHOOK_SECRET)
    doors.ledger.stores.remove("first")
    assert doors.deliver(endpoint, message("afosto-1")).json == {"new": True}
    assert doors.looks() == [("later", "1", 1)]
    doors.ledger.stores.remove("later")
    assert doors.deliver(endpoint, message("afosto-1")).status_code == 404
    assert doors.rows("webhook_endpoints") == []


def test_a_token_of_some_stores_of_a_tenant_neither_hears_of_its_others_nor_connects_one(doors: Doors) -> None:
    for name in ("mine", "other"):
        doors.store(name, "tenant-a")
    tenant = doors.ledger.tenants.of("mine")
    token = doors.ledger.tokens.add("shelf", [], ["mine"], BOTH, tenant)
    made = doors.ask(token, "POST", "/v1/subscriptions", json={"url": "https://8.8.8.8/"})
    assert made.status_code == 201
    assert made.json is not None
    assert made.json["stores"] == ["mine"]
    # As the version before this one kept it.
    doors.ledger.database.transaction(lambda session: session.execute("update subscriptions set stores = null"))
    park(doors, "mine", "1")
    park(doors, "other", "2")
    assert [row["store"] for row in doors.rows("deliveries")] == ["mine"]
    assert doors.ask(token, "POST", "/v1/stores", json=NEW).status_code == 403


def test_a_tenant_does_not_learn_the_name_of_another_tenants_store(doors: Doors) -> None:
    doors.store("mine", "tenant-a")
    doors.store("hidden-name", "tenant-b")
    doors.ledger.database.transaction(
        lambda session: session.execute("update stores set base_url = 'https://8.8.8.8/api' where name = 'hidden-name'")
    )
    request = {**NEW, "base_url": "https://8.8.8.8/api"}
    of_tenant = doors.ledger.tokens.add("agency", [], [], BOTH, doors.ledger.tenants.of("mine"))
    refused = doors.ask(of_tenant, "POST", "/v1/stores", json=request)
    assert refused.status_code == 409
    assert "connected already" in refused.text
    assert "hidden-name" not in refused.text
    assert (
        "hidden-name"
        in doors.ask(doors.ledger.tokens.add("all", [], [], BOTH), "POST", "/v1/stores", json=request).text
    )


NEW = {
    "name": "new",
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
    "afosto_key": KEY,
    "channel": "1",
    "since": "2026-01-01",
}
