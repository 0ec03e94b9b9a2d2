"""Every page: axe finds nothing serious, nothing is cut off, and its pictures are kept in .screenshots."""

from pathlib import Path

from playwright.sync_api import Page

from tests.browser.conftest import check_accessible, sign_in
from tests.support.console.pages import PAGES
from tests.support.console.sample_operations import MESSAGE
from tests.support.console.sample_stores import BEHIND, UNHEALTHY

MORE = {
    "sign-in": "/sign-in",
    "store-unhealthy": f"/stores/{UNHEALTHY}/",
    "store-behind": f"/stores/{BEHIND}/",
    "message": f"/workers/messages/{MESSAGE}",
}


def test_every_page_is_accessible_and_fits(page: Page, shots: Path) -> None:
    page.goto("/sign-in")
    check_accessible(page, "sign-in", shots)
    sign_in(page, "admin")
    page.wait_for_url("**/stores")
    for name, address in {**PAGES, **MORE}.items():
        if name != "sign-in":
            answer = page.goto(address)
            assert answer is not None
            assert answer.status < 500, name
            check_accessible(page, name, shots)
