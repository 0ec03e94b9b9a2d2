"""Names as long as they may be: nothing is wider than the screen, on a phone and on a desk."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from ledger.people.users import Role
from tests.browser.conftest import sign_in
from tests.support.connector.world import World
from tests.support.console.people import PASSWORD
from tests.support.console.sample_comparisons import add_sample_comparison
from tests.support.console.sample_orders import park_job
from tests.support.console.sample_stores import FLOWS
from tests.support.ledger.rows import store_values

STORE = "a-store-with-the-longest-name-that-a-shop-can-have-as-a-label-of-dns"[:63]
USER = f"{'somebody.with.a.long.name' * 3}@example.com"[:100]
PAGES = (
    "/stores",
    f"/stores/{STORE}/",
    f"/stores/{STORE}/comparison/",
    f"/stores/{STORE}/totals/",
    f"/stores/{STORE}/connection/",
    f"/stores/{STORE}/connection/remove",
    f"/parked/?store={STORE}",
    f"/parked/jobs?reason=drift&store={STORE}",
    "/users/",
    f"/users/{USER}",
    "/account/",
    "/tokens/",
    "/webhooks/",
    "/invitations/",
    "/audit",
)
WIDTHS = {"phone": 360, "desk": 1280}


@pytest.mark.parametrize("look", WIDTHS)
def test_no_page_is_wider_than_the_screen(page: Page, world: World, shots: Path, look: str) -> None:
    _add(world)
    page.set_viewport_size({"width": WIDTHS[look], "height": 800})
    sign_in(page, USER)
    page.wait_for_url("**/stores")
    for address in PAGES:
        page.goto(address)
        name = address.strip("/").replace("/", "-").replace(STORE, "long").replace(USER, "long").partition("?")[0]
        page.screenshot(path=shots / f"long-{name}-{look}.png", full_page=True)
        beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert beyond <= 0, address


def _add(world: World) -> None:
    ledger = world.ledger
    if ledger.stores.exists(STORE):
        return
    ledger.stores.add(store_values(STORE, f"tenant-of-{STORE}"), FLOWS, 60.0)
    ledger.users.add(USER, Role.ADMIN, PASSWORD)
    park_job(ledger, STORE, f"order-{'9' * 60}", reason="drift", message="m" * 300)
    add_sample_comparison(ledger, STORE)
    ledger.tokens.add(STORE, ["orders.import"], [STORE])
    ledger.webhooks.add(STORE, "a secret of Afosto")
    ledger.invitations.add(STORE, USER)
