"""Parked jobs as a person works on them: by reason, with what to do, and what failed again after it was retried."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.postgres.database import Database
from schemas.flows import flow_name


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedGroup:
    """The jobs of one flow that are parked for one reason, of a store or of all; `stores` are some of these.

    Documents that do not load are grouped by the field at fault as well. `oldest`: since when the first is parked.
    `failed_again`: jobs that were retried by a person and are parked once more. `message` and `resolution` are those
    of one of the jobs.
    """

    reason: str
    flow: str
    jobs: int
    store_count: int
    stores: Sequence[str]
    oldest: datetime
    failed_again: int
    message: str | None
    resolution: str | None


class Parked:
    """Reads the groups of parked jobs, most jobs first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def groups(self, stores: Collection[str] | None, *, by_store: bool = False) -> list[ParkedGroup]:
        """Return the parked jobs of these stores (None: of all) by reason; with `by_store`, of each store apart.

        Their jobs are found by `Jobs.search(state="parked", reason=…)`.
        """
        wanted = {"stores": None if stores is None else sorted(stores), "by_store": by_store}
        rows = self._database.rows("parked.groups", wanted)
        return [ParkedGroup(flow=flow_name(row.pop("direction"), row.pop("flow")), **row) for row in rows]
