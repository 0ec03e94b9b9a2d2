"""Recovery after a restore of the database: which orders need it, and which have recovered since."""

from datetime import datetime

from ledger.postgres.database import Database, Row, fetch
from ledger.postgres.session import Session
from schemas.states import Lane


class Restores:
    """A restored database does not know what both vendors did after its dump, so each older order needs recovery."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def require_recovery(self, before: datetime) -> list[str]:
        """Note that all orders placed before `before` need recovery; request a look at each that is open in Afosto.

        Returns the names of the stores.
        """
        return self._database.transaction(lambda session: self._require_recovery(session, before))

    @staticmethod
    def _require_recovery(session: Session, before: datetime) -> list[str]:
        names = sorted(row["name"] for row in fetch(session, "recovery.require_recovery", {"before": before}))
        fetch(session, "recovery.forget_recovered")
        for name in names:
            opened = [row["epages_id"] for row in fetch(session, "scans.all_opened", {"store": name})]
            asked = {"store": name, "direction": "export", "flow": "looks", "subjects": opened}
            fetch(session, "jobs.request_run", {**asked, "lane": Lane.BACKGROUND, "trace": None})
        return names

    def mark_recovered(self, store: str, order_id: str) -> None:
        """Note that nothing about this order is in doubt any more: its jobs run as usual again."""
        self._database.rows("recovery.mark_recovered", {"store": store, "order_id": order_id})

    def undecided(self, store: str | None) -> list[Row]:
        """Return the imports of orders that need recovery and about which a person must decide.

        Each is (id, store, order_id, number, created_at, message, resolution).
        """
        return self._database.rows("recovery.undecided", {"store": store})
