"""All stores at a glance, the worst first, a page at a time: for the console."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ledger.jobs.lag import LAG_ALARM
from ledger.postgres.database import Database, Row
from ledger.stores.condition import StoreState
from schemas.flows import STOCK_TO_CONFIRM, flow_name
from schemas.states import JobState
from schemas.values.texts import clean
from schemas.wording.store_advice import UNFORESEEN

# Failed attempts are shown for this many seconds, and so many at most.
LATELY, MOST_FAILURES = 86_400.0, 20
# Waiting jobs of a store are counted up to this many.
MOST_COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong at a store: with a vendor since a time, or with a flow that was stopped."""

    where: str
    reason: str
    message: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoreLine:
    """A store in the list.

    `freshness`: how many seconds ago its news was read; None before the first poll. `waiting` counts up to MOST_COUNTED
    jobs. `due_for`: how many seconds the first of them has been due; None if none is.
    """

    name: str
    afosto_bucket: str
    state: StoreState
    paused_at: datetime | None
    connected_at: datetime
    freshness: float | None
    waiting: int
    parked: int
    due_for: float | None
    troubles: Sequence[Trouble]


@dataclass(frozen=True, slots=True)
class StoresPage:
    """Some stores, and how many of those that were searched are in each state."""

    stores: Sequence[StoreLine]
    counts: Mapping[StoreState, int]


@dataclass(frozen=True, slots=True)
class FlowJobs:
    """The open jobs of a flow of a store. The first of those that wait has been due for `due_for` seconds, if any."""

    waiting: int = 0
    parked: int = 0
    due_for: float | None = None


@dataclass(frozen=True, slots=True)
class ParkedJobs:
    """How many jobs of a store are parked for a reason, with the message and the resolution of one of them."""

    reason: str
    jobs: int
    message: str
    resolution: str


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt that failed."""

    at: datetime
    flow: str
    order_key: str
    outcome: str
    message: str


class StoresOverview:
    """Reads only. `promise` is the time in seconds within which each store is polled again."""

    def __init__(self, database: Database, promise: float) -> None:
        self._database = database
        self._promise = promise

    def page(
        self,
        *,
        only: Sequence[str] | None = None,
        text: str = "",
        state: StoreState | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> StoresPage:
        """Return the stores from `offset` on: of those named `only`, with `text` in their name, in this state."""
        given = {"only": None if only is None else list(only), "text": clean(text), "limit": limit, "offset": offset}
        facts = {
            "alarm": LAG_ALARM,
            "stale": 2 * self._promise,
            "to_confirm": STOCK_TO_CONFIRM,
            "unforeseen": UNFORESEEN,
            "worst": list(StoreState),
            "most": MOST_COUNTED,
        }
        rows = self._database.rows("overview.page", {**given, **facts, "state": state})
        counts = {StoreState(found): count for found, count in rows[0]["states"].items()}
        return StoresPage([_line(row) for row in rows if row["name"] is not None], counts)

    def flow_jobs(self, store: str) -> dict[str, FlowJobs]:
        """Return the open jobs of a store by the name of their flow."""
        found: dict[str, FlowJobs] = {}
        for row in self._database.rows("overview.store_jobs", {"store": store}):
            name = flow_name(row["direction"], row["flow"])
            known = found.get(name, FlowJobs())
            if row["state"] == JobState.PARKED:
                found[name] = replace(known, parked=row["jobs"])
            else:
                found[name] = replace(known, waiting=row["jobs"], due_for=row["due_for"])
        return found

    def parked(self, store: str) -> list[ParkedJobs]:
        """Return the parked jobs of a store by reason, the most frequent first."""
        return [ParkedJobs(**row) for row in self._database.rows("overview.store_parked", {"store": store})]

    def failures(self, store: str) -> list[Failure]:
        """Return the newest attempts of the last day that failed."""
        values = {"store": store, "seconds": LATELY, "limit": MOST_FAILURES}
        rows = self._database.rows("overview.store_failures", values)
        return [Failure(flow=flow_name(row.pop("direction"), row.pop("flow")), **row) for row in rows]


def _line(row: Row) -> StoreLine:
    health = [
        Trouble(each["vendor"], each["reason"], each["message"], datetime.fromisoformat(each["since"]))
        for each in row["health"]
    ]
    stops = [
        Trouble(flow_name(each["direction"], each["flow"]), each["reason"], each["message"]) for each in row["stopped"]
    ]
    return StoreLine(
        name=row["name"],
        afosto_bucket=row["afosto_bucket"],
        state=StoreState(row["state"]),
        paused_at=row["paused_at"],
        connected_at=row["connected_at"],
        freshness=row["freshness"],
        waiting=row["waiting"],
        parked=row["parked"],
        due_for=row["due_for"],
        troubles=[*health, *stops],
    )
