"""A new session: what the connector relies on is set, whatever the server, the database or the role has as its own."""

from collections.abc import Mapping
from typing import Any

from psycopg import Connection, sql

from ledger.texts import keep_every_text
from schemas.errors import ConfigurationError

Session = Connection[dict[str, Any]]

# Seconds that one statement may take, far above any of ours: what hangs longer must not hold its locks.
STATEMENT_SECONDS = 120
# Seconds that a transaction may wait for its client: one whose process is frozen must not hold its locks.
IDLE_SECONDS = 60

# Of a session. Where a pooler stands between, `connector migrate` gives them to the role as well.
SETTINGS: Mapping[str, str] = {
    "bytea_output": "hex",
    "client_encoding": "UTF8",
    "datestyle": "ISO, MDY",
    "default_transaction_isolation": "read committed",
    "extra_float_digits": "1",
    "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
    "intervalstyle": "postgres",
    "lock_timeout": "0",
    "standard_conforming_strings": "on",
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "timezone": "UTC",
    "transform_null_equals": "off",
}

# With "off" the server would confirm what its death takes back, and calls at the vendors follow upon what is kept.
# Whatever else its operator chose, to wait for a replica or not to, stays.
_DURABLE = "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'"
_SET = (
    "select set_config(name, value, false) from unnest(%(names)s::text[], %(values)s::text[]) as setting (name, value)"
)
_LOOK = """
select pg_backend_pid() as process, current_setting('server_encoding') as encoding, current_schema() as schema,
       current_setting('search_path') as path
"""


def configure(session: Session, *, pooled: bool) -> None:
    """Set up a session that was just opened; `pooled` says that a pooler stands between, else it is found out.

    Raises ConfigurationError for a database that the connector cannot work in.
    """
    keep_every_text(session)
    # Through a pooler, what is prepared would be looked for in a server session that has never heard of it, or has
    # prepared something else under the same name.
    session.prepare_threshold, threshold = None, session.prepare_threshold
    session.execute(_SET, {"names": list(SETTINGS), "values": list(SETTINGS.values())})
    session.execute(_DURABLE)
    found = session.execute(_LOOK).fetchone()
    assert found is not None
    _require(found)
    if not (pooled or found["process"] != session.info.backend_pid):
        session.prepare_threshold = threshold


def _require(found: Mapping[str, Any]) -> None:
    if found["encoding"] != "UTF8":
        raise ConfigurationError(
            f"The database has the encoding {found['encoding']}, in which not every name of a buyer can be kept; "
            "make one with: createdb --encoding UTF8 --template template0 NAME"
        )
    if found["schema"] is None:
        raise ConfigurationError(
            f"The search_path of the database's role is {found['path']!r}, where there is no schema; name one with: "
            "alter role ROLE set search_path = public"
        )


def keep_for_role(session: Session) -> None:
    """Give the settings to this role in this database: a pooler opens sessions that `configure` never sees."""
    database = sql.Identifier(session.info.dbname)
    for name, value in {**SETTINGS, "synchronous_commit": "on"}.items():
        given = sql.SQL("alter role current_user in database {} set {} = {}")
        session.execute(given.format(database, sql.Identifier(name), sql.Literal(value)))
