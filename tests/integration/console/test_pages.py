"""Every page opens for those who may see it, and shows what it is for."""

import pytest

from tests.support.console.pages import PAGES
from tests.support.console.people import OTHER_STORE, OWN_STORE, Desk


@pytest.mark.parametrize(
    "path", [path for path in PAGES.values() if path not in ("/nothing-here", "/invitations/open?link=x")]
)
def test_an_administrator_opens_every_page(desk: Desk, path: str) -> None:
    answer = desk.user("admin").get(path)
    assert answer.status_code == 200
    assert "<h1" in answer.text


def test_the_first_page_is_the_list_of_stores(desk: Desk) -> None:
    answer = desk.user("viewer").get("/", follow_redirects=True)
    assert answer.request.path == "/stores"
    assert OWN_STORE in answer.text
    assert OTHER_STORE in answer.text
