"""Every address of the gateway with values that nobody would send: each is answered, none with a failure of ours."""

import json
from typing import Any

import pytest

from schemas.messages import PUBLIC_TASKS
from schemas.states import Right
from tests.support.connector.gateway import WEBHOOK_SECRET, Doors, message, sign

# As JSON: json.dumps would refuse some of them, or write them in another way.
STRANGE = [
    *("null", "true", "0", "-1", "1e308", "-0.0", "1e999", "9" * 400, str(2**63), str(-(2**63) - 1), "1.5"),
    *('""', '"\\u0000"', '"\\ud800"', '"\\ud83d\\ude00"', '"\\u202e"', '"%00"', '".."', '"' + "x" * 20_000 + '"'),
    *("[]", "[[]]", "{}", '{"a": 1, "a": 2}', '{"\\u0000": "\\ud800"}', '{"": ""}', '["\\u0000"]', "[null]"),
    *('"0001-01-01"', '"9999-12-31"', '"2026-02-30"', '"https://[::1"', '"https://\\u0000/"', '"https://x:99999/"'),
]
FIELDS = {
    ("POST", "/v1/stores"): (
        *("name", "client_id", "client_secret", "afosto_key", "channel", "since", "base_url", "totals", "open_unpaid"),
        *("flows", "locations", "sells_from"),
    ),
    ("PATCH", "/v1/stores/shop"): ("paused", "flows", "locations", "sells_from"),
    ("POST", "/v1/stores/shop/poll"): ("cursor",),
    ("POST", "/v1/subscriptions"): ("url", "events", "stores"),
    ("POST", "/v1/jobs/retry"): ("reason", "store"),
    ("POST", "/v1/jobs/drop"): ("reason", "store"),
    ("POST", "/v1/tasks"): ("tasks",),
    **{("POST", f"/v1/tasks/{task}"): ("store", "order", "sku", "cursor") for task in PUBLIC_TASKS},
}
RIGHT: dict[str, Any] = {
    "name": "new",
    "client_id": "a",
    "client_secret": "b",
    "afosto_key": "c",
    "channel": "1",
    "since": "2026-01-01",
    "base_url": "https://127.0.0.1/",
}
PARAMETERS = ["", "%00", "%ED%A0%80", "%F0%9F%98%80", "9" * 5000, "-1", "1e3", "%D9%A1", "x" * 5000, "..", "%25", "%2F"]
QUERIES = [
    *(f"/v1/stores?{name}=" for name in ("limit", "after", "state")),
    *(f"/v1/jobs?{name}=" for name in ("limit", "after", "store", "state", "reason", "task", "order")),
    *(f"/v1/orders?find=1&{name}=" for name in ("store", "x")),
    *("/v1/orders?find=", "/v1/stores/", "/v1/jobs/", "/v1/subscriptions/", "/v1/orders/shop/", "/v1/tasks/"),
]


@pytest.fixture
def token(doors: Doors) -> str:
    """A token that may do everything."""
    doors.store("shop")
    return doors.ledger.tokens.add("fuzz", PUBLIC_TASKS, [], [Right.READ, Right.WRITE])


def complete(path: str, field: str, value: str) -> bytes:
    """Return a body in which one field is strange, and the others are as they should be."""
    usual = RIGHT if path == "/v1/stores" else {"store": "shop", "order": "1"} if path.startswith("/v1/tasks/") else {}
    parts = [f"{json.dumps(name)}: {json.dumps(other)}" for name, other in usual.items() if name != field]
    return f"{{{', '.join([*parts, f'{json.dumps(field)}: {value}'])}}}".encode()


@pytest.mark.parametrize(("method", "path"), FIELDS)
def test_a_strange_value_in_a_field_is_refused_or_taken(doors: Doors, token: str, method: str, path: str) -> None:
    for field in FIELDS[method, path]:
        for value in STRANGE:
            body = complete(path, field, value)
            answer = doors.ask(token, method, path, data=body, content_type="application/json")
            assert answer.status_code < 500, (field, value[:60], answer.text)


@pytest.mark.parametrize("query", QUERIES)
def test_a_strange_address_is_refused_or_taken(doors: Doors, token: str, query: str) -> None:
    for value in PARAMETERS:
        assert doors.ask(token, "GET", query + value).status_code < 500, value[:60]


@pytest.mark.parametrize("field", ["event", "entity_type", "entity_id", "message_id", "triggered_at", "data"])
def test_a_strange_webhook_is_refused_or_taken(doors: Doors, field: str) -> None:
    doors.store("shop")
    endpoint = doors.ledger.webhooks.add("shop", WEBHOOK_SECRET)
    usual = message()
    for value in STRANGE:
        parts = [f"{json.dumps(name)}: {json.dumps(other)}" for name, other in usual.items() if name != field]
        body = f"{{{', '.join([*parts, f'{json.dumps(field)}: {value}'])}}}".encode()
        answer = doors.post(f"/webhooks/afosto/{endpoint}", body, X_Afosto_Hmac_Sha256=sign(body))
        assert answer.status_code < 500, (value[:60], answer.text)
