"""`make pictures`: the pictures of docs/connect-a-shop.md and docs/shop-verbinden.md, from the running console.

Starts both simulated vendors, the connector's processes and the console. A merchant then follows an invitation, in
English and in German; Chromium takes a picture of each page that the docs show.
"""

import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from local.servers.services import local_services
from local.servers.startup import free_port
from tests.pictures.walk import Walk
from tests.support.connector.world import World, _listens, wait_for

PICTURES = Path(__file__).parents[2] / "docs" / "pictures" / "connect"
# The language of the browser, and the name of the shop that is connected in it.
LANGUAGES = {"en": ("en-GB", "corner-shop"), "de": ("de-DE", "eckladen")}
# What a reader sees in place of this machine's addresses.
SETTINGS = {"GATEWAY_URL": "https://connector.example", "POLL_INTERVAL": "300"}
# The pages are ours. Text in shades of gray makes a picture half as large as text in colors.
ARGUMENTS = ["--no-sandbox", "--disable-lcd-text"]
# Milliseconds, more than any page takes.
PATIENCE = 30_000


def main() -> int:
    """Take all pictures. Return the exit code."""
    chromium = next((found for name in ("chromium", "google-chrome") if (found := shutil.which(name))), None)
    if chromium is None:
        sys.stderr.write("Chromium is missing; on Debian: apt-get install chromium\n")
        return 1
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="connector-pictures-")))
        services = stack.enter_context(local_services(folder, {}, durable=False))
        world = stack.enter_context(World(services, folder, **SETTINGS))
        url = _console(world)
        world.start()
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        stack.callback(browser.close)
        for language, (locale, shop) in LANGUAGES.items():
            page = _page(browser, url, locale)
            Walk(world, page, shop, PICTURES / language).take()
            page.context.close()
    return 0


def _console(world: World) -> str:
    port = free_port()
    world._spawn("console", [sys.executable, "-m", "console", "--bind", f"127.0.0.1:{port}", "--plain-http"])
    wait_for(lambda: _listens(port), 30, "the console to listen")
    return f"http://127.0.0.1:{port}"


def _page(browser: Browser, url: str, locale: str) -> Page:
    viewport = {"width": 900, "height": 600}
    context = browser.new_context(
        base_url=url,
        locale=locale,
        timezone_id="Europe/Berlin",
        color_scheme="light",
        viewport=viewport,  # type: ignore[arg-type]
    )
    context.set_default_timeout(PATIENCE)
    return context.new_page()


if __name__ == "__main__":
    sys.exit(main())
