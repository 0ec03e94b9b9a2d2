"""Every page: axe finds nothing serious, nothing is cut off, and its pictures are kept in .screenshots."""

from pathlib import Path
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import sign_in
from tests.support.console.pages import PAGES
from tests.support.console.sample_operations import MESSAGE
from tests.support.console.sample_stores import BEHIND, UNHEALTHY

LOOKS: dict[str, tuple[int, int, Literal["light", "dark"]]] = {
    "light": (1280, 800, "light"),
    "dark": (1280, 800, "dark"),
    "phone": (390, 844, "light"),
}
MORE = {
    "sign-in": "/sign-in",
    "store-unhealthy": f"/stores/{UNHEALTHY}/",
    "store-behind": f"/stores/{BEHIND}/",
    "message": f"/workers/messages/{MESSAGE}",
}


# What depends on the colors alone: all that axe can find in dark and did not find in light.
OF_COLORS = ["color-contrast", "link-in-text-block"]


def test_every_page_is_accessible_and_fits(page: Page, shots: Path) -> None:
    page.goto("/sign-in")
    _check(page, "sign-in", shots)
    sign_in(page, "admin")
    page.wait_for_url("**/stores")
    for name, address in {**PAGES, **MORE}.items():
        if name != "sign-in":
            answer = page.goto(address)
            assert answer is not None
            assert answer.status < 500, name
            _check(page, name, shots)


def _check(page: Page, name: str, shots: Path) -> None:
    """Look at the page in each look: one page serves all, and its style follows the screen."""
    for look, (width, height, colors) in LOOKS.items():
        page.set_viewport_size({"width": width, "height": height})
        # Without motion: a button that is still changing its color has too little contrast.
        page.emulate_media(color_scheme=colors, reduced_motion="reduce")
        page.screenshot(path=shots / f"{name}-{look}.png", full_page=True)
        rules = {"runOnly": OF_COLORS} if look == "dark" else {}
        found = Axe().run(page, options={"resultTypes": ["violations"], **rules}).response["violations"]
        serious = [
            (each["id"], node["target"])
            for each in found
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]
        assert serious == [], (name, look)
        beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert beyond <= 0, f"{name} is wider than the screen ({look})"
