"""Whoever changes the language, or reads an error, goes on at the page that he came from."""

from console.access.paths import is_page
from tests.support.console.people import OWN_STORE, Desk
from tests.support.console.routes import routes
from tests.support.console.sample_orders import ORDER


def after_choosing_german(desk: Desk, page: str) -> str:
    answer = desk.user("admin").post("/language", {"language": "de"}, headers={"Referer": f"http://localhost{page}"})
    assert answer.status_code == 303
    return answer.location


def test_the_same_page_is_shown_in_the_other_language(desk: Desk) -> None:
    assert after_choosing_german(desk, "/stores?state=paused") == "/stores?state=paused"


def test_a_page_that_only_a_form_can_open_leads_to_the_page_with_that_form(desk: Desk) -> None:
    order = f"/stores/{OWN_STORE}/orders/{ORDER}"
    assert after_choosing_german(desk, f"{order}/explain") == order
    assert after_choosing_german(desk, f"/stores/{OWN_STORE}/connection/options") == f"/stores/{OWN_STORE}/connection/"
    assert after_choosing_german(desk, "/account/password") == "/account/"


def test_no_form_leads_to_an_address_that_cannot_be_opened(desk: Desk) -> None:
    person = desk.user("admin")
    for path in {route.path for route in routes(desk.app)}:
        headers = {"Referer": f"http://localhost{path}"}
        answer = person.post("/language", {"language": "en"}, headers=headers)
        with desk.app.test_request_context():
            assert is_page(answer.location.partition("?")[0]), path
