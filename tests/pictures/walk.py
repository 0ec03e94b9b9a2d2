"""A merchant connects his shop, in any language: the fields and addresses of the pages are the same in each."""

import base64
from pathlib import Path

from playwright.sync_api import Page

from tests.support.connector.connecting import open_shop
from tests.support.connector.world import CHANNEL, CLIENT_ID, CLIENT_SECRET, World, wait_for
from tests.support.console.connecting import EIGHT

LOCATION = "location-0"
ORDERS = 4
# Pieces that Afosto has of the first SKUs of the shop.
LEVELS = (40, 12, 3)
# Pixels of a page that a picture shows at most; what is below is more of the same.
TALLEST = 900
# Of 100: text stays sharp, and a picture has a quarter of the size that it has as PNG.
QUALITY = 80


class Walk:
    """One merchant and his shop. Each picture goes into `folder`, numbered in the order of the pages."""

    def __init__(self, world: World, page: Page, shop: str, folder: Path) -> None:
        self._world, self._page, self._shop, self._folder = world, page, shop, folder
        self._tenant = f"tenant of {shop}"
        self._key = world.tenant(self._tenant)
        folder.mkdir(parents=True, exist_ok=True)

    def take(self) -> None:
        """Walk from the invitation to the page of an order, and photograph each page."""
        self._open_shop()
        self._accept_invitation()
        self._enter_credentials()
        self._enter_key()
        self._choose()
        self._connect()
        self._confirm_stock()
        self._look_at_store()

    def _open_shop(self) -> None:
        """Open a shop with the guide's eight boxes; some orders are placed, and Afosto has some of its stock."""
        open_shop(self._world, self._shop, scopes=EIGHT, products=len(LEVELS), stock=25, seed=7)
        skus = [item["sku"] for item in self._world.epages.stock(self._shop)]
        for n in range(ORDERS):
            lines = [{"sku": skus[n % len(skus)], "quantity": 1 + n % 2, "price": f"{12 + n}.00"}]
            self._world.epages.place(self._shop, lines=lines, paid=True, pickup=False, test=False)
        for sku, level in zip(skus, LEVELS, strict=False):
            self._world.afosto.recount(self._tenant, LOCATION, sku, level)

    def _accept_invitation(self) -> None:
        _, token = self._world.ledger.invitations.add(None, "operator")
        self._page.goto(f"/invitations/open?link={token}")
        self._fill(name=f"anna@{self._shop}.example", password="a long password of anna")
        self._shoot("1-invitation")
        self._go_on()

    def _enter_credentials(self) -> None:
        self._page.wait_for_url("**/connect/*/shop")
        self._fill(name=self._shop, client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
        self._shoot("2-shop")
        self._go_on()
        self._shoot("3-permitted")
        self._page.locator("a.button.main").click()

    def _enter_key(self) -> None:
        self._fill(afosto_key=self._key)
        self._go_on()
        self._page.locator("select[name=channel]").select_option(CHANNEL)
        self._page.locator("select[name=sells_from]").select_option(LOCATION)
        self._shoot("4-afosto")
        self._go_on()

    def _choose(self) -> None:
        self._page.wait_for_url("**/synchronize")
        self._shoot("5-synchronize")
        self._go_on()

    def _connect(self) -> None:
        self._page.wait_for_url("**/preview")
        self._shoot("6-preview")
        self._go_on()
        self._page.wait_for_url("**/webhook")
        self._page.locator("main button.main").click()
        self._shoot("7-webhook")

    def _confirm_stock(self) -> None:
        jobs = self._world.ledger.jobs
        wait_for(lambda: len(jobs.search(store=self._shop, state="done", limit=99)) >= ORDERS, 60, "the first import")
        self._page.goto(f"/stores/{self._shop}/connection/stock")
        self._shoot("8-stock")
        self._go_on()

    def _look_at_store(self) -> None:
        self._page.goto(f"/stores/{self._shop}")
        self._shoot("9-store")

    def _fill(self, **fields: str) -> None:
        for name, value in fields.items():
            self._page.locator(f"input[name={name}]").fill(value)

    def _go_on(self) -> None:
        self._page.locator("button.main").click()

    def _shoot(self, name: str) -> None:
        self._page.wait_for_load_state()
        width, height = self._page.evaluate("[document.body.scrollWidth, document.body.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, TALLEST), "scale": 1}
        options = {"format": "webp", "quality": QUALITY, "clip": clip, "captureBeyondViewport": True}
        taken = self._page.context.new_cdp_session(self._page).send("Page.captureScreenshot", options)
        (self._folder / f"{name}.webp").write_bytes(base64.b64decode(taken["data"]))
