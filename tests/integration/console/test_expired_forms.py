"""A session that ends in mid-form loses nothing that was typed, and keeps no secret."""

from tests.support.console.people import Desk, Person

NEW = {"name": "anna@example.com", "role": "merchant", "stores": "corner, other", "password": "a secret of nine words"}


def expired(desk: Desk, name: str = "admin") -> Person:
    """Return somebody whose session has ended while a page with a form was open."""
    person = desk.user(name)
    person.token()
    desk.execute("update user_sessions set seen_at = now() - interval '3 hours'")
    return person


def test_the_form_comes_back_filled_after_the_sign_in(desk: Desk) -> None:
    person = expired(desk)
    refused = person.post("/users/", NEW)
    assert refused.status_code == 303
    assert "what you typed is kept" in person.get(refused.location).text
    assert person.sign_in("admin").location == "/users/"
    page = person.get("/users/").text
    assert 'value="anna@example.com"' in page
    assert 'value="corner, other"' in page
    assert 'value="merchant" required checked' in page
    assert desk.ledger.users.all() == [user for user in desk.ledger.users.all() if user.name != NEW["name"]]


def test_it_comes_back_once(desk: Desk) -> None:
    person = expired(desk)
    person.post("/users/", NEW)
    person.sign_in("admin")
    person.get("/users/")
    assert "anna@example.com" not in person.get("/users/").text


def test_no_secret_of_it_is_kept(desk: Desk) -> None:
    person = expired(desk)
    person.post("/users/", NEW)
    (row,) = desk.rows("user_sessions")
    draft = desk.ledger.user_sessions._opened(row["draft"])
    assert draft is not None
    assert "password" not in draft.fields
    assert b"anna" not in row["draft"]


def test_another_user_of_the_same_browser_does_not_get_it(desk: Desk) -> None:
    person = expired(desk)
    person.post("/users/", NEW)
    assert person.sign_in("operator").location == "/stores"
    assert [row["draft"] for row in desk.rows("user_sessions")] == [None]


def test_a_button_leads_back_to_the_page_that_has_it(desk: Desk) -> None:
    person = expired(desk, "operator")
    refused = person.post("/stores/corner/pause", headers={"Referer": "http://localhost/stores/corner/"})
    assert refused.location.startswith("/sign-in?next=/stores/corner/")
    assert person.sign_in("operator").location == "/stores/corner/"
    assert desk.ledger.stores.facts("corner").paused_at is None
