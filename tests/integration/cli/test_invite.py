"""`connector invite` and `connector invitations`, and `connector store channel`."""

from collections.abc import Iterator

import pytest

from local.servers.services import Services
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver
from tests.support.connector.world import CHANNEL, World


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), CONSOLE_URL="https://console.example/") as started:
        yield started


def test_a_link_is_printed_once_listed_and_revoked(driver: Driver, connector: Commands) -> None:
    result = connector("invite", "corner", "--days", "3")
    start, _, token = result.stdout.strip().partition("?link=")
    assert start == "https://console.example/invitations/open"
    found = driver.runtime.ledger.invitations.find(token)
    assert found
    assert (found.store_name, found.state) == ("corner", "open")
    assert token not in connector("invitations", "list").stdout
    assert connector("invitations", "revoke", str(found.id)).exit_code == 0
    again = connector("invitations", "revoke", str(found.id))
    assert again.exit_code == 1
    assert "there is no open invitation" in again.stderr.lower()


def test_a_name_that_is_none_is_refused(connector: Commands) -> None:
    result = connector("invite", "no name")
    assert result.exit_code == 2
    assert "no store name" in result.stderr


def test_another_channel_is_checked_at_afosto(driver: Driver, connector: Commands) -> None:
    refused = connector("store", "channel", driver.store, "gone")
    assert refused.exit_code == 1
    assert CHANNEL in refused.stderr
    assert connector("store", "channel", driver.store, CHANNEL).exit_code == 0


def test_mails_are_switched_later(driver: Driver, connector: Commands) -> None:
    assert connector("store", "switch", driver.store, "notify_buyers", "off").exit_code == 0
    assert driver.runtime.ledger.stores.facts(driver.store).notify_buyers is False
