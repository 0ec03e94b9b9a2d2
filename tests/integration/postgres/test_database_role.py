"""The connector's role in PostgreSQL is no superuser, and may do all that the connector does."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from ledger.postgres.database import Database
from ledger.postgres.migrate import migrate, pending
from ledger.postgres.session import require_version
from local.servers.postgres import binaries, superuser_url
from local.servers.services import Services, local_services
from schemas.errors import ConfigurationError
from tests.support.deploy.kubernetes import FOLDER, scaling

SCRIPT = Path(__file__).parents[3] / "deploy" / "database.sh"
SCALER = FOLDER / "scaler.sql"
RIGHTS = "select rolsuper, rolcreaterole, rolreplication, rolbypassrls from pg_roles where rolname = current_user"
NONE = (False, False, False, False)
PASSWORD = "letters0and9digits"


@pytest.fixture
def bare_server() -> Iterator[str]:
    """The superuser's address of a server without any role or database of the connector."""
    with tempfile.TemporaryDirectory(prefix="connector-") as name, local_services(Path(name), {}, durable=False) as its:
        url = superuser_url(Path(name, "postgres"), its.database_url)
        url = urlsplit(url)._replace(path="/postgres").geturl()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("drop database connector")
            connection.execute("drop role connector")
        yield url


def run_as_the_image_does(superuser: str) -> str:
    """Run the script of the compose file; give the address of the connector's database."""
    address = urlsplit(superuser)
    login = {"PGHOST": address.hostname, "PGPORT": str(address.port), "PGPASSWORD": address.password}
    env = {**os.environ, **{name: value or "" for name, value in login.items()}, "POSTGRES_PASSWORD": PASSWORD}
    env["PATH"] = f"{binaries()}:{env['PATH']}"
    subprocess.run([SCRIPT], env=env, check=True, capture_output=True, timeout=60)
    return address._replace(netloc=f"connector:{PASSWORD}@127.0.0.1:{address.port}", path="/connector").geturl()


def rights(url: str) -> tuple[bool, ...] | None:
    with psycopg.connect(url) as connection:
        return connection.execute(RIGHTS).fetchone()


def test_the_role_of_a_local_run_is_no_superuser(services: Services) -> None:
    assert rights(services.database_url) == NONE


def test_the_password_of_the_role_does_not_open_the_superusers_account(services: Services) -> None:
    address = urlsplit(services.database_url)
    as_superuser = address._replace(netloc=address.netloc.replace("connector:", "postgres:"))
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(as_superuser.geturl())


def test_the_role_of_the_compose_file_is_no_superuser_and_can_migrate(bare_server: str) -> None:
    url = run_as_the_image_does(bare_server)
    assert rights(url) == NONE
    database = Database(url)
    try:
        migrate(database)
        assert pending(database) == []
    finally:
        database.close()


def test_the_autoscalers_role_may_read_the_backlog_and_nothing_else(tmp_path: Path) -> None:
    with local_services(tmp_path, {}, durable=False) as its:
        with closing(Database(its.database_url)) as database:
            migrate(database)
        superuser = superuser_url(tmp_path / "postgres", its.database_url)
        script = ["--set", "ON_ERROR_STOP=1", "--set", f"password={PASSWORD}", "--file", str(SCALER)]
        subprocess.run([binaries() / "psql", "--dbname", superuser, *script], check=True, timeout=60)
        address = urlsplit(superuser)
        mine = address._replace(netloc=f"scaler:{PASSWORD}@127.0.0.1:{address.port}").geturl()
        with psycopg.connect(mine, autocommit=True) as connection:
            for trigger in scaling("orders").triggers:
                assert connection.execute(trigger.query.encode()).fetchone() == (0,)
            for table in ("jobs", "stores", "workers"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(f"select from {table}".encode())


def test_nobody_is_the_superuser_over_the_network_once_the_script_has_run(bare_server: str) -> None:
    run_as_the_image_does(bare_server)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(bare_server)


def test_a_role_that_may_not_make_tables_is_told_who_may(bare_server: str) -> None:
    address = urlsplit(bare_server)
    with psycopg.connect(bare_server, autocommit=True) as connection:
        connection.execute(f"create role connector login password '{PASSWORD}'")
        connection.execute("create database connector encoding 'UTF8' template template0")
    login = address._replace(netloc=f"connector:{PASSWORD}@127.0.0.1:{address.port}", path="/connector").geturl()
    with closing(Database(login, size=1)) as database:
        with pytest.raises(ConfigurationError, match="may not make tables in the database connector") as refused:
            migrate(database)
        advice = str(refused.value).rpartition("run: ")[2]
        with psycopg.connect(bare_server, autocommit=True) as connection:
            connection.execute(advice.encode())
        migrate(database)
        assert pending(database) == []


def test_a_server_that_is_too_old_is_named() -> None:
    require_version(14_00_00)
    with pytest.raises(ConfigurationError, match=r"^The server is PostgreSQL 13; the connector needs 14 or newer"):
        require_version(13_00_23)
