"""People walk through the console with a real browser."""

import re

from playwright.sync_api import Browser, Page, expect

from ledger.people.user_sessions import GUESSES_AT_ACCOUNT
from tests.browser.conftest import sign_in
from tests.support.connector.world import World
from tests.support.console.people import OTHER_STORE, OWN_STORE, PASSWORD


def test_an_operator_pauses_and_resumes_a_store(page: Page, world: World) -> None:
    sign_in(page, "operator")
    page.get_by_role("link", name=OWN_STORE, exact=True).click()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("status")).to_contain_text("Nothing is lost")
    assert world.ledger.stores.facts(OWN_STORE).paused_at
    page.get_by_role("button", name="Resume", exact=True).click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert world.ledger.stores.facts(OWN_STORE).paused_at is None


def test_a_flow_that_the_shop_permits_is_switched_off_and_on_again(page: Page, world: World) -> None:
    sign_in(page, "merchant")
    page.goto(f"/stores/{OWN_STORE}/")
    page.get_by_role("button", name="Switch off Import returns").click()
    expect(page.get_by_role("status")).to_contain_text("Import returns is off")
    page.get_by_role("button", name="Switch on Import returns").click()
    expect(page.get_by_role("status")).to_contain_text("Import returns is on")


def test_everything_works_without_javascript(browser: Browser, console_url: str) -> None:
    context = browser.new_context(base_url=console_url, java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    sign_in(page, "admin")
    page.get_by_role("link", name="Users").click()
    page.get_by_label("Name").fill("dora")
    page.get_by_label("First password").fill(PASSWORD)
    page.get_by_role("radio", name=re.compile("Merchant")).check()
    page.get_by_label("Stores of a merchant").fill(OWN_STORE)
    page.get_by_role("button", name="Add the user").click()
    expect(page.get_by_role("status")).to_contain_text("dora can sign in now")
    page.get_by_role("link", name="dora").click()
    page.get_by_role("button", name="Remove the user").click()
    expect(page.get_by_role("heading", name="Remove the user dora?")).to_be_visible()
    page.get_by_role("button", name="Remove the user").click()
    expect(page.get_by_role("status")).to_contain_text("dora is removed")
    context.close()


def test_the_keyboard_is_enough(page: Page) -> None:
    page.goto("/sign-in")
    # The browser focuses the field a moment after the page has loaded, and drops what is typed before.
    expect(page.locator("input[name=name]")).to_be_focused()
    page.keyboard.type("viewer")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/stores")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_german_from_the_sign_in_on(page: Page, world: World) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()
    sign_in(page, "viewer")
    expect(page.get_by_role("columnheader", name="Letzter Fehler")).to_be_visible()
    expect(page.get_by_text("Der Shop lehnt die Client-ID oder das Client-Secret ab.").first).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "de"
    assert world.ledger.users.get("viewer").language == "de"
    page.get_by_role("button", name="English").click()


def test_times_are_shown_in_the_zone_of_the_viewer(page: Page, world: World) -> None:
    world.ledger.users.set_preferences("operator", None, "Asia/Tokyo")
    sign_in(page, "operator")
    page.goto("/account/")
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    shown = page.locator("td time").first
    hour = int(re.findall(r", (\d+):", shown.inner_text())[0])
    told = shown.get_attribute("datetime")
    assert told
    assert hour == (int(told[11:13]) + 9) % 24


def test_a_merchant_is_refused_at_the_store_of_another(page: Page) -> None:
    sign_in(page, "merchant")
    expect(page.get_by_role("link", name=OTHER_STORE, exact=True)).to_have_count(0)
    page.goto(f"/stores/{OTHER_STORE}/")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


def test_a_viewer_is_refused_where_others_change_things(page: Page) -> None:
    sign_in(page, "viewer")
    page.goto(f"/stores/{OWN_STORE}/")
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    page.goto("/users/")
    expect(page.get_by_role("heading", name="You may not use this page")).to_be_visible()


def test_who_guesses_is_slowed_down(page: Page) -> None:
    for _ in range(GUESSES_AT_ACCOUNT + 1):
        sign_in(page, "somebody", "a wrong guess")
    expect(page.get_by_role("alert")).to_contain_text("Too many tries")


def test_a_form_is_filled_again_after_the_session_has_ended(page: Page, world: World) -> None:
    sign_in(page, "admin")
    page.goto("/users/")
    page.get_by_label("Name").fill("emil@example.com")
    page.get_by_label("First password").fill(PASSWORD)
    world.ledger.database.transaction(
        lambda session: session.execute("update user_sessions set seen_at = now() - interval '3 hours'")
    )
    page.get_by_role("button", name="Add the user").click()
    expect(page.get_by_role("status")).to_contain_text("what you typed is kept")
    page.locator("input[name=name]").fill("admin")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("button.main").click()
    expect(page.get_by_label("Name")).to_have_value("emil@example.com")


def test_the_browser_refuses_nothing_of_a_page(page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(page, "admin")
    for path in ("/stores", f"/stores/{OWN_STORE}/", "/users/", "/account/", "/audit"):
        page.goto(path)
    assert complaints == []
