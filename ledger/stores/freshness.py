"""How well the promise was kept that a store's news is never older than some minutes, in windows of five minutes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from ledger.postgres.database import Database

# Days for which missed windows are kept, today included.
KEPT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Share:
    """How many windows there were, and in how many of them the promise was not kept."""

    windows: int = 0
    missed: int = 0

    @property
    def met(self) -> float | None:
        """The share of windows in which the promise was kept, from 0 to 1; None without any window."""
        return 1 - min(self.missed, self.windows) / self.windows if self.windows else None

    def __add__(self, other: "Share") -> "Share":
        """The windows of both."""
        return Share(self.windows + other.windows, self.missed + other.missed)


@dataclass(frozen=True, slots=True)
class Window:
    """Five minutes of a store: the orders that were imported, and whether its news was once older than promised.

    `connected`: the store existed then.
    """

    began: datetime
    orders: int
    connected: bool
    missed: bool


class Freshness:
    """The history of freshness. A store promises nothing while it is paused; these windows count as met."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def shares(
        self, promise: float, stores: Collection[str] | None = None, *, days: int = KEPT_DAYS
    ) -> dict[str, Share]:
        """Return the share of each store over the last days, today included, but not before it was connected.

        `promise` is after how many seconds news is too old (`Settings.freshness_promise`); `stores`: only these.
        """
        wanted = {"promise": promise, "stores": None if stores is None else sorted(stores), "days": days}
        rows = self._database.rows("freshness.shares", wanted)
        return {row["store"]: Share(row["windows"], row["missed"]) for row in rows}

    def overall(self, promise: float, stores: Collection[str] | None = None, *, days: int = KEPT_DAYS) -> Share:
        """Return the share of all stores together, or of these; as `shares`."""
        wanted = {"promise": promise, "stores": None if stores is None else sorted(stores), "days": days}
        row = self._database.row("freshness.overall", wanted)
        assert row is not None
        return Share(**row)

    def last_day(self, store: str, promise: float) -> list[Window]:
        """Return the last 288 windows of a store, oldest first; the last is not over. Empty for an unknown store."""
        rows = self._database.rows("freshness.last_day", {"store": store, "promise": promise})
        return [Window(**row) for row in rows]
