"""Fixtures: real servers for a whole session, and a fresh database and an empty Redis for each test.

The tests never use servers that the environment names, because they empty their servers.
"""

import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql
from redis import Redis

from ledger.postgres.database import Database
from ledger.postgres.migrate import migrate
from local.servers.services import Services, local_services

_TEMPLATE = "template_of_tests"


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    """Yield PostgreSQL and Redis in a folder of this session."""
    with (
        tempfile.TemporaryDirectory(prefix="connector-") as folder,
        local_services(Path(folder), {}, durable=False) as started,
    ):
        yield started


@pytest.fixture(scope="session")
def template_url(services: Services) -> str:
    """Return a migrated database that each test's database is copied from; nothing may stay connected to it."""
    _execute(services.database_url, sql.SQL("create database {}").format(sql.Identifier(_TEMPLATE)))
    url = in_database(services.database_url, _TEMPLATE)
    database = Database(url)
    migrate(database)
    database.close()
    return url


@pytest.fixture
def empty_database_url(services: Services) -> Iterator[str]:
    """Yield a database without any table, for this test only."""
    yield from _own_database(services, "template1")


@pytest.fixture
def database_url(services: Services, template_url: str) -> Iterator[str]:
    """Yield a migrated database, for this test only."""
    yield from _own_database(services, _TEMPLATE)


@pytest.fixture
def redis_url(services: Services) -> str:
    """Return the address of an empty Redis for the limiter, the breaker and the broker."""
    with Redis.from_url(services.redis_url) as client:
        client.flushall()
    return services.redis_url


@pytest.fixture
def fresh_services(services: Services, database_url: str, redis_url: str) -> Services:
    """Return services with this test's own database and an empty Redis, for processes that the test starts."""
    return Services(database_url, redis_url, redis_url, services.keys)


def in_database(url: str, name: str) -> str:
    """Return the address of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _own_database(services: Services, template: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(services.database_url, autocommit=True) as connection:
        copy = sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
        # Copying the files is faster than logging each page of them: without fsync a checkpoint costs nothing.
        # PostgreSQL 14 always copies the files, and does not know the option.
        if connection.info.server_version >= 15_00_00:
            copy += sql.SQL(" strategy file_copy")
        connection.execute(copy)
    yield in_database(services.database_url, name)
    _execute(services.database_url, sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def _execute(url: str, statement: sql.Composed) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
