"""What a person does about a store on the command line, and what comes of it."""

from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet

from local.servers.services import Services
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver
from tests.support.connector.world import CLIENT_ID, CLIENT_SECRET, KEY, LOSES_ANSWERS, World
from tests.support.ledger.jobs import park_imports


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **LOSES_ANSWERS) as started:
        yield started


def test_accepting_other_totals_runs_the_orders_held_for_them(driver: Driver, connector: Commands) -> None:
    order = driver.place()
    driver.poll()
    park_imports(driver, "totals-differ")
    result = connector("store", "resume", driver.store, "--totals", "accept")
    assert "1 job parked for totals-differ will run again" in result.stdout
    driver.run()
    assert driver.afosto(order)["status"] != "CONCEPT"


def test_a_store_says_why_each_of_its_flows_does_nothing(driver: Driver, connector: Commands) -> None:
    assert "WHY" in connector("store", "show", driver.store).stdout
    connector("store", "switch", driver.store, "cancellations.export", "off")
    off = _line(connector, driver.store, "cancellations.export")
    assert "it was switched off, or never chosen" in off
    assert off.endswith(f"connector store switch {driver.store} cancellations.export on")
    driver.runtime.ledger.database.transaction(
        lambda s: s.execute(
            "update stores set scopes = array_remove(scopes, 'clpr:c') where name = %s", (driver.store,)
        )
    )
    assert "the shop's app lacks clpr:c (" in _line(connector, driver.store, "cancellations.export")
    connector("store", "pause", driver.store)
    paused = _line(connector, driver.store, "orders.import")
    assert "the store is paused" in paused
    assert paused.endswith(f"connector store resume {driver.store}")


def test_a_store_outlives_its_lost_key(driver: Driver, connector: Commands) -> None:
    order, _ = driver.imported()
    key = Fernet.generate_key().decode()
    for command in (("store", "show", driver.store), ("order", driver.store, order["number"]), ("status", "--json")):
        result = connector(*command, CONNECTOR_KEYS=key)
        assert driver.store in result.stdout
    given = f"{CLIENT_SECRET}\n{KEY}\n"
    changed = connector("store", "credentials", driver.store, "--client-id", CLIENT_ID, given=given, CONNECTOR_KEYS=key)
    assert "Afosto API key: the stored one fits none of CONNECTOR_KEYS" in changed.stderr
    assert "Both vendors take the credentials" in changed.stdout
    assert "is open in Afosto" in connector("order", driver.store, order["number"], CONNECTOR_KEYS=key).stdout
    # For the other tests of this world.
    connector("store", "credentials", driver.store, given=given)


def test_only_the_credential_that_changes_is_asked(driver: Driver, connector: Commands) -> None:
    change = ("store", "credentials", driver.store)
    assert connector(*change, "--afosto-key-stdin", given=f"{KEY}\n").exit_code == 0
    assert connector(*change, "--client-secret-stdin", given=f"{CLIENT_SECRET}\n").exit_code == 0
    both = connector(*change, given=f"{CLIENT_SECRET}\n{KEY}\n")
    assert both.exit_code == 0
    assert both.stderr.count(":") == 2
    refused = connector(*change, "--client-secret-stdin", given="wrong\n")
    assert refused.exit_code == 1
    driver.poll()


def test_a_store_is_not_removed_without_a_yes(driver: Driver, connector: Commands) -> None:
    result = connector("store", "remove", driver.store, given="n\n")
    assert result.exit_code == 1
    assert "imported twice" in result.stdout
    assert driver.store in driver.runtime.ledger.stores.names()


def test_nobody_is_asked_about_a_store_that_is_not_connected(connector: Commands) -> None:
    result = connector("store", "remove", "nosuch")
    assert result.exit_code == 1
    assert "No store 'nosuch' is connected" in result.stderr
    assert "Forget" not in result.stdout


def test_what_was_tried_for_a_store_and_heard_of_it_goes_with_it(driver: Driver, connector: Commands) -> None:
    driver.imported()
    endpoint = driver.runtime.ledger.webhooks.add(driver.store, "hush")
    driver.runtime.ledger.database.transaction(
        lambda s: s.execute(
            "insert into inbox (endpoint, message_id, event, entity_id, store) values (%s, '1', 'order', '1', %s)",
            (endpoint, driver.store),
        )
    )
    assert connector("store", "remove", driver.store, "--yes").exit_code == 0
    left = driver.runtime.ledger.database.transaction(
        lambda s: s.execute(
            "select id::text from attempts where store = %s union all select message_id from inbox where endpoint = %s",
            (driver.store, endpoint),
        ).fetchall()
    )
    assert left == []


def test_a_flow_that_was_not_stopped_is_not_released_in_silence(driver: Driver, connector: Commands) -> None:
    result = connector("store", "resume", driver.store, "--flow", "orders.import")
    assert result.exit_code == 0
    assert result.stdout == f"{driver.store}: the flow orders.import was not stopped\n"


def test_a_paused_store_has_no_next_poll(driver: Driver, connector: Commands) -> None:
    driver.poll()
    connector("store", "pause", driver.store)
    (live,) = (line for line in connector("poll", driver.store).stdout.splitlines() if line.startswith("live"))
    assert live.endswith("  paused")
    connector("store", "resume", driver.store)
    assert "paused" not in connector("poll", driver.store).stdout


def test_a_poll_of_an_ill_store_says_what_is_wrong(driver: Driver, connector: Commands) -> None:
    driver.runtime.ledger.stores.blame(driver.store, "epages", "revoked-client", "the client was revoked", 0)
    result = connector("poll", driver.store, "--now")
    assert "is unhealthy: the client was revoked (revoked-client)" in result.stderr


def test_a_wrong_password_or_name_of_the_database_is_a_wrong_setting(connector: Commands, world: World) -> None:
    url = f"{world.settings.database_url.partition('?')[0]}_gone"
    result = connector("store", "list", CONNECTOR_DATABASE_URL=url)
    assert result.exit_code == 2
    assert "CONNECTOR_DATABASE_URL" in result.stderr


def _line(connector: Commands, store: str, flow: str) -> str:
    (line,) = (line for line in connector("store", "show", store).stdout.splitlines() if line.startswith(flow))
    return line
