"""Scans of a store's orders in Afosto: which of them to look at, because no event may have reported their changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.postgres.database import Database


@dataclass(frozen=True, slots=True)
class ScanState:
    """How a store's orders are scanned: by Afosto's list of changes, read up to `listed_to`, or one by one.

    `lists` is None while it is not known whether Afosto has such a list.
    """

    store: str
    lists: bool | None
    listed_to: datetime


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

    def looked(self, store: str, order_id: str, *, closed: bool) -> None:
        """Note that an order was looked at now, and whether it is closed in Afosto."""
        self._database.rows("scans.looked", {"store": store, "order_id": order_id, "closed": closed})

    def all_opened(self, store: str) -> list[str]:
        """Return every order of a store that was opened in Afosto."""
        return [row["epages_id"] for row in self._database.rows("scans.all_opened", {"store": store})]
