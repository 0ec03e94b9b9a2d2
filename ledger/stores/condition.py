"""The state of a store in one word, from the rows of `Status.stores`; the worst stores first."""

from collections.abc import Iterable
from enum import StrEnum

from ledger.jobs.lag import Lag
from ledger.postgres.database import Row
from schemas.flows import STOCK_TO_CONFIRM

# Seconds for which work that is no history may be due: twice the usual pause between two polls, after which news that
# is still not carried over is as late as if the store had not been read.
LAG_ALARM = 600.0


class StoreState(StrEnum):
    """The state of a store, the worst first."""

    UNHEALTHY = "unhealthy"  # A vendor refuses or does not answer, or runs over the store fail.
    STOPPED = "stopped"  # A flow was stopped automatically.
    STALE = "stale"  # Its news was last read longer ago than two poll intervals.
    BEHIND = "behind"  # Something that is no past order is due for too long.
    NEW = "new"  # It was not polled yet.
    FRESH = "fresh"
    PAUSED = "paused"

    @property
    def is_sound(self) -> bool:
        """Whether nobody needs to look at such a store."""
        return self in _SOUND


_SOUND = frozenset({StoreState.NEW, StoreState.FRESH, StoreState.PAUSED})
_RANK = {state: rank for rank, state in enumerate(StoreState)}


def state_of(row: Row, interval: float) -> StoreState:
    """Return a store's state, from its row with `lag`; it is polled every `interval` seconds."""
    if row["paused_at"]:
        return StoreState.PAUSED
    if row["health"]:
        return StoreState.UNHEALTHY
    if any(flow["reason"] != STOCK_TO_CONFIRM for flow in row["stopped"]):
        return StoreState.STOPPED
    if row["unpolled_for"] > 2 * interval:
        return StoreState.STALE
    if is_behind(row["lag"]):
        return StoreState.BEHIND
    return StoreState.NEW if row["freshness"] is None else StoreState.FRESH


def is_behind(lag: Lag) -> bool:
    """Whether something that is no history is due for too long."""
    return (lag.urgent or 0.0) > LAG_ALARM


def worst_first(stores: Iterable[Row]) -> list[Row]:
    """Sort rows with `state` and `lag`: by state, then those with the oldest due job, then by name."""
    return sorted(stores, key=lambda row: (_RANK[row["state"]], -(row["lag"].oldest or 0.0), row["name"]))
