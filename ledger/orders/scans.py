"""Scans of a store's orders in Afosto: which of them to look at, because no event may have reported their changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.postgres.database import Database

# Events do not come when scans have found so many changes without one, the first of them so long ago (seconds). A
# single change proves nothing: of some changes Afosto may tell nobody.
CHANGES = 3
SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class ScanState:
    """How a store's orders are scanned: by Afosto's list of changes, read up to `listed_to`, or one by one.

    `lists` is None while it is not known whether Afosto has such a list.
    """

    store: str
    lists: bool | None
    listed_to: datetime


@dataclass(frozen=True, slots=True)
class Unheard:
    """A store of whose changes in Afosto no event comes: scans have found so many `changes` since then.

    `registered`: an endpoint of ours belongs to its tenant; `heard_at`: when its last event came, if any ever did.
    """

    store: str
    changes: int
    since: datetime
    registered: bool
    heard_at: datetime | None


class Scans:
    """How far the scan of each store is."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take_due(self, interval: float, limit: int) -> list[str]:
        """Return the stores whose scan is due; it is due again `interval` seconds later."""
        return [row["store"] for row in self._database.rows("scans.due", {"interval": interval, "limit": limit})]

    def give_back(self, stores: Sequence[str]) -> None:
        """Make scans of `take_due` due again: nobody was asked to run them."""
        self._database.rows("scans.give_back", {"stores": list(stores)})

    def get(self, store: str) -> ScanState | None:
        """Return how a store is scanned, or None when it is not connected."""
        row = self._database.row("scans.get", {"store": store})
        return ScanState(**row) if row else None

    def read(self, store: str, *, lists: bool, listed_to: datetime, news: bool, longest: float) -> None:
        """Note whether Afosto lists changes, up to when they were read, and whether there were any.

        The longer a store is without news, the later its next scan, up to `longest` seconds.
        """
        values = {"store": store, "lists": lists, "listed_to": listed_to, "news": news, "longest": longest}
        self._database.rows("scans.read", values)

    def known(self, store: str, afosto_ids: Sequence[str]) -> list[str]:
        """Return the shop's ids of these Afosto orders, as far as they belong to the store."""
        if not afosto_ids:
            return []
        rows = self._database.rows("scans.known", {"store": store, "afosto_ids": list(afosto_ids)})
        return [row["epages_id"] for row in rows]

    def longest_ago(self, store: str, period: float, closed_period: float, limit: int) -> list[str]:
        """Return at most `limit` orders that nobody looked at for `period` seconds (closed ones: `closed_period`)."""
        periods = {"period": period, "closed_period": closed_period}
        rows = self._database.rows("scans.longest_ago", {"store": store, "limit": limit, **periods})
        return [row["order_id"] for row in rows]

    def looked(self, store: str, order_id: str, *, closed: bool, news: bool) -> None:
        """Note that an order was looked at now, whether it is closed in Afosto, and whether that was news."""
        values = {"store": store, "order_id": order_id, "closed": closed, "news": news}
        self._database.rows("scans.looked", values)

    def unheard(self, store: str | None = None) -> list[Unheard]:
        """Return the stores (or only this one) of whose changes in Afosto no event comes, the longest first."""
        values = {"store": store, "changes": CHANGES, "seconds": SECONDS}
        return [Unheard(**row) for row in self._database.rows("scans.unheard", values)]

    def all_opened(self, store: str) -> list[str]:
        """Return every order of a store that was opened in Afosto."""
        return [row["epages_id"] for row in self._database.rows("scans.all_opened", {"store": store})]
