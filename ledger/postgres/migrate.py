"""Brings a database to the present schema with numbered files. Each is applied once, by one process at a time."""

from importlib.resources import files

from ledger.postgres.database import Database
from ledger.postgres.session import Session, keep_for_role
from schemas.errors import ConfigurationError

_LOCK = 0x65706166  # an arbitrary number, equal in every process


def migrations() -> list[tuple[str, str]]:
    """Return (version, SQL) of every migration, in order."""
    folder = files("ledger").joinpath("migrations")
    found = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [(name.removesuffix(".sql"), folder.joinpath(name).read_text()) for name in found]


def migrate(database: Database) -> list[str]:
    """Apply the missing migrations and return their versions.

    Raises ConfigurationError if the role may not make tables; since PostgreSQL 15 only the owner of a database may.
    """
    database.transaction(_require_owner)
    return database.transaction(_apply_missing)


def pending(database: Database) -> list[str]:
    """Return the versions of the migrations that are not applied yet."""
    applied = database.transaction(_applied)
    return [version for version, _ in migrations() if version not in applied]


def _apply_missing(session: Session) -> list[str]:
    # An index on a large table takes minutes.
    session.execute("set local statement_timeout = 0")
    session.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
    keep_for_role(session)
    applied = _applied(session)
    todo = [(version, sql) for version, sql in migrations() if version not in applied]
    for version, sql in todo:
        session.execute(sql)
        session.execute("insert into schema_migrations (version) values (%s)", (version,))
    return [version for version, _ in todo]


def _require_owner(session: Session) -> None:
    found = session.execute(
        "select current_user as role, current_database() as name, pg_is_in_recovery()"
        " or has_schema_privilege(current_schema(), 'create') as may"
    ).fetchone()
    assert found is not None
    if not found["may"]:
        raise ConfigurationError(
            f"The role {found['role']} may not make tables in the database {found['name']}; as the superuser run: "
            f"alter database {found['name']} owner to {found['role']}"
        )


def _applied(session: Session) -> set[str]:
    exists = session.execute("select to_regclass('schema_migrations') is not null as found").fetchone()
    if not exists or not exists["found"]:
        return set()
    return {row["version"] for row in session.execute("select version from schema_migrations")}
