"""What the page on privacy says is so."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from psycopg import sql

from ledger.postgres.session import Session
from local.servers.postgres import binaries
from local.servers.services import Services
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver
from tests.support.connector.world import World

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "privacy.md").read_text()
SCHEMA = (ROOT / "ledger" / "schema.sql").read_text()


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world")) as started:
        yield started


def test_the_page_names_every_table_once() -> None:
    of_buyers = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    of_others = re.findall(r"`(\w+)`", PAGE.partition("Nothing of buyers:")[2].partition("\n\n")[0])
    assert sorted([*of_buyers, *of_others]) == sorted(re.findall(r"^create table (\w+)", SCHEMA, re.MULTILINE))


def test_no_name_and_no_address_of_a_buyer_is_in_the_database(driver: Driver) -> None:
    order, _ = driver.imported()
    driver.world.epages.act(driver.store, order["id"], "ship")
    driver.poll()
    driver.run()
    document = _document(driver, order["id"])
    personal = {document["customerEmail"], *_texts(document["billingAddress"], "firstName", "lastName", "street")}
    assert len(personal) > 3
    everything = "\n".join(_rows(driver))
    assert order["id"] in everything
    assert [text for text in personal if text and text in everything] == []


def test_the_statements_for_a_deletion_leave_nothing_of_the_order(driver: Driver, connector: Commands) -> None:
    order, copy = driver.imported()
    other, _ = driver.imported()
    driver.world.epages.act(driver.store, order["id"], "ship")
    driver.poll()
    driver.run()
    _hear(driver, order["id"], copy["id"])
    known = (order["id"], copy["id"], *(line["id"] for line in order["lines"]))
    assert any(order["id"] in row for row in _rows(driver))
    _delete_as_the_page_says(driver, order["id"])
    left = "\n".join(_rows(driver))
    assert [found for found in known if found in left] == []
    assert "is open in Afosto" in connector("order", driver.store, other["number"]).stdout


def _delete_as_the_page_says(driver: Driver, order: str) -> None:
    statements = PAGE.partition("```sql\n")[2].partition("```")[0]
    variables = ("-v", f"store={driver.store}", "-v", f"order={order}", "-v", "ON_ERROR_STOP=1")
    command = [str(binaries() / "psql"), driver.world.settings.database_url, *variables]
    subprocess.run(command, input=statements, text=True, capture_output=True, timeout=60, check=True)


def _hear(driver: Driver, order: str, copy: str) -> None:
    """Let a webhook have come for the order."""
    values = {"order": order, "copy": copy, "store": driver.store}

    def work(session: Session) -> None:
        session.execute(
            "insert into inbox (endpoint, message_id, event, entity_id, store, order_key) "
            "values ('endpoint', %(order)s, 'ORDER_UPDATED', %(copy)s, %(store)s, %(order)s)",
            values,
        )

    driver.runtime.ledger.database.transaction(work)


def _document(driver: Driver, order: str) -> dict[str, Any]:
    """The order as the shop gives it to the connector."""
    store = driver.runtime.ledger.stores.get(driver.store)
    headers = {"Authorization": f"Bearer {store.access_token}"}
    answer = requests.get(f"{store.base_url}/orders/{order}", headers=headers, timeout=10)
    found: dict[str, Any] = answer.json()
    return found


def _texts(document: dict[str, Any], *names: str) -> set[str]:
    return {str(document[name]) for name in names if document.get(name)}


def _rows(driver: Driver) -> list[str]:
    """Every row of every table, as text."""

    def work(session: Session) -> list[str]:
        tables = session.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        rows: list[str] = []
        for table in tables:
            whole = sql.SQL("select t::text as row from {} t").format(sql.Identifier(table["tablename"]))
            rows += [row["row"] for row in session.execute(whole).fetchall()]
        return rows

    return driver.runtime.ledger.database.transaction(work)
