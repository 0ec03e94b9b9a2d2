"""The pool of connections to Postgres, and the transaction that repeats itself when Postgres asks for it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg import Connection, errors
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from ledger.queries import query
from schemas.errors import RetryLater

T = TypeVar("T")
Row = dict[str, Any]
Session = Connection[Row]

# Postgres takes these back and asks for the whole transaction once more.
_REPEATABLE = (errors.DeadlockDetected, errors.SerializationFailure)
_REPEATS = 5


class Database:
    """A lazily opened pool of up to `size` connections, for one of which nobody waits longer than `patience` seconds.

    Open it after a fork, never before: connections must not be shared by processes.
    """

    def __init__(self, url: str, *, size: int = 20, patience: float = 10) -> None:
        self._pool: ConnectionPool[Session] = ConnectionPool(
            url,
            connection_class=Connection[Row],
            kwargs={"autocommit": True, "row_factory": dict_row, "application_name": "connector"},
            min_size=0,
            max_size=size,
            timeout=patience,
            max_idle=60,
            open=False,
            check=ConnectionPool.check_connection,
        )

    def transaction(self, work: Callable[[Session], T]) -> T:
        """Run `work` in one transaction and return what it returns; deadlocks and serialization errors repeat it.

        Raises RetryLater when the database cannot be reached.
        """

        def whole(session: Session) -> T:
            with session.transaction():
                return work(session)

        return self._repeated(whole)

    def _repeated(self, work: Callable[[Session], T]) -> T:
        for left in reversed(range(_REPEATS)):
            try:
                return self._once(work)
            except _REPEATABLE:
                if not left:
                    raise
        raise AssertionError("unreachable")

    def _once(self, work: Callable[[Session], T]) -> T:
        self._pool.open()
        try:
            with self._pool.connection() as session:
                return work(session)
        except (PoolTimeout, psycopg.OperationalError) as error:
            if isinstance(error, _REPEATABLE):
                raise
            raise RetryLater(f"the database does not answer: {type(error).__name__}") from error

    def rows(self, path: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Run one named query, which is a transaction by itself, and return its rows."""
        return self._repeated(lambda session: fetch(session, path, parameters))

    def row(self, path: str, parameters: Mapping[str, Any] | None = None) -> Row | None:
        """Run one named query as `rows` does and return its first row, or None."""
        found = self.rows(path, parameters)
        return found[0] if found else None

    def close(self) -> None:
        """Close the pool and its connections."""
        self._pool.close()


def fetch(session: Session, path: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
    """Run the named query in the given transaction and return its rows (empty for statements without any)."""
    return _run(session, query(path), parameters or {})


def fetch_one(session: Session, path: str, parameters: Mapping[str, Any] | None = None) -> Row | None:
    """Run the named query in the given transaction and return its first row, or None."""
    found = fetch(session, path, parameters)
    return found[0] if found else None


def _run(session: Session, sql: LiteralString, parameters: Mapping[str, Any] | Sequence[Any]) -> list[Row]:
    cursor = session.execute(sql, parameters)
    return cursor.fetchall() if cursor.description else []
