"""Sets up a new session: the connector does not rely on the defaults of the server, the database or the role."""

from collections.abc import Mapping
from typing import Any

from psycopg import Connection, sql

from ledger.postgres.texts import keep_every_text
from schemas.errors import ConfigurationError

Session = Connection[dict[str, Any]]

# The oldest server whose answers we know: the first that reports by itself that it is a standby.
OLDEST = 14
# Seconds that one statement may take, far more than any of ours does. One that hangs longer must give up its locks.
STATEMENT_SECONDS = 120
# Seconds that a transaction may wait for its client. A frozen process must not keep its locks.
IDLE_SECONDS = 60

# The settings of a session. `connector migrate` gives them to the role too, for sessions that a pooler opens.
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

# We call a vendor only after our own write is durable; with "off" the server would confirm writes that a crash loses.
# Any other choice of the operator, such as waiting for a replica, stays.
_DURABLE = "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'"
_SET = (
    "select set_config(name, value, false) from unnest(%(names)s::text[], %(values)s::text[]) as setting (name, value)"
)
_LOOK = """
select pg_backend_pid() as process, current_setting('server_encoding') as encoding, current_schema() as schema,
       current_setting('search_path') as path
"""


def configure(session: Session, *, pooled: bool) -> None:
    """Set up a session that was just opened; `pooled` says that a pooler stands between, else this finds it out.

    Raises ConfigurationError for a database in which the connector cannot work.
    """
    require_version(session.info.server_version)
    keep_every_text(session)
    # Behind a pooler, a prepared statement may be looked for in a server session that does not know it, or has
    # prepared another one under the same name.
    session.prepare_threshold, threshold = None, session.prepare_threshold
    session.execute(_SET, {"names": list(SETTINGS), "values": list(SETTINGS.values())})
    session.execute(_DURABLE)
    found = session.execute(_LOOK).fetchone()
    assert found is not None
    _require(found)
    if not (pooled or found["process"] != session.info.backend_pid):
        session.prepare_threshold = threshold


def require_version(number: int) -> None:
    """Refuse a server that is too old; `number` is libpq's, such as 150018 for 15.18. Raises ConfigurationError."""
    if number < OLDEST * 10_000:
        raise ConfigurationError(
            f"The server is PostgreSQL {number // 10_000}; the connector needs {OLDEST} or newer: upgrade the server"
        )


def _require(found: Mapping[str, Any]) -> None:
    if found["encoding"] != "UTF8":
        raise ConfigurationError(
            f"The database has the encoding {found['encoding']}, which cannot keep the name of every buyer; "
            "make one with: createdb --encoding UTF8 --template template0 NAME"
        )
    if found["schema"] is None:
        raise ConfigurationError(
            f"The search_path of the database's role is {found['path']!r}, where there is no schema; name one with: "
            "alter role ROLE set search_path = public"
        )


def keep_for_role(session: Session) -> None:
    """Give the settings to this role in this database, because a pooler opens sessions that `configure` never sees."""
    database = sql.Identifier(session.info.dbname)
    for name, value in {**SETTINGS, "synchronous_commit": "on"}.items():
        given = sql.SQL("alter role current_user in database {} set {} = {}")
        session.execute(given.format(database, sql.Identifier(name), sql.Literal(value)))
