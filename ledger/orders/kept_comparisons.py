"""Comparisons of both sides of a store that people asked for, with what they found; and the nightly sweeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from ledger.postgres.database import Database, Row, fetch, fetch_one
from ledger.postgres.session import Session

# Seconds without a sign after which a run counts as dead, and dispatch has another one go on. A part takes a few.
SILENCE_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class ComparisonRun:
    """One run of a comparison: it may go on as long as no newer one was sent."""

    comparison: int
    store: str
    fence: int


@dataclass(frozen=True, slots=True)
class OpenComparison:
    """How far a comparison has come. `orders_to`: orders placed before it are compared; None: none yet."""

    id: int
    store: str
    asked_at: datetime
    orders_to: datetime | None
    orders_done: bool
    sku_to: str
    orders: int
    skus: int


@dataclass(frozen=True, slots=True)
class KeptComparison:
    """A comparison as people see it. `states`: state of a difference → how many; `repaired`: of how many it was asked.

    `share` of the orders' time range is compared (0 to 1); `ended_at` is None while it goes on. `error` says why it
    ended early.
    """

    id: int
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None
    orders: int
    skus: int
    waiting_for_payment: int
    left_out: Sequence[str]
    error: str | None
    share: float | None
    states: Mapping[str, int]
    repaired: int

    @property
    def differences(self) -> int:
        """How many differences it found."""
        return sum(self.states.values())


@dataclass(frozen=True, slots=True)
class Sweep:
    """A nightly sweep: `documents` were read, and `jobs` made due by what no poll had seen."""

    began_at: datetime
    documents: int
    jobs: int
    ended_at: datetime | None


class KeptComparisons:
    """At most one comparison of a store is open. Its fence guards every change by a run."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, store: str, by: str) -> ComparisonRun | None:
        """Begin a comparison; dispatch sends it, unless `sent` says that it was sent. None while another goes on."""
        row = self._database.row("comparisons.ask", {"store": store, "by": by})
        return ComparisonRun(row["id"], store, row["fence"]) if row else None

    def sent(self, run: ComparisonRun) -> OpenComparison | None:
        """Note that a run is on its way, or goes on; None when a newer one was sent, or the comparison has ended."""
        row = self._database.row(
            "comparisons.sent", {"id": run.comparison, "fence": run.fence, "silence": SILENCE_SECONDS}
        )
        return OpenComparison(**row) if row else None

    def take_due(self, limit: int) -> list[ComparisonRun]:
        """Take up to `limit` comparisons that nobody goes on with, each for a new run."""
        rows = self._database.rows("comparisons.take_due", {"silence": SILENCE_SECONDS, "limit": limit})
        return [ComparisonRun(row["id"], row["store"], row["fence"]) for row in rows]

    def give_back(self, taken: Sequence[ComparisonRun]) -> None:
        """Have dispatch take these again at once: their runs could not be sent."""
        ids, fences = [each.comparison for each in taken], [each.fence for each in taken]
        self._database.rows("comparisons.give_back", {"ids": ids, "fences": fences})

    def keep(
        self, run: ComparisonRun, found: Sequence[Mapping[str, Any]], moved: OpenComparison, *, waiting: int = 0
    ) -> int | None:
        """Keep what a part found, and how far the comparison has come; `moved` has the orders and SKUs of this part.

        Returns how many differences it has now; None when a newer run was sent.
        """
        position = {name: getattr(moved, name) for name in ("orders_to", "orders_done", "sku_to", "orders", "skus")}
        values = {**position, "waiting": waiting, "silence": SILENCE_SECONDS, "id": run.comparison, "fence": run.fence}

        def work(session: Session) -> int | None:
            row = fetch_one(session, "comparisons.move", values)
            if row is None:
                return None
            if found:
                fetch(session, "comparisons.keep", {"id": run.comparison, "found": Jsonb(list(found))})
            return int(row["differences"]) + len(found)

        return self._database.transaction(work)

    def end(self, run: ComparisonRun, left_out: Sequence[str] = (), error: str | None = None) -> None:
        """End a comparison, unless a newer run was sent."""
        values = {"id": run.comparison, "fence": run.fence, "left_out": Jsonb(list(left_out)), "error": error}
        self._database.rows("comparisons.end", values)

    def of_store(self, store: str, limit: int) -> list[KeptComparison]:
        """Return the last comparisons of a store, the newest first."""
        rows = self._database.rows("comparisons.of_store", {"store": store, "limit": limit})
        return [KeptComparison(**row) for row in rows]

    def differences(self, comparison: int, *, state: str | None, limit: int, offset: int) -> list[Row]:
        """Return a page of what a comparison found, of one state or of all."""
        wanted = {"id": comparison, "state": state, "limit": limit, "offset": offset}
        return self._database.rows("comparisons.differences", wanted)

    def to_repair(self, store: str, comparison: int, difference: int | None) -> list[Row]:
        """Return (id, key, repair) of one difference, or of all, that a repair mends and nobody has asked for yet."""
        wanted = {"store": store, "id": comparison, "difference": difference}
        return self._database.rows("comparisons.to_repair", wanted)

    def note_repaired(self, differences: Sequence[int], by: str) -> None:
        """Note who asked for the repair of these differences."""
        self._database.rows("comparisons.repaired", {"ids": list(differences), "by": by})

    def sweeps(self, store: str, limit: int) -> list[Sweep]:
        """Return the last nightly sweeps of a store, the newest first."""
        return [Sweep(**row) for row in self._database.rows("comparisons.sweeps", {"store": store, "limit": limit})]
