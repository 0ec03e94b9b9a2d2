"""How many SQL statements something takes, from PostgreSQL's own log of them."""

import re
from collections.abc import Callable

import psycopg

from benchmarks.scene import Scene

_STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]*): ")


def statements_of(made: Scene, work: Callable[[], object]) -> int:
    """Count the statements of all databases while `work` runs. Logging them takes time: time nothing meanwhile."""
    _log_statements(made, "all")
    begun = made.postgres_log.stat().st_size
    work()
    _log_statements(made, "none")
    with made.postgres_log.open(errors="replace") as log:
        log.seek(begun)
        return sum(1 for line in log if _STATEMENT.search(line))


def _log_statements(made: Scene, which: str) -> None:
    with psycopg.connect(made.superuser_url, autocommit=True) as connection:
        connection.execute(f"alter system set log_statement = '{which}'".encode())
        connection.execute("select pg_reload_conf()")
