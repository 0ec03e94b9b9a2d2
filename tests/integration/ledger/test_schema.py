"""The file that shows the whole schema and the migrations that lead to it say the same."""

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from ledger.postgres.database import Database
from ledger.postgres.migrate import migrate, pending

CATALOG = {
    "columns": """
        select table_name, column_name, data_type, udt_name, is_nullable, column_default,
               is_identity, identity_generation, is_generated, generation_expression
        from information_schema.columns where table_schema = 'public' order by table_name, column_name""",
    "indexes": "select tablename, indexname, indexdef from pg_indexes where schemaname = 'public' order by indexname",
    "constraints": """
        select conrelid::regclass::text as of, conname, contype, convalidated, pg_get_constraintdef(oid) as definition
        from pg_constraint where connamespace = 'public'::regnamespace order by conrelid::regclass::text, conname""",
    "options": """
        select relname, reloptions, relpersistence from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by relname""",
    "comments": """
        select c.relname, d.objsubid, d.description from pg_description d join pg_class c on c.oid = d.objoid
        where c.relnamespace = 'public'::regnamespace order by c.relname, d.objsubid""",
    "triggers": "select tgrelid::regclass::text as of, pg_get_triggerdef(oid) as definition from pg_trigger "
    "where not tgisinternal order by 1, 2",
    "views": "select viewname, definition from pg_views where schemaname = 'public' order by viewname",
    "functions": "select pg_get_functiondef(oid) as definition from pg_proc "
    "where pronamespace = 'public'::regnamespace and prokind in ('f', 'p') order by 1",
}


@pytest.fixture
def migrated(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def drawn(empty_database_url: str) -> Iterator[Database]:
    database = Database(empty_database_url)
    whole = files("ledger").joinpath("schema.sql").read_bytes()
    database.transaction(lambda session: session.execute(whole))
    yield database
    database.close()


@pytest.mark.parametrize("part", CATALOG)
def test_the_schema_file_and_the_migrations_lead_to_the_same_database(
    part: str, migrated: Database, drawn: Database
) -> None:
    assert _read(drawn, part) == _read(migrated, part)


@pytest.mark.parametrize("part", ["columns", "indexes", "constraints"])
def test_the_comparison_has_something_to_compare(part: str, migrated: Database) -> None:
    assert len(_read(migrated, part)) > 10


def test_a_difference_is_seen(migrated: Database, drawn: Database) -> None:
    drawn.transaction(lambda session: session.execute("alter table orders alter column number drop not null"))
    assert _read(drawn, "columns") != _read(migrated, "columns")


def test_a_migrated_database_is_left_alone(migrated: Database) -> None:
    assert pending(migrated) == []
    assert migrate(migrated) == []


def _read(database: Database, part: str) -> list[dict[str, Any]]:
    return database.transaction(lambda session: session.execute(CATALOG[part].encode()).fetchall())
