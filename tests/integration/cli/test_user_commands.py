"""The users of the console, added and removed on the command line."""

import json
from collections.abc import Iterator

import pytest

from ledger.people.audit import Outcome
from ledger.people.passwords import is_right
from local.servers.services import Services
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver
from tests.support.connector.world import World

PASSWORD = "four words without connection"


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world")) as started:
        yield started


@pytest.fixture
def anna(driver: Driver, connector: Commands) -> Iterator[str]:
    added = connector("user", "add", "Anna@example.com", "--role", "admin", "--password-stdin", given=f"{PASSWORD}\n")
    assert added.exit_code == 0, added.output
    yield "anna@example.com"
    connector("user", "remove", "anna@example.com", "--yes")


def test_a_user_is_added_with_a_password_from_standard_input_and_listed(connector: Commands, anna: str) -> None:
    listed = connector("user", "list", "--json").stdout
    (row,) = json.loads(listed)
    assert (row["name"], row["role"], row["stores"], row["has_password"]) == (anna, "admin", [], True)
    assert [secret for secret in (PASSWORD.strip(), "argon2") if secret in listed] == []
    assert f"{anna}  admin  all" in connector("user", "list").stdout


def test_a_merchant_gets_his_stores_and_none_that_is_not_connected(driver: Driver, connector: Commands) -> None:
    words = ("user", "add", "merchant", "--role", "merchant", "--password-stdin", "--store")
    refused = connector(*words, "nowhere", given=PASSWORD)
    assert refused.exit_code == 1
    assert "no store 'nowhere' is connected" in refused.stderr.lower()
    assert connector(*words, driver.store, given=PASSWORD).exit_code == 0
    assert driver.world.ledger.users.get("merchant").stores == {driver.store}
    assert connector("user", "remove", "merchant", "--yes").exit_code == 0


def test_a_weak_password_is_refused_and_never_shown(connector: Commands) -> None:
    refused = connector("user", "add", "bert", "--role", "viewer", "--password-stdin", given="hunter2\n")
    assert refused.exit_code == 1
    assert "it has 7 characters" in refused.stderr
    assert "hunter2" not in refused.output


def test_a_new_password_ends_the_user_s_sessions(driver: Driver, connector: Commands, anna: str) -> None:
    ledger = driver.world.ledger
    ledger.user_sessions.begin(anna, "127.0.0.1", "a browser")
    assert connector("user", "password", anna, "--password-stdin", given="another four words of mine").exit_code == 0
    assert ledger.user_sessions.known(anna) == []
    assert is_right("another four words of mine", ledger.users.password_hash(anna))


def test_what_was_done_is_in_the_audit_log(driver: Driver, connector: Commands, anna: str) -> None:
    newest = driver.world.ledger.audit.entries(text=anna)[0]
    assert (newest.action, newest.subject, newest.detail, newest.outcome) == ("user.add", anna, "admin", Outcome.DONE)
    assert "@" in newest.user
    assert newest.address == "command line"


@pytest.mark.parametrize("words", [("password", "nobody", "--password-stdin"), ("remove", "nobody", "--yes")])
def test_a_user_that_does_not_exist_is_named(connector: Commands, words: tuple[str, ...]) -> None:
    refused = connector("user", *words, given=PASSWORD)
    assert refused.exit_code == 1
    assert "There is no user 'nobody'" in refused.stderr
