"""No text of a vendor, a buyer or a caller commands the terminal of a person, or writes a line of its own there."""

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import LiteralString

import click
import pytest
from click.testing import Result
from psycopg import sql
from redis import Redis

from cli import main
from ledger.inbound.set_aside_messages import SetAsideMessage
from ledger.postgres.session import Session
from local.servers.services import Services
from schemas.states import Event
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver
from tests.support.connector.gateway import Doors
from tests.support.connector.world import CLIENT_SECRET, KEY, World

ODD = "\x1b]0;owned\x07\x1b[2J\x9b31m\x7f\u202e\u2066\u200f\u061c\u200b\u2028\r\nFAKE: all is well\u2069"
ENDPOINT, TOKEN = f"endpoint{ODD}", f"token{ODD}"

# What the database holds the text columns to, or what other tables name.
OWN_WORDS = {
    *("store", "name", "state", "direction", "flow", "kind", "totals", "written_by", "vendor", "subject", "order_key"),
    *("order_id", "version", "base_url", "afosto_bucket", "channel_id", "content_hash", "client_id"),
}
# They show nothing of a store: they start servers or become another process.
NOTHING_OF_OTHERS = {("gateway",), ("console",), ("exporter",), ("demo",), ("local", "up"), ("local", "down")}


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.support.connector.world.PLACES", [{"id": "location-1", "name": f"Store{ODD}"}])
        with World(services, tmp_path_factory.mktemp("world")) as started:
            yield started


@pytest.fixture
def order(driver: Driver, connector: Commands) -> str:
    """The id of an order with jobs, links, attempts and unhealthy vendors, and with no harmless text."""
    order, _ = driver.imported()
    driver.world.epages.act(driver.store, order["id"], "ship")
    driver.poll()
    driver.run()
    connector("webhooks", "add", driver.store, "--secret-stdin", given="hush\n")
    assert connector("tokens", "add", "token", "--task", "orders.import").exit_code == 0
    ledger = driver.runtime.ledger
    ledger.invitations.add("another", "somebody")
    ledger.subscriptions.add("https://erp.example/", "hush", list(Event))
    ledger.stores.blame(driver.store, "epages", "refused", "why", 60)
    ledger.stores.note_fault(driver.store, "orders.walk", "why", KeyError())
    ledger.dispatch_window.heartbeat("worker", "host", ["orders"], 4)
    ledger.stores.map_location(driver.store, "here", "there")
    _execute(driver, "update jobs set state = 'parked', reason = 'odd', message = 'why', resolution = 'do this'")
    _execute(driver, "update store_flows set stopped_reason = 'odd', stopped_message = 'why' where flow = 'orders'")
    _execute(driver, "update webhook_endpoints set id = 'endpoint'")
    _poison(driver)
    with Redis.from_url(driver.world.settings.broker_url) as broker:
        broker.lpush(f"queue{ODD}", "message")
    return str(order["id"])


def test_no_command_lets_a_stored_text_command_the_terminal(
    driver: Driver, connector: Commands, order: str, tmp_path: Path
) -> None:
    odd = 0
    commands = _commands(main)
    wanted = _every_command(driver, order, tmp_path)
    assert {path for path, _ in wanted} == commands.keys() - NOTHING_OF_OTHERS
    for path, arguments in wanted:
        given = f"{CLIENT_SECRET}\n{KEY}\n"
        if any(parameter.name == "as_json" for parameter in commands[path].params):
            told = connector(*path, *arguments, "--json", given=given)
            _must_be_harmless(told)
            assert told.stdout, (path, told.stderr)
            json.loads(told.stdout)
        told = connector(*path, *arguments, given=given)
        assert "Usage:" not in told.stderr, told.stderr
        _must_be_harmless(told)
        odd += r"\x1b]0;owned" in told.output
    # It reached them: of most commands the answer holds such a text.
    assert odd > 15


def test_no_command_lets_what_was_typed_or_pasted_command_the_terminal(connector: Commands) -> None:
    for path, command in _commands(main).items():
        required = [it for it in command.params if isinstance(it, click.Argument) or it.required]
        if required:
            _must_be_harmless(connector(*path, *(word for it in required for word in _typed(it)), given="n\n"))
        _must_be_harmless(connector(*path, f"--no-{ODD}"))
    _must_be_harmless(connector("gateway", "--host", ODD))
    _must_be_harmless(connector("console", "--bind", f"{ODD}:80"))
    _must_be_harmless(connector(ODD))
    _must_be_harmless(connector(f"--{ODD}"))


def test_a_text_that_is_too_long_is_cut_in_a_table_and_whole_in_json(driver: Driver, connector: Commands) -> None:
    driver.place()
    driver.poll()
    _execute(driver, "update jobs set message = repeat('靴', 5000)")
    table = connector("jobs", "list", "--store", driver.store).stdout
    assert max(map(len, table.splitlines())) < 400
    assert "靴…" in table
    rows = json.loads(connector("jobs", "list", "--store", driver.store, "--json").stdout)
    assert len(rows[0]["message"]) == 5000


@pytest.mark.parametrize(
    "path", ["/<script>alert(1)</script>", "/v1/tasks/<b>x", "/docs/<b>x", "/webhooks/afosto/<b>x"]
)
def test_no_page_of_the_gateway_repeats_what_it_was_asked_for(doors: Doors, path: str) -> None:
    answer = doors.app.test_client().get(path, headers={"X-Odd": "<b>x"})
    assert answer.status_code in (404, 405)
    assert answer.content_type == "application/json"
    assert "<" not in answer.text


def _every_command(driver: Driver, order: str, folder: Path) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Each command with arguments that let it show something; what changes things comes last."""
    store, job = driver.store, str(driver.jobs()[0]["id"])
    driver.runtime.ledger.set_aside.keep(SetAsideMessage("orders", ODD, ODD, ODD, 1, ODD))
    message = str(driver.runtime.ledger.set_aside.kept()[0]["id"])
    schema = folder / "schema.graphql"
    schema.write_text("type Query { shop: Int }")
    return [
        (("status",), ()),
        (("doctor",), ()),
        (("size",), ("--stores", "5", "--orders-per-day", "2")),
        (("health", "worker"), ()),
        (("health", "beat"), ()),
        (("health", "gateway"), ("--port", "1")),
        (("health", "console"), ("--port", "1")),
        (("health", "flower"), ("--port", "1")),
        (("health", "exporter"), ("--port", "1")),
        (("store", "list"), ()),
        (("store", "show"), (store,)),
        (("locations", "list"), (store,)),
        (("messages", "list"), ()),
        (("messages", "show"), (message,)),
        (("messages", "forget"), (message,)),
        (("workers", "forget"), (f"worker{ODD}",)),
        (("queues", "move"), (f"queue{ODD}", "orders")),
        (("queues", "drop"), (f"queue{ODD}",)),
        (("jobs", "list"), ()),
        (("jobs", "reasons"), ()),
        (("jobs", "show"), (job,)),
        (("order",), (store, order)),
        (("stock", "show"), (store,)),
        (("stock", "preview"), (store,)),
        (("stock", "confirm"), (store, "--yes")),
        (("erase",), (store, order)),
        (("reconcile",), (store,)),
        (("webhooks", "list"), ()),
        (("tokens", "list"), ()),
        (("user", "list"), ()),
        (("user", "add"), (f"another{ODD}", "--role", "merchant", "--store", ODD, "--password-stdin")),
        (("user", "password"), (ODD, "--password-stdin")),
        (("user", "remove"), (ODD, "--yes")),
        (("invite",), ("another",)),
        (("invitations", "list"), ()),
        (("invitations", "revoke"), ("1",)),
        (("subscription", "list"), ()),
        (("poll",), (store, "--now")),
        (("restore", "hold"), ()),
        (("restore", "list"), ("--store", store)),
        (("restore", "link"), (store, order, ODD)),
        (("restore", "release"), (store, ODD)),
        (("afosto", "check-schema"), (str(schema),)),
        (("locations", "map"), (store, "here", ODD)),
        (("locations", "sell-from"), (store, ODD)),
        (("locations", "unmap"), (store, f"here{ODD}")),
        (("webhooks", "add"), (store, "--secret-stdin")),
        (("webhooks", "rotate"), (ENDPOINT, "--finish")),
        (("webhooks", "remove"), (ENDPOINT,)),
        (("tokens", "add"), (f"another{TOKEN}", "--task", "orders.import")),
        (("tokens", "rotate"), (TOKEN,)),
        (("tokens", "revoke"), (TOKEN,)),
        (("subscription", "add"), ("https://another.example/",)),
        (("subscription", "new-secret"), (str(driver.runtime.ledger.subscriptions.known()[0]["id"]),)),
        (("subscription", "remove"), (str(driver.runtime.ledger.subscriptions.known()[0]["id"]),)),
        (("jobs", "drop"), (job,)),
        (("jobs", "retry"), ("--reason", ODD)),
        (("store", "tenant"), (store,)),
        (("store", "switch"), (store, "orders.import", "off")),
        (("store", "pause"), (store,)),
        (("store", "resume"), (store,)),
        (("store", "channel"), (store, ODD)),
        (("store", "credentials"), (store, "--client-id", ODD)),
        (("store", "add"), ("another", "--client-id", ODD, "--channel", ODD, "--since", "2026-01-01")),
        (("store", "remove"), (store,)),
        (("migrate",), ()),
        (("keys", "new"), ()),
        (("keys", "rotate"), ()),
    ]


def _typed(parameter: click.Parameter) -> list[str]:
    return [ODD] if isinstance(parameter, click.Argument) else [parameter.opts[0], ODD]


def _must_be_harmless(told: Result) -> None:
    assert told.exception is None or isinstance(told.exception, SystemExit), told.exception
    assert [char for char in told.output if not _is_harmless(char)] == []
    assert not any(line.startswith("FAKE") for line in told.output.splitlines())


def _is_harmless(char: str) -> bool:
    return char.isprintable() or char == "\n" or unicodedata.category(char) == "Zs"


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], click.Command]:
    found: dict[tuple[str, ...], click.Command] = {}
    for name, command in group.commands.items():
        inner = _commands(command, (*path, name)) if isinstance(command, click.Group) else {(*path, name): command}
        found |= inner
    return found


def _poison(driver: Driver) -> None:
    """Let every text in the database that a vendor, a buyer or a caller may have chosen end in an odd one."""

    def work(session: Session) -> None:
        columns = session.execute(
            "select table_name, column_name from information_schema.columns "
            "join information_schema.tables using (table_schema, table_name) "
            "where table_schema = 'public' and data_type = 'text' and table_type = 'BASE TABLE'"
        )
        for row in columns.fetchall():
            if row["column_name"] not in OWN_WORDS:
                table, column = (sql.Identifier(name) for name in row.values())
                session.execute(sql.SQL("update {0} set {1} = {1} || {2}").format(table, column, sql.Literal(ODD)))
        session.execute("update attempts set steps = steps || to_jsonb(array[%s::text])", [ODD])

    driver.runtime.ledger.database.transaction(work)


def _execute(driver: Driver, statement: LiteralString) -> None:
    driver.runtime.ledger.database.transaction(lambda session: session.execute(statement))
