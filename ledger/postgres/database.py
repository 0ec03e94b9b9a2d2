"""The pool of connections to PostgreSQL, and transactions that are repeated when PostgreSQL asks for it."""

import select
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

import psycopg
from psycopg import Connection
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from ledger.postgres.queries import query
from ledger.postgres.session import Session, configure
from ledger.postgres.sqlstates import Meaning, meaning, words
from schemas.errors import ConfigurationError, RetryLater
from schemas.wording.phrases import joined, phrase

T = TypeVar("T")
Row = dict[str, Any]
# A named query with its parameters.
Statement = tuple[str, Mapping[str, Any]]

_REPEATS = 5
_REPEATED = frozenset({Meaning.REPEAT, Meaning.STALE_SESSION})
# After these a session is closed.
_ENDED = frozenset({Meaning.GONE, Meaning.REFUSES, Meaning.STALE_SESSION})
_OUTAGES: Mapping[Meaning, str] = {
    Meaning.GONE: phrase("the database does not answer"),
    Meaning.REFUSES: phrase("the database takes no writes"),
    Meaning.TOO_SLOW: phrase("the database is too slow"),
}
# Seconds for which the pool tries to open one connection. It doubles its pause after each try, and opens no other
# connection meanwhile: with its default of 300 s it would find a server again minutes after that came back.
_RECONNECT_SECONDS = 3.0
# Calls of a query on one connection, after which it is prepared: psycopg's own default.
_PREPARE_FROM = 5


class Database:
    """A pool of up to `size` connections, opened when first used; a caller waits at most `patience` seconds for one.

    `pooled` says that a pooler such as PgBouncer stands between; a pooler that shows itself is recognized without it.
    With `prepares` off, PostgreSQL plans each query for its values. Lists with optional filters need that: the plan
    that fits every filter took 1 s for a page of 10,000 stores that otherwise takes 50 ms.
    Open the pool after a fork, never before: processes must not share connections.
    """

    def __init__(
        self, url: str, *, size: int = 20, patience: float = 10, pooled: bool = False, prepares: bool = True
    ) -> None:
        self._pooled = pooled
        self._refusal = ""
        self._pool: ConnectionPool[Session] = ConnectionPool(
            url,
            connection_class=_remembering(self._remember),
            kwargs={
                "autocommit": True,
                "row_factory": dict_row,
                "application_name": "connector",
                "prepare_threshold": _PREPARE_FROM if prepares else None,
            },
            min_size=0,
            max_size=size,
            timeout=patience,
            max_idle=60,
            reconnect_timeout=_RECONNECT_SECONDS,
            open=False,
            configure=self._configure,
            check=_check,
        )

    def transaction(self, work: Callable[[Session], T]) -> T:
        """Run `work` in one transaction and return what it returns.

        A deadlock or a serialization error repeats it.
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

        They are one transaction: when a query fails, none has happened.
        """

        def at_once(session: Session) -> list[list[Row]]:
            try:
                with session.pipeline():
                    cursors = [session.execute(query(path), parameters) for path, parameters in statements]
            except psycopg.Error as error:
                # Psycopg (3.3) counts the queries behind the failed one as prepared, but the server has skipped them:
                # this connection would refuse them for ever. `_guarded` closes the others.
                if meaning(error) not in _ENDED:
                    session.close()
                raise
            return [cursor.fetchall() if cursor.description else [] for cursor in cursors]

        return self._run(at_once)

    def check_writes(self) -> None:
        """Write one row without changing it. Raises RetryLater, with the server's words, when it takes no writes."""
        found = self.row("status.waits_for_standby")
        if found is not None:
            said = phrase("each commit waits for a standby that does not confirm it: %(names)s", names=found["names"])
            raise RetryLater(joined([_OUTAGES[Meaning.REFUSES], said], ": "))
        self.rows("status.check_writes")

    def _run(self, work: Callable[[Session], T]) -> T:
        for left in reversed(range(_REPEATS)):
            try:
                return self._once(work)
            except psycopg.Error as error:
                if meaning(error) not in _REPEATED:
                    raise
                if not left:
                    raise RetryLater(
                        phrase("the database asks for a repeat again and again: %(error)s", error=words(error))
                    ) from error
        raise AssertionError("unreachable")

    def _once(self, work: Callable[[Session], T]) -> T:
        self._pool.open()
        try:
            with self._pool.connection() as session:
                return self._guarded(session, work)
        except PoolTimeout as error:
            raise RetryLater(joined([_OUTAGES[Meaning.GONE], self._refusal or words(error)], ": ")) from error
        except psycopg.Error as error:
            if (said := _OUTAGES.get(meaning(error))) is None:
                raise
            raise RetryLater(joined([said, words(error)], ": ")) from error

    def _guarded(self, session: Session, work: Callable[[Session], T]) -> T:
        """Run `work`; a session that failed because of the server does not go back into the pool."""
        try:
            return work(session)
        except psycopg.Error as error:
            if (found := meaning(error)) is Meaning.REFUSES:
                _end_at_a_standby(session)
                # The other connections may lead to the same server, so all are opened again.
                self._pool.drain()
            if found in _ENDED:
                session.close()
            raise
        finally:
            if not session.closed and _takes_no_writes(session):
                # While it only reads, no error shows that it leads to an old primary, whose data is outdated.
                session.close()

    def _configure(self, session: Session) -> None:
        try:
            configure(session, pooled=self._pooled)
        except ConfigurationError as error:
            self._remember(str(error))
            raise
        self._refusal = ""

    def _remember(self, refusal: str) -> None:
        self._refusal = refusal

    def pool_stats(self) -> dict[str, int]:
        """Return the figures of the pool as psycopg counts them (`ConnectionPool.get_stats`)."""
        return self._pool.get_stats()

    def close(self) -> None:
        """Close the pool and its connections."""
        self._pool.close()


def _end_at_a_standby(session: Session) -> None:
    """End the server's side of a session at a standby. Otherwise a pooler would give it to other clients.

    Check and end are one statement: a pooler may run two statements at two servers.
    """
    with suppress(psycopg.Error):
        session.execute("select pg_terminate_backend(pg_backend_pid()) where pg_is_in_recovery()")


def _takes_no_writes(session: Session) -> bool:
    """Whether a session leads to a standby or to a server set read-only; the server reports it (PostgreSQL 14)."""
    reported = session.info.parameter_status
    return "on" in (reported("in_hot_standby"), reported("default_transaction_read_only"))


def _remembering(note: Callable[[str], None]) -> type[Session]:
    """Return a session class that notes why it cannot be opened: the pool's error only says that it waited."""

    class Remembering(Connection[Row]):
        @classmethod
        def connect(cls, conninfo: str = "", **options: Any) -> Any:
            try:
                return super().connect(conninfo, **options)
            except psycopg.Error as error:
                note(words(error))
                raise

    return Remembering


def _check(session: Session) -> None:
    """Check a connection from the pool only when the server has sent something meanwhile.

    A server that ends, or ends a session, says so. A check each time would cost each query a second round trip.
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
