"""On a phone: no table has to be moved sideways, and each of its buttons is on the screen."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import sign_in
from tests.support.console.people import OWN_STORE
from tests.support.console.sample_orders import ORDER, REASON

TABLES = [
    *("/tokens/", "/webhooks/", "/account/", "/users/", "/audit", "/workers", "/workers/messages", "/connect/"),
    *("/search?find=10042", "/search?find=TEA-250", f"/search?find={ORDER}", f"/stores/{OWN_STORE}/stock"),
    *(f"/parked/jobs?reason={REASON}", f"/stores/{OWN_STORE}/comparison/"),
]


@pytest.mark.parametrize("address", TABLES)
def test_on_a_phone_each_table_and_its_buttons_are_on_the_screen(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, "admin")
    page.wait_for_url("**/stores")
    page.goto(address)
    rights = page.evaluate("[...document.querySelectorAll('td button')].map(b => b.getBoundingClientRect().right)")
    assert [right for right in rights if right > 390] == []
    beyond = page.evaluate("[...document.querySelectorAll('.table')].map(t => t.scrollWidth - t.clientWidth)")
    assert all(each <= 0 for each in beyond)
    assert beyond or address.endswith("/connect/")
