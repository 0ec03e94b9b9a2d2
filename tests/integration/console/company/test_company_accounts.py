"""Signing in with the account of a company: a real provider, whose every answer is checked."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey
from werkzeug.test import TestResponse

from ledger.postgres.session import Session
from local.servers.services import Services, environment
from schemas.errors import ConfigurationError
from schemas.settings import load_settings
from tests.support.console.company_sign_in import ADA, MAIL, back, enter, to_provider
from tests.support.console.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider
from tests.support.console.people import Desk, open_desk


def test_somebody_signs_in_with_the_account_of_his_company(desk: Desk, provider: IdentityProvider) -> None:
    person = desk.person()
    assert "Sign in with your company" in person.get("/sign-in").text
    answer = enter(person, provider, "/stores?state=paused")
    assert (answer.status_code, answer.location) == (303, "/stores?state=paused")
    assert MAIL in person.get("/account/").text
    (noted,) = (entry for entry in desk.ledger.audit.entries() if entry.action == "company_account.finish")
    assert (noted.user, noted.outcome) == (MAIL, "done")


def test_the_account_stays_the_users_when_its_mail_address_changes(desk: Desk, provider: IdentityProvider) -> None:
    assert enter(desk.person(), provider).status_code == 303
    person = desk.person()
    assert enter(person, provider, email="ada.king@example.com").status_code == 303
    assert MAIL in person.get("/account/").text


def test_who_gets_the_mail_address_later_does_not_get_the_user(desk: Desk, provider: IdentityProvider) -> None:
    assert enter(desk.person(), provider).status_code == 303
    answer = enter(desk.person(), provider, sub="another person")
    assert answer.status_code == 403
    assert f"No user here has the name {MAIL}" in answer.text


@pytest.mark.parametrize(
    ("accounts", "statuses"), [(("1815", "1815"), [303, 303]), (("1815", "another person"), [303, 403])]
)
def test_of_two_first_sign_ins_at_once_one_account_gets_the_user(
    desk: Desk, provider: IdentityProvider, accounts: tuple[str, str], statuses: list[int]
) -> None:
    people = [desk.person() for _ in accounts]
    urls = [
        provider.sign_in(to_provider(person), **{**ADA, "sub": account})
        for person, account in zip(people, accounts, strict=True)
    ]
    with ThreadPoolExecutor() as pool:

        def let_both_reach_the_user(session: Session) -> list[Future[TestResponse]]:
            session.execute("select from users where name = %s for update", [MAIL])
            answers = [pool.submit(back, person, url) for person, url in zip(people, urls, strict=True)]
            deadline = time.monotonic() + 20
            while (waiting := waiting_sessions(desk)) < 2:
                assert time.monotonic() < deadline, f"{waiting} of two sign-ins have reached the user"
                time.sleep(0.01)
            return answers

        found = [answer.result(20) for answer in desk.ledger.database.transaction(let_both_reach_the_user)]
    assert sorted(answer.status_code for answer in found) == statuses
    (bound,) = (row["company_account"] for row in desk.rows("users") if row["name"] == MAIL)
    (winner, *_) = (account for account, answer in zip(accounts, found, strict=True) if answer.status_code == 303)
    assert bound == f"{provider.address} {winner}"


def waiting_sessions(desk: Desk) -> int:
    row = desk.ledger.database.transaction(
        lambda session: session.execute(
            "select count(*)::int as waiting from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock'"
        ).fetchone()
    )
    assert row is not None
    return int(row["waiting"])


def test_a_mail_address_that_is_not_confirmed_finds_nobody(desk: Desk, provider: IdentityProvider) -> None:
    for unconfirmed in (False, None, "true"):
        answer = enter(desk.person(), provider, email_verified=unconfirmed)
        assert answer.status_code == 403
        assert "has not confirmed your mail address" in answer.text


def test_an_account_that_no_user_has_is_refused(desk: Desk, provider: IdentityProvider) -> None:
    person = desk.person()
    answer = enter(person, provider, email="nobody@example.com", sub="2")
    assert answer.status_code == 403
    assert person.get("/stores").location.startswith("/sign-in")


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": RSAKey.generate_key(2048)},
        {"iss": "https://another.example"},
        {"aud": "another-client"},
        {"nonce": "of another sign-in"},
        {"exp": int(time.time()) - 3600},
        {"sub": ""},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_token_that_is_wrong_in_one_point_is_refused(
    desk: Desk, provider: IdentityProvider, wrong: dict[str, Any]
) -> None:
    provider.wrong = wrong
    person = desk.person()
    answer = enter(person, provider)
    assert answer.status_code == 403
    assert "did not succeed" in answer.text
    assert person.get("/stores").location.startswith("/sign-in")


def test_a_provider_may_change_its_keys_also_under_the_same_name(desk: Desk, provider: IdentityProvider) -> None:
    assert enter(desk.person(), provider).status_code == 303
    provider.key = RSAKey.generate_key(2048, {"kid": "second", "use": "sig"})
    assert enter(desk.person(), provider).status_code == 303
    provider.key = RSAKey.generate_key(2048, {"kid": "second", "use": "sig"})
    lost = enter(desk.person(), provider)
    assert (lost.status_code, "Start it again from here" in lost.text) == (403, True)
    assert enter(desk.person(), provider).status_code == 303


def test_a_provider_may_change_its_addresses(
    desk: Desk, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert enter(desk.person(), provider).status_code == 303
    provider.authorization = "/sign-in-here"
    assert "/authorize?" in to_provider(desk.person())
    later = time.time() + 3601
    monkeypatch.setattr("console.access.company_accounts.time.time", lambda: later)
    assert "/sign-in-here?" in to_provider(desk.person())


def test_an_answer_for_another_browser_signs_nobody_in(desk: Desk, provider: IdentityProvider) -> None:
    """Else somebody could make another person work under his own account."""
    url = provider.sign_in(to_provider(desk.person()), **ADA)
    victim = desk.person()
    to_provider(victim)
    assert back(victim, url).status_code == 403
    assert victim.get("/stores").location.startswith("/sign-in")


def test_an_answer_counts_once(desk: Desk, provider: IdentityProvider) -> None:
    person = desk.person()
    url = provider.sign_in(to_provider(person), **ADA)
    assert back(person, url).status_code == 303
    assert back(person, url).status_code == 403


def test_who_says_no_at_the_provider_starts_again_from_the_form(desk: Desk) -> None:
    person = desk.person()
    state = parse_qs(urlsplit(to_provider(person)).query)["state"][0]
    answer = person.get(f"/sign-in/company/back?error=access_denied&state={state}")
    assert answer.status_code == 403
    assert 'name="password"' in answer.text


def test_nobody_is_sent_to_another_site(desk: Desk, provider: IdentityProvider) -> None:
    for target in ("https://evil.example", "//evil.example", "/%5Cevil.example"):
        assert enter(desk.person(), provider, target).location == "/stores"


def test_the_way_back_is_the_address_of_the_console(fresh_services: Services, provider: IdentityProvider) -> None:
    oidc = {"OIDC_ISSUER": provider.address, "OIDC_CLIENT_ID": CLIENT_ID, "OIDC_CLIENT_SECRET": CLIENT_SECRET}
    with open_desk(fresh_services, settings={"CONSOLE_URL": "https://console.example/", **oidc}) as desk:
        asked = parse_qs(urlsplit(to_provider(desk.person())).query)
    assert asked["redirect_uri"] == ["https://console.example/sign-in/company/back"]


def test_without_a_provider_nothing_is_offered(fresh_services: Services) -> None:
    with open_desk(fresh_services) as desk:
        person = desk.person()
        assert "company" not in person.get("/sign-in").text
        assert person.get("/sign-in/company/").status_code == 404
        assert person.get("/sign-in/company/back?code=x&state=y").status_code == 404
        assert desk.user("admin").post("/users/", {"name": "x", "role": "viewer", "password": ""}).status_code == 409


def test_settings_of_a_provider_belong_together_and_hide_the_secret(fresh_services: Services) -> None:
    given = {**environment(fresh_services), "CONNECTOR_OIDC_ISSUER": "https://accounts.example.com"}
    with pytest.raises(ConfigurationError, match="CONNECTOR_OIDC_CLIENT_ID and CONNECTOR_OIDC_CLIENT_SECRET must be"):
        load_settings(given)
    whole = {**given, "CONNECTOR_OIDC_CLIENT_ID": CLIENT_ID, "CONNECTOR_OIDC_CLIENT_SECRET": CLIENT_SECRET}
    assert CLIENT_SECRET not in repr(load_settings(whole))
