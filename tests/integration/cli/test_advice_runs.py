"""Each command that the product advises is run as printed, on a store with a parked order."""

from collections.abc import Iterator

import click
import psycopg
import pytest

from local.servers.services import Services
from tests.support.connector.advised_commands import ADVISED, INCOMPLETE, PLACEHOLDER
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Document, Driver
from tests.support.connector.world import CLIENT_ID, CLIENT_SECRET, KEY, World

# Run by their own tests: they start or end servers, or need orders that need recovery, an endpoint being rotated, a
# worker that died, or messages that nobody consumes.
ELSEWHERE = {
    *("doctor", "local down", "local up", "restore link", "restore release", "webhooks add", "webhooks rotate"),
    *("workers forget", "queues move", "queues drop", "console", "user add", "user password"),
}
RUN = [(name, words, command) for (name, words), command in ADVISED if name not in INCOMPLETE | ELSEWHERE]
# These leave with 1 when what they report on is not well.
REPORTS = {"reconcile", "status"}
SECRETS = {"CONNECTOR_CLIENT_SECRET": CLIENT_SECRET, "CONNECTOR_AFOSTO_KEY": KEY}


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world")) as started:
        yield started


@pytest.fixture
def parked(driver: Driver) -> Document:
    """The job of an order that is to be collected at a location which is not mapped."""
    ledger = driver.runtime.ledger
    for location in ledger.stores.locations(driver.store):
        ledger.stores.unmap_location(driver.store, location)
    driver.place(pickup=True)
    driver.poll()
    driver.run()
    return next(job for job in driver.jobs() if job["state"] == "parked")


@pytest.mark.parametrize(("name", "words", "command"), RUN)
def test_an_advised_command_is_taken_as_it_is_printed(
    driver: Driver, connector: Commands, parked: Document, name: str, words: tuple[str, ...], command: click.Command
) -> None:
    place = parked["resolution"].split(f"map {driver.store} ")[1].split()[0]
    order = driver.world.epages.order(driver.store, parked["order_key"])
    if name in ("tokens revoke", "tokens rotate"):
        connector("tokens", "add", "x1", "--task", "orders.import", "--store", driver.store)
    if name == "stock preview":
        driver.runtime.ledger.stores.map_location(driver.store, "here", "location-0")
    known = {
        "store": driver.store,
        "name": "x1" if name.startswith("tokens") else driver.store,
        "ids": str(parked["id"]),
        "job_id": str(parked["id"]),
        "epages_id": place,
        "afosto_id": "location-0",
        "number": order["number"],
        "flow": "orders.import",
        "same_as": driver.store,
        "client_id": CLIENT_ID,
        "reason": parked["reason"],
        "url": "https://erp.example/",
        "invitation": str(driver.runtime.ledger.invitations.add("fresh", "somebody")[0].id),
    }
    printed = _printed(command, words, known)
    if "--reason" in printed:
        _parked_for(driver, parked, printed[printed.index("--reason") + 1])
    given = f"{KEY}\n" if "--afosto-key-stdin" in printed else "y\n"
    result = connector(*name.split(), *printed, given=given, **SECRETS)
    assert result.exit_code in ((0, 1) if name in REPORTS else (0,)), result.output
    assert "Error" not in result.stderr


def _printed(command: click.Command, words: tuple[str, ...], known: dict[str, str]) -> list[str]:
    """The words with what the reader would fill in."""
    arguments = [each.name or "" for each in command.params if isinstance(each, click.Argument)]
    printed: list[str] = []
    for word in words:
        option = printed[-1].removeprefix("--").replace("-", "_") if printed and printed[-1].startswith("--") else ""
        name = option if option in known else "" if word.startswith("--") else arguments.pop(0) if arguments else option
        printed.append(known[name] if PLACEHOLDER.fullmatch(word) and name else word)
    return printed


def _parked_for(driver: Driver, job: Document, reason: str) -> None:
    with psycopg.connect(driver.world.settings.database_url) as connection:
        connection.execute("update jobs set reason = %s where id = %s", (reason, job["id"]))
