"""The processes of beat, each with the time at which the broker last took a message from it."""

from ledger.postgres.database import Database


class Beats:
    """Lists the processes of beat that did not end properly."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sent(self, beat: str, host: str) -> None:
        """Note that the broker took a message from this process just now."""
        self._database.rows("beats.sent", {"id": beat, "host": host})

    def of_host(self, host: str) -> dict[str, float]:
        """Return the processes of a host → seconds since the broker last took a message from each."""
        return {row["id"]: row["sent_before"] for row in self._database.rows("beats.of_host", {"host": host})}

    def age(self) -> float | None:
        """Return how many seconds ago the broker last took a message from any process; None if none is listed."""
        row = self._database.row("beats.age")
        return row["age"] if row else None

    def forget(self, beat: str) -> None:
        """Remove a process from the list: it ended properly."""
        self._database.rows("beats.forget", {"id": beat})
