"""Figures of the whole fleet, in few rows however many stores there are: for the exporter."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.orders.scans import Scans
from ledger.postgres.database import Database, Row
from schemas.wording.store_advice import UNFORESEEN


@dataclass(frozen=True, slots=True)
class Ages:
    """How old the news of stores is.

    `stores` has the number of stores below the first bound, between each two, and above the last one; `seconds` is the
    sum over all of them, `late` the number of stores whose news is older than promised.
    """

    stores: Sequence[int]
    seconds: float
    late: int


@dataclass(frozen=True, slots=True)
class FlowJobs:
    """Jobs of a flow and lane, and how many seconds the one waits or has waited for which it is longest."""

    direction: str
    flow: str
    lane: int
    jobs: int
    longest: float


class Figures:
    """Reads only. Paused stores are left out of everything that waits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ages(self, bounds: Sequence[float], promise: float) -> Ages:
        """Return how old the news of all stores is; `bounds` and `promise` are seconds."""
        rows = self._database.rows("figures.ages", {"bounds": list(bounds), "promise": promise})
        stores = [0] * (len(bounds) + 1)
        for row in rows:
            stores[row["bucket"]] = row["stores"]
        return Ages(stores, sum(row["seconds"] for row in rows), sum(row["late"] for row in rows))

    def latest(self, promise: float, limit: int) -> dict[str, float]:
        """Return store → age of its news in seconds, for the late stores whose news is oldest."""
        rows = self._database.rows("figures.latest", {"promise": promise, "limit": limit})
        return {row["store"]: row["age"] for row in rows}

    def stores(self) -> Row:
        """Return how many stores are `active`, and how many `paused`."""
        (row,) = self._database.rows("figures.stores")
        return row

    def unhealthy(self) -> list[Row]:
        """Return how many `stores` are unhealthy, by `vendor` and `reason`."""
        return self._database.rows("figures.unhealthy", {"unforeseen": UNFORESEEN})

    def stopped(self) -> list[Row]:
        """Return in how many `stores` a flow is stopped, by `direction`, `flow` and `reason`."""
        return self._database.rows("figures.stopped")

    def without_events(self) -> dict[str, int]:
        """Return in how many stores scans find changes without an event: with an endpoint of ours, and without one."""
        found = Counter("registered" if each.registered else "none" for each in Scans(self._database).unheard())
        return {kind: found[kind] for kind in ("registered", "none")}

    def backlog(self) -> list[FlowJobs]:
        """Return the due jobs that no worker has begun, and for how long the first of them has been due."""
        return [FlowJobs(**row) for row in self._database.rows("figures.backlog")]

    def running(self) -> list[Row]:
        """Return how many `jobs` run, by `direction` and `flow`."""
        return self._database.rows("figures.running")

    def waiting_for_calls(self) -> list[FlowJobs]:
        """Return the jobs that wait because a budget is used up, and when the last of them may make its calls."""
        return [FlowJobs(**row) for row in self._database.rows("figures.waiting_for_calls")]

    def parked(self) -> dict[str, int]:
        """Return reason → parked jobs."""
        return {row["reason"]: row["jobs"] for row in self._database.rows("figures.parked")}

    def last_webhook(self) -> float | None:
        """Return how many seconds ago the last webhook was received; None if none is kept."""
        row = self._database.row("figures.webhooks")
        return row["age"] if row else None

    def connections(self) -> Row:
        """Return how many sessions of the server are `used`, and how many are `accepted`."""
        (row,) = self._database.rows("figures.connections")
        return row

    def suspects(self, limit: int) -> list[Row]:
        """Return (store, afosto) of stores whose calls are most likely held up: name, and name of the budget."""
        return self._database.rows("figures.suspects", {"limit": limit})
