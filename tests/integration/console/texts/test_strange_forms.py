"""Every form and every list of the console with values that no page of it sends: none fails."""

import pytest

from tests.support.console.people import OWN_STORE, Desk
from tests.support.console.routes import routes
from tests.support.console.sample_operations import add_sample_operations

FIELDS = (
    *("name", "client_id", "client_secret", "afosto_key", "part", "channel", "sells_from", "at:x", "flows", "since"),
    *("totals", "open_unpaid", "days", "password", "new_password", "role", "stores", "language", "zone", "version"),
    *("confirm", "empties", "job", "retry", "drop", "state", "flow", "difference", "url", "events", "tasks", "rights"),
    *("before", "link", "token", "store", "reason", "again"),
)
PARAMETERS = (
    "page",
    "before",
    "q",
    "text",
    "state",
    "store",
    "flow",
    "reason",
    "comparison",
    "find",
    "next",
    "link",
    "zone",
)
STRANGE = ["", "\0", "\N{RIGHT-TO-LEFT OVERRIDE}x", "9" * 5000, "٣", "nan", "0001-01-01", "https://[::1", "'\"<script>"]
# They lead to a provider of accounts, or end the session.
_ELSEWHERE = {"company_account.begin", "company_account.finish", "sign_in.leave", "static"}


@pytest.mark.parametrize("value", STRANGE, ids=lambda value: ascii(value)[:20])
def test_a_form_with_a_strange_value_in_every_field_is_answered(desk: Desk, value: str) -> None:
    add_sample_operations(desk.ledger, OWN_STORE)
    admin, merchant = desk.user("admin"), desk.user("merchant")
    for route in sorted(routes(desk.app), key=lambda route: "remove" in route.endpoint):
        if route.method == "GET" or route.endpoint in _ELSEWHERE:
            continue
        for person in (admin, merchant):
            answer = person.post(route.path, dict.fromkeys(FIELDS, value))
            assert answer.status_code < 500 or answer.status_code == 503, (route.endpoint, answer.status_code)


@pytest.mark.parametrize("value", STRANGE, ids=lambda value: ascii(value)[:20])
def test_a_list_with_a_strange_value_in_its_address_is_shown(desk: Desk, value: str) -> None:
    admin, merchant = desk.user("admin"), desk.user("merchant")
    for route in routes(desk.app):
        if route.method != "GET" or route.endpoint in _ELSEWHERE:
            continue
        for person in (admin, merchant):
            answer = person.get(route.path, query_string=dict.fromkeys(PARAMETERS, value))
            assert answer.status_code < 500, (route.endpoint, answer.status_code)
