"""People walk through the console in German and Dutch: no page that they meet has an English word."""

from collections.abc import Iterator
from pprint import pformat

import pytest
from playwright.sync_api import Browser, Page

from console.translations.texts import texts
from ledger.people.users import Role
from schemas.wording.phrases import phrase
from tests.browser.conftest import PATIENCE, sign_in
from tests.support.connector.connecting import open_shop
from tests.support.connector.world import CLIENT_ID, CLIENT_SECRET, KEY, World
from tests.support.console.connecting import EIGHT
from tests.support.console.english import english_on
from tests.support.console.people import OWN_STORE, PASSWORD
from tests.support.console.sample_orders import ORDER, park_job

REASON, WRONG = "drift", "a wrong guess"
# What the simulated vendors and the samples say in English.
OF_OTHERS = ("pickup point", "script>alert", "Map it with", "not booked")


class Walk:
    """A person who reads one language, and looks at every page."""

    def __init__(self, page: Page, language: str) -> None:
        self.page, self._language = page, language
        self._english: dict[str, list[str]] = {}

    def look(self, name: str) -> None:
        """Look for English words on the page that is open."""
        assert self.page.locator("html").get_attribute("lang") == self._language
        found = english_on(self.page.content(), self._language)
        if said := [text for text in found if not any(each in text for each in OF_OTHERS)]:
            self._english[name] = said

    def open(self, address: str, name: str) -> None:
        """Open a page and look at it."""
        self.page.goto(address)
        self.look(name)

    def press(self, english: str, name: str, about: str = "") -> None:
        """Press the button that has this text in English, and look at what comes."""
        label = texts(self._language).gettext(english)
        self.page.get_by_role("button", name=f"{label} {about}".strip(), exact=True).first.click()
        self.look(name)

    def go_on(self, what: str, /, **fields: str) -> None:
        """Fill in fields, press the main button, and look at what comes."""
        for field, value in fields.items():
            self.page.locator(f"input[name={field}]").fill(value)
        self.page.locator("main button.main").first.click()
        self.look(what)

    def end(self) -> None:
        """Check that no page had any."""
        assert not self._english, pformat(self._english, width=200)


@pytest.fixture(params=["de", "nl"])
def walk(request: pytest.FixtureRequest, browser: Browser, console_url: str, world: World) -> Iterator[Walk]:
    """Yield somebody new whose browser speaks the language."""
    name = f"walker-{request.param}-{len(world.ledger.users.all())}"
    world.ledger.users.add(name, Role.ADMIN, PASSWORD)
    context = browser.new_context(base_url=console_url, locale=request.param, timezone_id="Europe/Berlin")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    walk = Walk(page, request.param)
    walk.open("/sign-in", "sign-in")
    sign_in(page, name, WRONG)
    walk.look("sign-in-refused")
    sign_in(page, name)
    page.wait_for_url("**/stores")
    walk.look("stores")
    yield walk
    context.close()


def test_a_shop_is_connected_wrongly_then_rightly_and_removed(walk: Walk, world: World) -> None:
    page, shop = walk.page, f"walked-{walk.page.locator('html').get_attribute('lang')}"
    open_shop(world, shop, scopes=EIGHT)
    world.epages.place(shop, lines=[{"sku": world.epages.stock(shop)[0]["sku"], "quantity": 1, "price": "12.00"}])
    walk.open("/connect/", "connect")
    walk.go_on("shop")
    address = world.settings.epages_url.format(store=shop).removesuffix("/api")
    walk.go_on("shop-no-name", name="no such shop", client_id=CLIENT_ID, client_secret=WRONG)
    walk.go_on("shop-wrong-secret", name=f"{address}/cockpit/apps", client_secret=WRONG)
    walk.go_on("shop-checked", client_secret=CLIENT_SECRET)
    page.locator("main a.button.main").first.click()
    walk.look("afosto")
    walk.go_on("afosto-wrong-key", afosto_key=WRONG)
    walk.go_on("afosto-checked", afosto_key=KEY)
    page.locator("select[name=sells_from]").select_option("location-0")
    walk.go_on("synchronize")
    walk.go_on("preview")
    walk.go_on("connected")
    walk.press("Make the address and the secret", "webhook")
    (made,) = (each["id"] for each in world.ledger.webhooks.endpoints() if each["store"] == shop)
    _change_and_remove(walk, world, shop)
    # It goes on for the other stores of the tenant, and the next walk would find it.
    world.ledger.webhooks.remove(made)
    walk.end()


def _change_and_remove(walk: Walk, world: World, shop: str) -> None:
    page = walk.page
    walk.open(f"/stores/{shop}/", "store")
    walk.press("Pause", "paused")
    walk.press("Resume", "resumed")
    page.locator("td form[action*='/flows/'] button").first.click()
    walk.look("switched-off")
    for part in ("connection/", "connection/places", "connection/stock", "comparison/", "totals/", "stock"):
        walk.open(f"/stores/{shop}/{part}", part)
    walk.open(f"/stores/{shop}/connection/remove", "remove")
    for name, typed in (("remove-wrong-name", OWN_STORE), ("removed", shop)):
        page.locator("input[name=confirm]").fill(typed)
        page.locator("main button.danger").click()
        walk.look(name)
    assert not world.ledger.stores.exists(shop)


def test_parked_jobs_are_decided_about_and_an_order_is_explained(walk: Walk, world: World) -> None:
    said = phrase("the order is not open in Afosto yet")
    jobs = [park_job(world.ledger, OWN_STORE, f"walk-{n}", reason=REASON, message=said) for n in (1, 2)]
    walk.open("/parked/", "parked")
    walk.open(f"/parked/jobs?reason={REASON}", "parked-jobs")
    walk.press("Retry the ticked jobs", "nothing-ticked")
    walk.page.locator(f"input[name=job][value='{jobs[0]}']").check()
    walk.press("Retry the ticked jobs", "retried")
    walk.page.locator(f"button[name=drop][value='{jobs[1]}']").click()
    walk.look("question-drop")
    walk.page.locator("main button.danger").click()
    walk.look("dropped")
    walk.open(f"/stores/{OWN_STORE}/orders/{ORDER}", "order")
    walk.press("Look now", "looked")
    walk.press("Explain", "explained")
    world.ledger.jobs.drop(reason=REASON)
    walk.end()


def test_tokens_users_the_account_and_the_audit_log(walk: Walk, world: World) -> None:
    walk.open("/tokens/", "tokens")
    walk.go_on("token-without-rights", name="a system")
    walk.press("New token", "question-token", "warehouse")
    walk.page.locator("main button.main").click()
    walk.look("token-rotated")
    walk.open("/users/viewer", "user")
    walk.page.locator("main button.danger").click()
    walk.look("question-user")
    walk.open("/account/", "account")
    walk.go_on("account-kept")
    walk.open("/nothing-here", "not-found")
    walk.open("/workers/checks", "checks")
    walk.open("/audit", "audit")
    world.ledger.tokens.finish_rotation("warehouse")
    walk.press("Sign out", "signed-out")
    walk.end()
