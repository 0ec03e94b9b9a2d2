"""A merchant connects his shop in a browser: wrongly, then rightly, with the eight boxes of the guide only."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import PATIENCE, sign_in
from tests.support.connector.connecting import open_shop
from tests.support.connector.world import CLIENT_ID, CLIENT_SECRET, KEY, TENANT, World, wait_for
from tests.support.console.connecting import EIGHT
from tests.support.console.people import PASSWORD

LOOKS = {
    "light": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light", "has_touch": True},
    "without-script": {"viewport": {"width": 1280, "height": 800}, "java_script_enabled": False},
}


class Walk:
    """A person who connects a shop. A picture of each page is taken, and axe looks at it where there is script."""

    def __init__(self, page: Page, look: str, shots: Path) -> None:
        self.page, self._look, self._shots = page, look, shots

    def look_at(self, name: str) -> None:
        """Check the page that is open."""
        self.page.screenshot(path=self._shots / f"{name}-{self._look}.png", full_page=True)
        if self._look == "without-script":
            return
        found = Axe().run(self.page).response["violations"]
        serious = [(each["id"], node["target"]) for each in found for node in each["nodes"]]
        assert serious == [], (name, self._look)
        width = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width <= 0, f"{name} is wider than the screen ({self._look})"

    def fill(self, **fields: str) -> None:
        """Type into the fields and press the main button."""
        for name, value in fields.items():
            self.page.locator(f"input[name={name}]").fill(value)
        self.go_on()

    def go_on(self) -> None:
        """Press the main button."""
        self.page.locator("button.main").click()

    def is_refused(self, why: str) -> None:
        """Check that the page says why it goes no further."""
        assert why in self.page.locator(".notice.bad").inner_text()

    def connect_shop(self, address: str) -> None:
        """Go through the first step, wrongly twice."""
        self.page.get_by_role("link", name="Connect a store").click()
        self.look_at("connect")
        self.go_on()
        self.look_at("connect-1-shop")
        self.fill(name="no such shop", client_id=CLIENT_ID, client_secret="wrong")
        self.is_refused("This is no store name")
        self.fill(name=f"{address}/cockpit/apps", client_secret="wrong")
        self.is_refused("The shop refuses")
        self.look_at("connect-1-shop-refused")
        self.fill(client_secret=CLIENT_SECRET)
        row = self.page.get_by_role("row", name="Cancellations from Afosto")
        assert "Stornierungsprozesse erstellen" in row.inner_text()
        self.look_at("connect-1-shop-checked")

    def connect_afosto(self) -> None:
        """Go through the second step, with a wrong key first."""
        self.page.get_by_role("link", name="Go on to Afosto").click()
        self.fill(afosto_key="wrong")
        self.is_refused("Afosto refuses the key")
        self.fill(afosto_key=KEY)
        self.page.locator("select[name=sells_from]").select_option("location-0")
        self.look_at("connect-2-afosto")
        self.go_on()

    def make_webhook(self) -> None:
        """Make the address, and leave its page for the one that waits."""
        self.page.get_by_role("button", name="Make the address and the secret").click()
        self.look_at("connect-5-webhook-secret")
        self.page.get_by_role("link", name="It is registered in Afosto").click()
        self.look_at("connect-5-webhook-waiting")


@pytest.mark.parametrize("look", LOOKS)
def test_a_shop_is_connected_wrongly_then_rightly(
    browser: Browser, console_url: str, world: World, shots: Path, look: str
) -> None:
    shop = f"browsed-{look}"
    _open(world, shop)
    context = browser.new_context(base_url=console_url, locale="en-GB", **LOOKS[look])  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    walk = Walk(context.new_page(), look, shots)
    sign_in(walk.page, "operator")
    walk.connect_shop(world.settings.epages_url.format(store=shop).removesuffix("/api"))
    walk.connect_afosto()

    assert walk.page.locator("input[value='cancellations.export']").is_disabled()
    walk.look_at("connect-3-synchronize")
    walk.go_on()
    assert "The first reading imports 1 order" in walk.page.locator("main").inner_text()
    assert walk.page.get_by_role("region", name="What the stock would become").is_visible()
    walk.look_at("connect-4-preview")
    assert not world.ledger.stores.exists(shop)
    walk.go_on()

    assert walk.page.get_by_role("heading", name=f"{shop} is connected").is_visible()
    assert world.ledger.stores.exists(shop)
    walk.look_at("connect-5-webhook")
    walk.make_webhook()
    world.ledger.database.transaction(lambda session: session.execute("update webhook_endpoints set seen_at = now()"))
    # The page looks again by itself, with script and without.
    wait_for(lambda: walk.page.get_by_text("Events of Afosto arrive").count() > 0, 20, "the page to look again")
    for endpoint in world.ledger.webhooks.endpoints():
        world.ledger.webhooks.remove(endpoint["id"])
    context.close()


def _open(world: World, shop: str) -> None:
    """Open a shop with the eight boxes and one order; Afosto has other stock than the shop."""
    open_shop(world, shop, scopes=EIGHT)
    stock = world.epages.stock(shop)
    world.epages.place(shop, lines=[{"sku": stock[0]["sku"], "quantity": 1, "price": "12.00"}])
    for each in stock[:5]:
        world.afosto.recount(TENANT, "location-0", each["sku"], 3)


def test_an_invited_merchant_without_an_account_gets_one(
    browser: Browser, console_url: str, world: World, shots: Path
) -> None:
    context = browser.new_context(base_url=console_url, locale="de-DE")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    walk = Walk(page, "german", shots)
    _, token = world.ledger.invitations.add(None, "operator")
    page.goto(f"/invitations/open?link={token}")
    walk.look_at("invited")
    page.locator("input[name=name]").fill("berta@example.com")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("button.main").click()
    page.wait_for_url("**/connect/*/shop")
    assert world.ledger.users.get("berta@example.com").stores == frozenset()
    walk.look_at("invited-shop")
    context.close()
