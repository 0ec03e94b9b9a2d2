"""Who signs in with the account of a company has no password here, unless somebody gave him one."""

import pytest
from click.testing import CliRunner

from cli import main
from ledger.people.users import Role
from ledger.postgres.migrate import migrations
from local.servers.services import Services, environment
from local.servers.startup import free_port
from tests.support.console.company_sign_in import MAIL, enter
from tests.support.console.identity_provider import IdentityProvider
from tests.support.console.people import PASSWORD, Desk, open_desk

MIGRATION = next(sql for version, sql in migrations() if version.startswith("0039"))


def test_who_has_no_password_is_not_asked_for_one(desk: Desk, provider: IdentityProvider) -> None:
    person = desk.person()
    enter(person, provider)
    page = person.get("/account/").text
    assert "Its password is changed there." in page
    assert 'type="password"' not in page
    form = {"password": "a guess of a random one", "new_password": "four words without connection"}
    refused = person.post("/account/password", form)
    assert refused.status_code == 409
    assert "so you have no password here" in refused.text
    desk.ledger.users.set_password(MAIL, "four words without connection")
    assert person.get("/account/", follow_redirects=True).request.path == "/sign-in"
    enter(person, provider)
    assert 'type="password"' in person.get("/account/").text


def test_who_had_no_password_before_that_was_kept_is_not_asked_for_one_either(
    desk: Desk, provider: IdentityProvider
) -> None:
    """Of users from before the column, all had it true; the migration tells from what they did."""
    desk.ledger.users.add("both@example.com", Role.VIEWER, PASSWORD)
    desk.execute("update users set has_password = true")
    for sub, mail in (("1815", MAIL), ("1816", "both@example.com")):
        assert enter(desk.person(), provider, sub=sub, email=mail).status_code == 303
    assert desk.person().sign_in("both@example.com").status_code == 303
    desk.execute(MIGRATION[MIGRATION.index("update users") :])
    asked = {row["name"]: row["has_password"] for row in desk.rows("users")}
    assert asked == {**{str(role): True for role in Role}, MAIL: False, "both@example.com": True}


def test_a_password_that_is_used_shows_that_there_is_one(desk: Desk, provider: IdentityProvider) -> None:
    desk.execute("update users set has_password = false where name = 'viewer'")
    person = desk.user("viewer")
    assert desk.ledger.users.get("viewer").has_password
    assert 'name="new_password"' in person.get("/account/").text


def test_who_was_invited_under_the_mail_address_of_another_is_out_once_that_one_signs_in(
    desk: Desk, provider: IdentityProvider
) -> None:
    """Else both would have the user, also when an administrator gives it more rights later."""
    _, token = desk.ledger.invitations.add(None, "operator")
    desk.ledger.invitations.accept(token, "boss@example.com", PASSWORD)
    stranger = desk.user("boss@example.com")
    assert enter(desk.person(), provider, sub="boss", email="boss@example.com").status_code == 303
    assert stranger.get("/stores").location.startswith("/sign-in")
    assert desk.person().sign_in("boss@example.com").status_code == 401
    assert not desk.ledger.users.get("boss@example.com").has_password


def test_an_operator_keeps_the_password_that_an_administrator_gave_him(desk: Desk, provider: IdentityProvider) -> None:
    desk.ledger.users.add("op@example.com", Role.OPERATOR, PASSWORD)
    assert enter(desk.person(), provider, sub="op", email="op@example.com").status_code == 303
    assert desk.person().sign_in("op@example.com").status_code == 303


def test_a_provider_that_is_away_leaves_the_password(fresh_services: Services) -> None:
    oidc = {"OIDC_ISSUER": f"http://127.0.0.1:{free_port()}", "OIDC_CLIENT_ID": "c", "OIDC_CLIENT_SECRET": "s"}
    with open_desk(fresh_services, settings=oidc) as desk:
        person = desk.person()
        answer = person.get("/sign-in/company/")
        assert answer.status_code == 502
        assert "does not answer now" in answer.text
        assert person.sign_in("viewer").status_code == 303


def test_an_administrator_adds_a_user_without_a_password(desk: Desk, provider: IdentityProvider) -> None:
    fields = {"name": "grace@example.com", "role": "viewer", "password": ""}
    assert desk.user("admin").post("/users/", fields).status_code == 303
    assert desk.person().sign_in("grace@example.com", "").status_code == 401
    assert enter(desk.person(), provider, sub="3", email="Grace@Example.com").status_code == 303


def test_the_command_line_adds_a_user_without_a_password(
    fresh_services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(fresh_services).items():
        monkeypatch.setenv(name, value)
    added = CliRunner().invoke(main, ["user", "add", "lin@example.com", "--role", "viewer", "--company-account"])
    assert added.exit_code == 0, added.output
    both = ["user", "add", "x@example.com", "--role", "viewer", "--company-account", "--password-stdin"]
    refused = CliRunner().invoke(main, both)
    assert refused.exit_code == 2
    assert "exclude each other" in refused.output
