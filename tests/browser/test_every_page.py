"""Every page: axe finds nothing serious, nothing is cut off, and its pictures are kept in .screenshots."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import sign_in
from tests.support.console.pages import PAGES
from tests.support.console.sample_operations import MESSAGE
from tests.support.console.sample_stores import BEHIND, UNHEALTHY

LOOKS = {
    "light": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light", "has_touch": True},
}
MORE = {
    "sign-in": "/sign-in",
    "store-unhealthy": f"/stores/{UNHEALTHY}/",
    "store-behind": f"/stores/{BEHIND}/",
    "message": f"/workers/messages/{MESSAGE}",
}


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_accessible_and_fits(browser: Browser, console_url: str, shots: Path, look: str) -> None:
    context = browser.new_context(base_url=console_url, locale="en-GB", **LOOKS[look])  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/sign-in")
    _check(page, "sign-in", look, shots)
    sign_in(page, "admin")
    page.wait_for_url("**/stores")
    for name, address in {**PAGES, **MORE}.items():
        if name != "sign-in":
            answer = page.goto(address)
            assert answer is not None
            assert answer.status < 500, name
            _check(page, name, look, shots)
    context.close()


def _check(page: Page, name: str, look: str, shots: Path) -> None:
    page.screenshot(path=shots / f"{name}-{look}.png", full_page=True)
    found = Axe().run(page).response["violations"]
    serious = [
        (each["id"], node["target"])
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
    assert serious == [], (name, look)
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, f"{name} is wider than the screen ({look})"
