"""Whatever the server, the database or the role has set for itself, the connector's sessions are as it relies on."""

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from ledger.ledger import Ledger
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet, new_key
from ledger.postgres.migrate import migrate
from ledger.postgres.usable import check_database
from local.servers.services import Services
from schemas.errors import ConfigurationError, RetryLater
from tests.support.connector.world import wait_for
from tests.support.servers.fixtures import in_database

# A setting that an operator may have chosen for other programs of the same database.
ODD = [
    ("datestyle", "German, DMY"),
    ("timezone", "Asia/Kathmandu"),
    ("bytea_output", "escape"),
    ("client_encoding", "LATIN1"),
    ("intervalstyle", "iso_8601"),
    ("standard_conforming_strings", "off"),
    ("default_transaction_isolation", "serializable"),
    ("statement_timeout", "100"),
    ("lock_timeout", "1"),
    ("extra_float_digits", "-10"),
    ("transform_null_equals", "on"),
    ("synchronous_commit", "off"),
]

READ_BACK = r"""
select now() as moment, interval '1 day 2 seconds' as gap, 0.1::float8 as width, '\x00ff'::bytea as kept,
       'Zażółć 漢字' as text, 'a\b' as path, (1 = null) is null as unknown,
       current_setting('synchronous_commit') as commit
"""


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.mark.parametrize(("name", "value"), ODD)
def test_an_odd_setting_of_the_database_changes_nothing(
    database: Database, database_url: str, name: str, value: str
) -> None:
    _set(database_url, name, value)
    ledger = Ledger(database, KeySet([new_key()]))
    migrate(database)
    # What is read back has times, intervals, floats, bytes and texts beyond ASCII in it.
    assert database.row("status.dispatch") is None
    assert ledger.dispatch_window.take_tick(1.0)
    row = database.transaction(lambda session: session.execute(READ_BACK).fetchone())
    assert row is not None
    assert abs(row.pop("moment") - datetime.now(UTC)).total_seconds() < 60
    assert row.pop("gap").total_seconds() == 86_402
    assert row == {
        "width": 0.1, "kept": b"\x00\xff", "text": "Zażółć 漢字", "path": "a\\b", "unknown": True, "commit": "on"
    }  # fmt: skip


def test_a_database_that_is_read_only_by_setting_is_an_outage_that_ends(database: Database, database_url: str) -> None:
    _set(database_url, "default_transaction_read_only", "on")
    with pytest.raises(RetryLater, match="takes no writes: cannot execute UPDATE in a read-only transaction"):
        database.check_writes()
    with psycopg.connect(database_url, autocommit=True) as session:
        session.execute("set default_transaction_read_only = off")
        session.execute(
            sql.SQL("alter database {} reset default_transaction_read_only").format(sql.Identifier(session.info.dbname))
        )
    wait_for(lambda: _takes_writes(database), 10, "a write to succeed")


def test_a_database_in_another_encoding_is_refused_in_one_sentence(services: Services) -> None:
    url = in_database(services.database_url, "latin")
    with psycopg.connect(services.database_url, autocommit=True) as session:
        session.execute("create database latin encoding 'LATIN1' locale 'C' template template0")
    try:
        with pytest.raises(ConfigurationError, match="The database has the encoding LATIN1"):
            check_database(url)
        database = Database(url, patience=1)
        with pytest.raises(RetryLater, match="the database does not answer: The database has the encoding LATIN1"):
            database.rows("status.answers")
        database.close()
    finally:
        with psycopg.connect(services.database_url, autocommit=True) as session:
            session.execute("drop database latin with (force)")


def test_a_search_path_without_any_schema_is_refused_in_one_sentence(database_url: str) -> None:
    _set(database_url, "search_path", "nowhere")
    with pytest.raises(ConfigurationError, match="search_path of the database's role is 'nowhere'"):
        check_database(database_url)


def _takes_writes(database: Database) -> bool:
    try:
        database.check_writes()
    except RetryLater:
        return False
    return True


def _set(url: str, name: str, value: str) -> None:
    with psycopg.connect(url, autocommit=True) as session:
        session.execute(
            sql.SQL("alter database {} set {} = {}").format(
                sql.Identifier(urlsplit(url).path[1:]), sql.Identifier(name), sql.Literal(value)
            )
        )
