"""People sign in with the account of their company, in a real browser that their provider's page sends back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ledger.people.users import Role
from local.servers.services import Services
from tests.browser.conftest import start_console
from tests.support.connector.world import World
from tests.support.console.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider, identity_provider

MAIL = "ada@example.com"
ACCOUNTS = {
    "Ada": {"sub": "1815", "email": MAIL, "email_verified": True},
    "Stranger": {"sub": "9", "email": "stranger@example.com", "email_verified": True},
    "Unconfirmed": {"sub": "10", "email": MAIL, "email_verified": False},
}


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    """Yield a provider with its page: another site than the console, as a company's is."""
    with identity_provider() as started:
        started.accounts = ACCOUNTS
        yield started


@pytest.fixture(scope="module")
def company(
    services: Services, provider: IdentityProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Yield a world that knows the provider, and Ada, who has no password."""
    oidc = {"OIDC_ISSUER": provider.address, "OIDC_CLIENT_ID": CLIENT_ID, "OIDC_CLIENT_SECRET": CLIENT_SECRET}
    with World(services, tmp_path_factory.mktemp("company"), **oidc) as world:
        world.ledger.users.add(MAIL, Role.OPERATOR, None)
        yield world


@pytest.fixture(scope="module")
def console_url(company: World) -> str:
    """Start the console; return its address. The browser takes `localhost` and the provider's address for two sites."""
    return start_console(company).replace("127.0.0.1", "localhost")


def choose(page: Page, account: str) -> None:
    """Go from the page of the sign-in to the provider, and choose an account there."""
    page.get_by_role("link", name="Sign in with your company's account").click()
    page.wait_for_url("**/authorize?*")
    page.get_by_role("link", name=account, exact=True).click()


def is_signed_out(page: Page) -> bool:
    """Whether the browser has no session: the first page asks for the sign-in."""
    page.goto("/stores")
    return "/sign-in" in page.url


def test_somebody_signs_in_at_the_page_wanted_and_out_again(page: Page, shots: Path) -> None:
    page.goto("/stores?state=paused")
    page.screenshot(path=shots / "sign-in-company.png", full_page=True)
    choose(page, "Ada")
    page.wait_for_url("**/stores?state=paused")
    page.get_by_role("link", name=MAIL).click()
    expect(page.get_by_role("heading", name="My account")).to_be_visible()
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Berlin")
    page.screenshot(path=shots / "account-company.png", full_page=True)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    page.go_back()
    assert is_signed_out(page)


@pytest.mark.parametrize(
    ("account", "why"),
    [
        ("Stranger", "No user here has the name stranger@example.com"),
        ("Unconfirmed", "has not confirmed your mail address"),
        ("No", "did not succeed"),
    ],
)
def test_who_is_refused_reads_why_and_can_start_again(page: Page, shots: Path, account: str, why: str) -> None:
    page.goto("/sign-in")
    choose(page, account)
    expect(page.get_by_role("alert")).to_contain_text(why)
    page.screenshot(path=shots / f"sign-in-company-refused-{account.lower()}.png", full_page=True)
    # The same page again, as the browser's button does: the answer of the provider counts once.
    page.reload()
    expect(page.get_by_role("alert")).to_be_visible()
    assert is_signed_out(page)
    choose(page, "Ada")
    page.wait_for_url("**/stores")


def test_an_answer_that_is_tampered_with_signs_nobody_in(page: Page, provider: IdentityProvider) -> None:
    provider.wrong = {"aud": "another-client"}
    page.goto("/sign-in")
    choose(page, "Ada")
    expect(page.get_by_role("alert")).to_contain_text("did not succeed")
    provider.wrong = {}
    assert is_signed_out(page)


def test_what_was_typed_before_the_session_ended_comes_back(page: Page, company: World) -> None:
    page.goto("/sign-in")
    choose(page, "Ada")
    page.wait_for_url("**/stores")
    page.goto("/invitations/")
    page.get_by_label("Store name").fill("hamburg")
    company.ledger.database.transaction(
        lambda session: session.execute("update user_sessions set seen_at = now() - interval '3 hours'")
    )
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_role("status")).to_contain_text("what you typed is kept")
    choose(page, "Ada")
    page.wait_for_url("**/invitations/")
    expect(page.get_by_label("Store name")).to_have_value("hamburg")
