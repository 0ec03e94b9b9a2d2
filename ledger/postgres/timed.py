"""A database whose statements end after some seconds: for readers that must not keep the server busy."""

from collections.abc import Mapping
from typing import Any

from ledger.postgres.database import Database, Row, fetch
from ledger.postgres.session import Session


class TimedDatabase(Database):
    """Gives each single query a time of its own. It raises RetryLater when that is over.

    The time is set within the query's transaction: behind a pooler in transaction mode, what is set for a session may
    end up at another client's.
    """

    def __init__(self, url: str, *, statement_seconds: float, size: int, patience: float, pooled: bool = False) -> None:
        super().__init__(url, size=size, patience=patience, pooled=pooled, prepares=False)
        self._milliseconds = str(round(statement_seconds * 1000))

    def rows(self, path: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Run one named query within its time and return its rows."""

        def within(session: Session) -> list[Row]:
            session.execute("select set_config('statement_timeout', %s, true)", [self._milliseconds])
            return fetch(session, path, parameters)

        return self.transaction(within)
