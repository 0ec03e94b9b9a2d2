"""The flows of a store: why one does not run, and switching, stopping and resuming them as a person decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from clients.scopes import boxes, missing_scopes
from ledger.ledger import Ledger
from ledger.postgres.database import Row
from ledger.records import StoreFacts
from schemas.errors import NeedsPerson
from schemas.flows import EXPORTS, STOCK_STOPS
from schemas.reasons import Reason
from schemas.settings import Settings
from schemas.states import Lane
from schemas.wording.phrases import phrase
from sync.connecting.connect_store import refresh_scopes


class Condition(StrEnum):
    """Whether a flow runs, and if not, why."""

    RUNS = "runs"
    NOT_PERMITTED = "not-permitted"
    OFF = "off"
    STOPPED = "stopped"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class FlowState:
    """A flow of a store. `lacking` are the scopes that the app still needs for it; reason and message are of a stop."""

    name: str
    enabled: bool
    condition: Condition
    lacking: tuple[str, ...] = ()
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Resumed:
    """What was resumed: flow → reason of its stop, and reason → how many parked jobs run again.

    `stock_to_confirm`: the stock stays stopped until a person has confirmed what it becomes.
    """

    flows: Mapping[str, str]
    retried: Mapping[str, int]
    stock_to_confirm: bool


def flow_states(store: StoreFacts, flows: Sequence[Row]) -> list[FlowState]:
    """Return the state of each flow of a store, from its rows of `Stores.flows`."""
    return [_state(store, row) for row in flows]


def _state(store: StoreFacts, row: Row) -> FlowState:
    lacking = missing_scopes(row["name"], store.scopes)
    if not row["enabled"]:
        return FlowState(row["name"], False, Condition.NOT_PERMITTED if lacking else Condition.OFF, lacking)
    if row["stopped_reason"]:
        stop = {"reason": row["stopped_reason"], "message": row["stopped_message"]}
        return FlowState(row["name"], True, Condition.STOPPED, lacking, **stop)
    return FlowState(row["name"], True, Condition.PAUSED if store.paused_at else Condition.RUNS, lacking)


def require_permission(ledger: Ledger, settings: Settings, store: str, what: str) -> None:
    """Ask the shop what its app may do now. Raises NeedsPerson (missing-scope) if that is not enough for `what`."""
    lacking = missing_scopes(what, refresh_scopes(ledger, settings, store))
    if lacking:
        raise NeedsPerson(
            phrase(
                "the shop %(store)s does not permit %(what)s: its app lacks %(boxes)s",
                store=store,
                what=what,
                boxes=boxes(lacking),
            ),
            reason=Reason.MISSING_SCOPE,
            resolution=phrase("tick the box in the shop's cockpit, then try again"),
        )


def switch_on(ledger: Ledger, store: str, flow: str, by: str) -> None:
    """Switch a flow on. An export checks all orders again for changes it missed while it was off."""
    ledger.stores.switch_flow(store, flow, enabled=True)
    ledger.jobs.retry(store=store, reason=Reason.MISSING_SCOPE, by=by)
    if flow in EXPORTS:
        ledger.jobs.request_runs(store, "export", "looks", ledger.scans.all_opened(store), lane=Lane.BACKGROUND)


def resume_flows(ledger: Ledger, store: str, flow: str | None, by: str) -> Resumed:
    """Resume the stopped flow of this name, or all of them. Jobs parked for the reason of the stop run again."""
    chosen = [row for row in ledger.stores.flows(store) if flow in (None, row["name"]) and row["stopped_reason"]]
    stopped = {row["name"]: row["stopped_reason"] for row in chosen if row["stopped_reason"] not in STOCK_STOPS}
    ledger.stores.resume_flows(store, flow)
    counts = {
        reason: len(ledger.jobs.retry(store=store, reason=reason, by=by)) for reason in sorted({*stopped.values()})
    }
    retried = {reason: count for reason, count in counts.items() if count}
    return Resumed(stopped, retried, stock_to_confirm=len(stopped) < len(chosen))
