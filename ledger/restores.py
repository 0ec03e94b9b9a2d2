"""A database restored from a dump: which orders are held, and which of them are settled since."""

from datetime import datetime

from ledger.database import Database, Row, fetch
from ledger.session import Session


class Restores:
    """What both vendors heard after the dump, this database does not know. Until an order is settled, it is held."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hold(self, until: datetime) -> list[str]:
        """Hold all orders placed before `until`, and ask for one look at each that is open in Afosto.

        Returns the names of the stores.
        """
        return self._database.transaction(lambda session: self._hold(session, until))

    @staticmethod
    def _hold(session: Session, until: datetime) -> list[str]:
        names = sorted(row["name"] for row in fetch(session, "restores.hold", {"until": until}))
        fetch(session, "restores.unsettle")
        for name in names:
            opened = [row["epages_id"] for row in fetch(session, "walks.all_opened", {"store": name})]
            asked = {"store": name, "direction": "export", "flow": "looks", "subjects": opened, "lane": 2}
            fetch(session, "jobs.hint", asked)
        return names

    def settle(self, store: str, order_id: str) -> None:
        """Nothing about this order is in doubt any more: its jobs run as any other's."""
        self._database.rows("restores.settle", {"store": store, "order_id": order_id})

    def held(self, store: str | None) -> list[Row]:
        """Return the imports that wait for a person.

        Each is (id, store, order_id, number, created_at, message, resolution).
        """
        return self._database.rows("restores.held", {"store": store})
