"""Forced browsing: every route by everybody, generated from the route table; and forms that come from elsewhere."""

import pytest
from flask import Flask

from console.access.roles import check_declarations
from ledger.people.users import Role
from tests.support.console.people import OTHER_STORE, OWN_STORE, Desk, Person, without_fields
from tests.support.console.routes import Route, routes
from tests.support.console.sample_operations import add_sample_operations

# What everybody may use, signed in or not.
PUBLIC = {
    "static",
    "health.healthz",
    "health.readyz",
    "sign_in.show",
    "sign_in.enter",
    "sign_in.choose_language",
    "company_account.begin",
    "company_account.finish",
}
PUBLIC |= {"invitations.open_link", "invitations.accept"}
# What a viewer and a merchant may change: only what is their own.
OWN = {"sign_in.leave", "account.change", "account.set_password", "account.end_session"}


def browse(person: Person, route: Route) -> int:
    """Return the status of a route for somebody who sends a right token with every form."""
    answer = person.get(route.path) if route.method == "GET" else person.post(route.path)
    if answer.status_code == 303 and answer.location.startswith("/sign-in"):
        return 401
    return answer.status_code


def _removing_last(route: Route) -> tuple[bool, str]:
    return "remove" in route.endpoint, route.path


def test_who_is_not_signed_in_is_sent_to_the_sign_in_by_every_route_that_is_not_public(desk: Desk) -> None:
    stranger = desk.person()
    found = {route.endpoint: browse(stranger, route) for route in routes(desk.app)}
    assert {endpoint for endpoint, status in found.items() if status != 401} - {"sign_in.enter"} == PUBLIC - {
        "sign_in.enter"
    }
    assert desk.rows("audit") == []


@pytest.mark.parametrize("role", Role)
def test_a_role_may_use_what_its_routes_declare_and_nothing_else(desk: Desk, role: Role) -> None:
    user = desk.ledger.users.get(role)
    add_sample_operations(desk.ledger, OWN_STORE)
    for route in sorted(routes(desk.app), key=_removing_last):
        # Without a provider of accounts there are no pages for it.
        if route.endpoint in {"sign_in.enter", "sign_in.leave", "company_account.begin", "company_account.finish"}:
            continue
        person = desk.user(role)
        status = browse(person, route)
        if route.needs.allows(user):
            assert status not in (401, 403, 404, 405, 500), route
        else:
            assert status == 403, route


def test_a_viewer_changes_nothing_but_his_own_account(desk: Desk) -> None:
    viewer = desk.ledger.users.get(Role.VIEWER)
    changes = {route.endpoint for route in routes(desk.app) if route.method != "GET" and route.needs.allows(viewer)}
    assert changes - PUBLIC == OWN


def test_only_an_administrator_sees_users_and_the_audit_log(desk: Desk) -> None:
    for role in (Role.VIEWER, Role.OPERATOR, Role.MERCHANT):
        user = desk.ledger.users.get(role)
        hidden = [route for route in routes(desk.app) if route.endpoint.startswith(("users.", "audit."))]
        assert not any(route.needs.allows(user) for route in hidden)
        assert hidden


def test_a_merchant_does_not_find_the_store_of_another(desk: Desk) -> None:
    before = desk.rows("store_flows"), desk.rows("stores")
    merchant = desk.user("merchant")
    of_stores = [route for route in routes(desk.app, store=OTHER_STORE) if route.of_a_store]
    for route in of_stores:
        assert browse(merchant, route) == (404 if route.needs.merchants else 403), route
    assert OTHER_STORE not in merchant.get("/stores").text
    assert f"/stores/{OTHER_STORE}" not in merchant.get("/stores?q=oth").text
    assert (desk.rows("store_flows"), desk.rows("stores")) == before
    assert len(of_stores) >= 5


def test_a_store_that_does_not_exist_looks_like_one_that_may_not_be_seen(desk: Desk) -> None:
    merchant = desk.user("merchant")
    other, none = merchant.get(f"/stores/{OTHER_STORE}/"), merchant.get("/stores/nowhere/")
    # A form's token has the second in which its page was made.
    assert without_fields(other.text).replace(OTHER_STORE, "") == without_fields(none.text).replace("nowhere", "")


def test_no_form_is_taken_without_the_token_of_its_page(desk: Desk) -> None:
    before = {table: desk.rows(table) for table in ("stores", "store_flows", "users")}
    admin = desk.user("admin")
    forms = [route for route in routes(desk.app) if route.method != "GET"]
    for route in forms:
        for fields in ({}, {"csrf_token": "guessed"}, {"csrf_token": desk.person().token()}):
            assert admin.client.post(route.path, data=fields).status_code == 400, route
    assert {table: desk.rows(table) for table in before} == before
    assert admin.get("/stores").status_code == 200
    assert len(forms) > 10


def test_an_application_with_a_page_that_declares_no_role_does_not_start(desk: Desk) -> None:
    app = Flask("careless")
    app.add_url_rule("/secrets", "secrets", lambda: "all of them")
    with pytest.raises(LookupError, match="does not declare who may use it"):
        check_declarations(app)


@pytest.mark.parametrize("path", ["/stores", "/sign-in", "/nothing-here", "/static/console.css", "/healthz", "/users/"])
def test_every_answer_tells_the_browser_what_it_may_do_with_it(desk: Desk, path: str) -> None:
    for person in (desk.person(), desk.user("viewer")):
        headers = person.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert ("no-store" in headers["Cache-Control"]) == (not path.startswith("/static"))
