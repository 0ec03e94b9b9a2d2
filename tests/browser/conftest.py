"""The console as a process of its own, on the real ledger and the simulated vendors, and a Chromium that opens it."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from ledger.people.users import Role
from local.servers.services import Services
from local.servers.startup import free_port
from tests.support.connector.world import World, _listens, wait_for
from tests.support.console.people import OTHER_STORE, OWN_STORE, PASSWORD
from tests.support.console.sample_comparisons import add_sample_comparison
from tests.support.console.sample_operations import add_sample_operations
from tests.support.console.sample_orders import add_sample_orders
from tests.support.console.sample_stores import FRESH, add_sample_stores

# Milliseconds. Nothing takes so long; a machine that does much else may.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)

LOOKS: dict[str, tuple[int, int, Literal["light", "dark"]]] = {
    "light": (1280, 800, "light"),
    "dark": (1280, 800, "dark"),
    "phone": (390, 844, "light"),
}
# What depends on the colors alone: all that axe can find in dark and did not find in light.
OF_COLORS = ["color-contrast", "link-in-text-block"]

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Yield Debian's Chromium. The tests are skipped where there is none, but never in CI.

    It ends with its module: while Playwright runs, no test of the same process can use asyncio.
    """
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium is installed; .ci/run installs it")
        pytest.skip("no Chromium is installed: apt-get install chromium")
    with sync_playwright() as playwright:
        # The tests may run as root, where Chromium has no sandbox; it opens pages of ours only.
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"] if os.getuid() == 0 else [])
        yield started
        started.close()


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Yield both vendors with two connected shops, other stores in every state, and a user of every role."""
    with World(services, tmp_path_factory.mktemp("world"), POLL_INTERVAL="300") as started:
        for store in (OWN_STORE, OTHER_STORE):
            started.shop(store)
        add_sample_stores(started.ledger)
        add_sample_operations(started.ledger, OWN_STORE, webhook_of=FRESH)
        add_sample_orders(started.ledger, OWN_STORE)
        add_sample_comparison(started.ledger, OWN_STORE)
        for role in Role:
            started.ledger.users.add(role, role, PASSWORD, [OWN_STORE] if role is Role.MERCHANT else [])
        yield started


@pytest.fixture(scope="module")
def console_url(world: World) -> str:
    """Start the console, and return its address."""
    return start_console(world)


def start_console(world: World) -> str:
    """Start a console of a world, and return its address."""
    port = free_port()
    world._spawn("console", [sys.executable, "-m", "console", "--bind", f"127.0.0.1:{port}", "--plain-http"])
    wait_for(lambda: _listens(port), 30, "the console to listen")
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def context(browser: Browser, console_url: str) -> Iterator[BrowserContext]:
    """Yield a browser without cookies, in English."""
    opened = browser.new_context(base_url=console_url, locale="en-GB", timezone_id="Europe/Berlin")
    opened.set_default_timeout(PATIENCE)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """Return a page of this browser."""
    return context.new_page()


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Sign in through the form."""
    page.goto("/sign-in")
    page.locator("input[name=name]").fill(name)
    page.locator("input[name=password]").fill(password)
    page.locator("button.main").click()


@pytest.fixture(scope="session")
def shots() -> Path:
    """Return the folder of the screenshots, which git does not keep."""
    folder = Path(__file__).parents[2] / ".screenshots"
    folder.mkdir(exist_ok=True)
    return folder


def check_accessible(page: Page, name: str, shots: Path) -> None:
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
