"""`connector store add` at a terminal: it takes a pasted address and asks for what is missing."""

from collections.abc import Iterator

import pytest

from local.servers.services import Services
from tests.support.connector.commands import Commands
from tests.support.connector.connecting import open_shop
from tests.support.connector.driver import Driver
from tests.support.connector.world import CHANNEL, CLIENT_ID, CLIENT_SECRET, KEY, World


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world")) as started:
        yield started


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.stores.asking.at_terminal", lambda: True)


@pytest.mark.usefixtures("terminal")
def test_a_person_pastes_the_cockpit_s_address_and_is_asked_for_the_rest(driver: Driver, connector: Commands) -> None:
    open_shop(driver.world, "asked")
    address = driver.world.settings.epages_url.format(store="asked").removesuffix("/api") + "/cockpit/apps"
    answers = [CLIENT_ID, CLIENT_SECRET, KEY, "2026-01-01", *["1"] * 9]
    result = connector("store", "add", address, given="\n".join(answers) + "\n")
    assert result.exit_code == 0, result.output
    assert "asked is connected; orders since 2026-01-01 follow" in result.stdout
    assert CLIENT_SECRET not in result.output
    assert KEY not in result.output
    facts = driver.runtime.ledger.stores.facts("asked")
    assert (facts.client_id, facts.channel_id) == (CLIENT_ID, CHANNEL)


def test_without_a_terminal_the_missing_option_is_named(connector: Commands) -> None:
    result = connector("store", "add", "nobody", "--client-id", "id")
    assert result.exit_code == 2
    assert "Missing option '--channel'." in result.stderr


def test_an_address_of_another_host_is_no_name(connector: Commands) -> None:
    result = connector("store", "add", "https://corner.example/cockpit")
    assert result.exit_code == 2
    assert "paste the address of the shop's cockpit" in result.stderr
