"""People go each way to its end: a store removed, tokens, webhooks, invitations; and what the others may not."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ledger.people.users import Role
from tests.browser.conftest import check_accessible, sign_in
from tests.support.connector.world import World
from tests.support.console.people import OTHER_STORE, OWN_STORE, PASSWORD
from tests.support.console.sample_orders import ORDER, SAID, park_job
from tests.support.console.sample_stores import FLOWS
from tests.support.ledger.rows import store_values

# A spreadsheet would compute this.
FORMULA = '=HYPERLINK("https://example.com";"look")'
PAGES_OF_A_VIEWER = ("", "connection/", "connection/remove", "comparison/", "totals/", "stock")


def test_a_store_is_removed_when_its_name_was_typed(page: Page, world: World, shots: Path) -> None:
    world.ledger.stores.add(store_values("closing", "tenant-of-closing"), FLOWS, 60.0)
    sign_in(page, "admin")
    page.goto("/stores/closing/")
    page.get_by_role("link", name="Change the connection").click()
    page.get_by_role("link", name="Remove the store …").click()
    page.get_by_label("Type the name of the store").fill("corner")
    page.get_by_role("button", name="Remove the store").click()
    expect(page.get_by_role("alert")).to_contain_text("so nothing was removed")
    assert world.ledger.stores.exists("closing")
    page.screenshot(path=shots / "walk-remove-wrong-name.png", full_page=True)
    page.get_by_label("Type the name of the store").fill("closing")
    page.get_by_role("button", name="Remove the store").click()
    expect(page.get_by_role("status")).to_contain_text("closing is removed")
    assert not world.ledger.stores.exists("closing")
    page.goto("/stores/closing/connection/remove")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


def test_one_job_is_dropped_and_the_file_has_no_formula(page: Page, world: World) -> None:
    job = park_job(world.ledger, OWN_STORE, "walk-formula", reason="walked", message=FORMULA)
    park_job(world.ledger, OWN_STORE, "walk-other", reason="walked", message=SAID)
    sign_in(page, "operator")
    page.goto("/parked/jobs?reason=walked")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    cells = [cell for row in csv.reader(StringIO(text)) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []
    assert any(FORMULA in cell for cell in cells)
    page.get_by_role("button", name=f"Drop Job {job}", exact=True).click()
    page.get_by_role("button", name="Drop it").click()
    expect(page.get_by_role("status")).to_contain_text("1 job is dropped.")
    page.goto("/parked/jobs?reason=walked")
    # The page of before is loaded again, so its button is gone.
    expect(page.get_by_role("button", name=f"Drop Job {job}", exact=True)).to_have_count(0)
    world.ledger.jobs.drop(reason="walked")


def test_an_order_is_found_by_its_id_in_afosto(page: Page) -> None:
    sign_in(page, "viewer")
    page.locator("#find").fill(f"a-{ORDER}")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/orders/{ORDER}")


def test_a_token_is_made_shown_once_and_revoked(page: Page, shots: Path) -> None:
    sign_in(page, "admin")
    page.get_by_role("link", name="Tokens").click()
    page.get_by_label("Name of the system that will use it").fill("stock tool")
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.screenshot(path=shots / "walk-token-without-rights.png", full_page=True)
    expect(page.get_by_label("Name of the system that will use it")).to_have_value("stock tool")
    page.get_by_label("Read stores, orders and jobs").check()
    page.get_by_role("button", name="Make the token").click()
    token = page.locator("section code").first.inner_text()
    assert token.startswith("connector_")
    page.goto("/tokens/")
    assert token not in page.content()
    page.get_by_role("button", name="New token stock tool").click()
    page.get_by_label("The old token is accepted").select_option("for 7 days")
    check_accessible(page, "walk-question-token", shots)
    page.get_by_role("button", name="Make the new token").click()
    assert page.locator("section code").first.inner_text() not in (token, "")
    page.goto("/tokens/")
    expect(page.get_by_role("row", name="stock tool").get_by_text("old token valid until")).to_be_visible()
    page.get_by_role("button", name="Revoke stock tool").click()
    expect(page.get_by_role("heading", name="Revoke the token of stock tool?")).to_be_visible()
    check_accessible(page, "walk-question-revoke", shots)
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("row", name="stock tool").get_by_text("Revoked")).to_have_count(0)
    page.get_by_role("button", name="Revoke stock tool").press("Enter")
    page.get_by_role("button", name="Revoke it").press("Enter")
    expect(page.get_by_role("row", name="stock tool").get_by_text("Revoked")).to_be_visible()


def test_an_outgoing_webhook_is_made_renewed_and_removed(page: Page) -> None:
    sign_in(page, "admin")
    page.get_by_role("link", name="Webhooks").click()
    page.get_by_label("Address", exact=True).fill("https://127.0.0.1/events")
    page.get_by_role("button", name="Send events").click()
    expect(page.get_by_role("alert")).to_contain_text("must begin with https://, be a public one")
    address = "https://erp.example.org/events"
    page.get_by_label("Address", exact=True).fill(address)
    page.get_by_role("button", name="Send events").click()
    expect(page.get_by_text("Copy the secret now")).to_be_visible()
    page.goto("/webhooks/")
    page.get_by_role("button", name=f"New secret {address}").click()
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_text("Copy the secret now")).to_be_visible()
    page.goto("/webhooks/")
    page.get_by_role("button", name=f"Remove {address}").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("status")).to_contain_text("The subscription is removed.")
    expect(page.get_by_text(address)).to_have_count(0)


def test_an_invitation_is_revoked_and_no_longer_opens(page: Page) -> None:
    sign_in(page, "operator")
    page.goto("/invitations/")
    page.get_by_label("Store name").fill("walked-shop")
    page.get_by_role("button", name="Make a link").click()
    link = page.locator(".copy code").inner_text()
    page.goto("/invitations/")
    page.get_by_role("button", name="Revoke walked-shop").click()
    page.get_by_role("button", name="Revoke it").click()
    expect(page.get_by_role("row", name="walked-shop").get_by_text("revoked")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.goto(link)
    expect(page.get_by_text("not valid")).to_be_visible()


@pytest.mark.parametrize("part", PAGES_OF_A_VIEWER)
def test_a_viewer_finds_no_button_that_changes_a_store(page: Page, part: str) -> None:
    sign_in(page, "viewer")
    page.goto(f"/stores/{OWN_STORE}/{part}")
    changing = page.locator("main form[method=post]").all()
    assert [form.get_attribute("action") for form in changing] == []


def test_a_second_merchant_sees_nothing_of_the_first(page: Page, world: World, shots: Path) -> None:
    world.ledger.users.add("second", Role.MERCHANT, PASSWORD, [OTHER_STORE])
    sign_in(page, "second")
    page.wait_for_url("**/stores")
    addresses = ("/stores", "/parked/", "/connect/", f"/search?find={ORDER}", "/account/")
    for address in addresses:
        page.goto(address)
        assert OWN_STORE not in page.locator("main").inner_text().replace(ORDER, ""), address
    page.screenshot(path=shots / "walk-second-merchant.png", full_page=True)
    for part in ("", "comparison/", "totals/", "connection/", f"orders/{ORDER}"):
        page.goto(f"/stores/{OWN_STORE}/{part}")
        expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


def test_two_people_compare_a_store_and_a_double_click_repairs_once(page: Page, world: World) -> None:
    sign_in(page, "merchant")
    page.goto(f"/stores/{OWN_STORE}/")
    page.get_by_role("link", name="Compare both sides").click()
    page.get_by_role("button", name="Repair missing-44", exact=True).dblclick()
    expect(page.get_by_role("row", name="missing-44").get_by_role("button")).to_have_count(0)
    page.goto(f"/stores/{OWN_STORE}/comparison/")
    expect(page.get_by_role("row", name="missing-44").first).to_contain_text("Asked for again by merchant")
    page.get_by_role("button", name="Compare now").click()
    expect(page.get_by_role("heading", name="Being compared")).to_be_visible()
    # The back button brings no page on which it could be pressed again: each is loaded again.
    page.go_back()
    expect(page.get_by_role("button", name="Compare now")).to_have_count(0)
    world.ledger.database.transaction(lambda session: session.execute("delete from comparisons where ended_at is null"))


def test_a_choice_of_totals_is_made_and_an_older_page_does_not_undo_it(page: Page, world: World) -> None:
    sign_in(page, "operator")
    page.goto(f"/stores/{OWN_STORE}/totals/")
    page.get_by_label("Accept every difference, and note both totals").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("The choice is kept.")
    assert world.ledger.stores.facts(OWN_STORE).totals == "accept"
    world.ledger.stores.set_totals(OWN_STORE, "strict")
    page.get_by_label("Accept differences of some cents").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody else has changed this")
    expect(page.get_by_label("Accept differences of some cents")).to_be_checked()
    assert world.ledger.stores.facts(OWN_STORE).totals == "strict"
    world.ledger.stores.set_totals(OWN_STORE, "tolerate")
