"""Counts SQL statements by PostgreSQL's own statement log."""

import re
from collections.abc import Callable

import psycopg

from benchmarks.setup.import_setup import ImportSetup

_STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]*): ")


def statements_of(setup: ImportSetup, work: Callable[[], object]) -> int:
    """Count the statements of all databases while `work` runs. Logging takes time, so measure no times meanwhile."""
    _log_statements(setup, "all")
    begun = setup.postgres_log.stat().st_size
    work()
    _log_statements(setup, "none")
    with setup.postgres_log.open(errors="replace") as log:
        log.seek(begun)
        return sum(1 for line in log if _STATEMENT.search(line))


def _log_statements(setup: ImportSetup, which: str) -> None:
    with psycopg.connect(setup.superuser_url, autocommit=True) as connection:
        connection.execute(f"alter system set log_statement = '{which}'".encode())
        connection.execute("select pg_reload_conf()")
