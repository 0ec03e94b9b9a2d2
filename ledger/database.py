"""The pool of connections to Postgres, and the transaction that repeats itself when Postgres asks for it."""

import select
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import psycopg
from psycopg import Connection, errors
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from ledger.queries import query
from schemas.errors import RetryLater

T = TypeVar("T")
Row = dict[str, Any]
Session = Connection[Row]
# A named query with its parameters.
Statement = tuple[str, Mapping[str, Any]]

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
            configure=_keep_promises,
            check=_check,
        )

    def transaction(self, work: Callable[[Session], T]) -> T:
        """Run `work` in one transaction and return what it returns; deadlocks and serialization errors repeat it.

        Raises RetryLater when the database cannot be reached.
        """

        def within(session: Session) -> T:
            with session.transaction():
                return work(session)

        return self._run(within)

    def rows(self, path: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Run one named query, which is a transaction of its own in one round trip, and return its rows."""
        return self._run(lambda session: fetch(session, path, parameters))

    def row(self, path: str, parameters: Mapping[str, Any] | None = None) -> Row | None:
        """Run one named query in a transaction of its own and return its first row, or None."""
        found = self.rows(path, parameters)
        return found[0] if found else None

    def batch(self, *statements: Statement) -> list[list[Row]]:
        """Run named queries one after another, sent in one round trip; return the rows of each.

        What is sent as one pipeline is one transaction: when a query fails, none has happened.
        """

        def at_once(session: Session) -> list[list[Row]]:
            try:
                with session.pipeline():
                    cursors = [session.execute(query(path), parameters) for path, parameters in statements]
            except psycopg.Error:
                # Psycopg (3.3) counts what stood behind the failed query as prepared, which the server passed over:
                # this connection would refuse it for ever.
                session.close()
                raise
            return [cursor.fetchall() if cursor.description else [] for cursor in cursors]

        return self._run(at_once)

    def _run(self, work: Callable[[Session], T]) -> T:
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

    def close(self) -> None:
        """Close the pool and its connections."""
        self._pool.close()


def _keep_promises(session: Session) -> None:
    """Let no server say "committed" of what its death would take back: calls at the vendors follow upon what is kept.

    Whatever else its operator chose, to wait for a replica or not to, stays.
    """
    session.execute(
        "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'"
    )


def _check(session: Session) -> None:
    """Ask a connection that waited in the pool whether it lives only when something came in meanwhile.

    A server that ends, or ends a session, says so; asking each time would cost each query a second round trip.
    """
    incoming = select.poll()
    incoming.register(session.fileno(), select.POLLIN)
    if incoming.poll(0):
        ConnectionPool.check_connection(session)


def fetch(session: Session, path: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
    """Run the named query in the given transaction and return its rows (empty for statements without any)."""
    cursor = session.execute(query(path), parameters or {})
    return cursor.fetchall() if cursor.description else []


def fetch_one(session: Session, path: str, parameters: Mapping[str, Any] | None = None) -> Row | None:
    """Run the named query in the given transaction and return its first row, or None."""
    found = fetch(session, path, parameters)
    return found[0] if found else None
