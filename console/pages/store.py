"""One store: how it is, its flows, and what an operator may do with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext, ngettext
from werkzeug.wrappers import Response

from clients.scopes import cockpit_name
from console import order_words, wording
from console.access.current import current_user, note, note_refused
from console.access.roles import least
from console.charts import day_of
from console.languages import quoted
from console.runtime import runtime
from ledger.people.users import Role
from ledger.postgres.database import Row
from ledger.records import StoreFacts
from ledger.stores.freshness import KEPT_DAYS
from ledger.stores.overview import FlowJobs, StoresOverview, Trouble
from schemas.errors import ConnectorError, NeedsPerson, RetryLater, Wait
from schemas.flows import STOCK_STOPS, SWITCHES
from schemas.reasons import Reason
from sync.connecting.flow_states import (
    Condition,
    FlowState,
    flow_states,
    require_permission,
    resume_flows,
    switch_on,
)
from sync.connecting.vendor_pages import cockpit_page
from tasks.checks.limits import Buckets, VendorLimit
from tasks.on_request.poll_now import poll_now

# The page that decides about a stopped flow → what its link says.
_REMEDIES: Mapping[str, str] = {
    "connection.stock": lazy_gettext("Look at the stock and confirm it"),
    "totals.show": lazy_gettext("Choose what happens when the totals differ"),
}

blueprint = Blueprint("store", __name__, url_prefix="/stores/<store>")


@dataclass(frozen=True, slots=True)
class FlowLine:
    """A flow on the page: its state, its jobs, and why it does not run (empty if it runs)."""

    state: FlowState
    jobs: FlowJobs
    why: str

    @property
    def resumable(self) -> bool:
        """Whether it is stopped, and starts again when somebody says so; stock must be confirmed instead."""
        return self.state.condition is Condition.STOPPED and self.state.reason not in STOCK_STOPS

    @property
    def remedy(self) -> str | None:
        """The page on which a person decides about what has stopped it."""
        if self.state.reason in STOCK_STOPS:
            return "connection.stock"
        return "totals.show" if self.state.reason == Reason.TOTALS_DIFFER else None


@blueprint.get("/")
@least(Role.VIEWER, merchants=True)
def show(store: str) -> str:
    """Show a store."""
    ledger = runtime().ledger
    facts = _facts(store)
    overview = ledger.stores.overview(store)
    reader = StoresOverview(ledger.database, runtime().settings.poll_interval)
    (line,) = reader.page(only=[store]).stores
    jobs = reader.flow_jobs(store)
    states = flow_states(facts, overview["flows"])
    return render_template(
        "store.html",
        store=store,
        facts=facts,
        cockpit=cockpit_page(facts.base_url),
        line=line,
        flows=[FlowLine(state, jobs.get(state.name, FlowJobs()), _why(state)) for state in _in_order(states)],
        waiting=sum(each.waiting for each in jobs.values()),
        orders=overview["orders"],
        cursors={cursor["kind"]: cursor for cursor in overview["cursors"]},
        history=_history(overview["cursors"]),
        parked=reader.parked(store),
        failures=reader.failures(store),
        health=[Trouble(each["vendor"], each["reason"], each["message"], each["since"]) for each in overview["health"]],
        unheard=ledger.scans.unheard(store),
        share=ledger.freshness.shares(runtime().settings.freshness_promise, [store])[store],
        kept_days=KEPT_DAYS,
        day=day_of(ledger.freshness.last_day(store, runtime().settings.freshness_promise)),
        limits=_limits(facts),
        locations=ledger.stores.locations(store),
        sold=ledger.stock.locations(store),
        promise=runtime().settings.poll_interval,
        remedies=_REMEDIES,
        wording=wording,
        words=order_words,
    )


@blueprint.post("/pause")
@least(Role.OPERATOR, merchants=True)
def pause(store: str) -> Response:
    """Stop polling the store and running its jobs."""
    _facts(store)
    runtime().ledger.stores.pause(store)
    flash(gettext("%(store)s is paused. Nothing is lost: the work goes on when you resume it.", store=store), "good")
    return _back(store)


@blueprint.post("/resume")
@least(Role.OPERATOR, merchants=True)
def resume(store: str) -> Response:
    """Resume a paused store and all its stopped flows, or with `flow` one stopped flow."""
    _facts(store)
    ledger, flow = runtime().ledger, request.form.get("flow")
    if flow is not None and flow not in SWITCHES:
        abort(400)
    if flow is None:
        ledger.stores.resume(store)
    note(flow or "")
    resumed = resume_flows(ledger, store, flow, by=current_user().name)
    flash(gettext("%(store)s runs again.", store=store), "good")
    if jobs := sum(resumed.retried.values()):
        flash(ngettext("%(num)s parked job runs again.", "%(num)s parked jobs run again.", jobs), "good")
    if resumed.stock_to_confirm:
        flash(gettext("No stock is published until a person has confirmed what it becomes."), "warn")
    return _back(store)


@blueprint.post("/poll")
@least(Role.OPERATOR, merchants=True)
def poll(store: str) -> Response:
    """Read the store's orders now."""
    _facts(store)
    try:
        sent = poll_now(runtime().ledger, runtime().producer, store)
    except NeedsPerson as error:
        return _refused(store, error)
    said = (
        gettext("The orders are being read.") if sent else gettext("The orders are read as soon as the broker answers.")
    )
    flash(said, "good" if sent else "warn")
    return _back(store)


@blueprint.post("/flows/<flow>")
@least(Role.OPERATOR, merchants=True)
def switch(store: str, flow: str) -> Response:
    """Switch a flow on or off."""
    _facts(store)
    state = request.form.get("state")
    if flow not in SWITCHES or state not in ("on", "off"):
        abort(400)
    note(state)
    ledger, name = runtime().ledger, wording.FLOWS[flow]
    if state == "off":
        ledger.stores.switch_flow(store, flow, enabled=False)
        flash(gettext("%(flow)s is off. What is missed is carried over once it is on again.", flow=name), "good")
        return _back(store)
    try:
        require_permission(ledger, runtime().settings, store, flow)
    except (NeedsPerson, RetryLater) as error:
        return _refused(store, error)
    switch_on(ledger, store, flow, by=current_user().name)
    flash(gettext("%(flow)s is on.", flow=name), "good")
    if flow == "broken.export":
        flash(gettext("From now on the shop starts a refund by itself for each return that Afosto rejects."), "warn")
    return _back(store)


def _facts(store: str) -> StoreFacts:
    """Return the store, or answer that there is none."""
    try:
        return runtime().ledger.stores.facts(store)
    except NeedsPerson:
        abort(404)


def _limits(facts: StoreFacts) -> Sequence[VendorLimit] | None:
    """Return the call budgets of a store; None while Redis does not answer."""
    try:
        return runtime().limits.of([Buckets(facts.name, facts.afosto_bucket)])[facts.name]
    except Wait:
        return None


def _refused(store: str, error: ConnectorError) -> Response:
    """Say why nothing was changed."""
    note_refused()
    flash(wording.refusal(error), "bad")
    return _back(store)


def _back(store: str) -> Response:
    return redirect(url_for("store.show", store=store), 303)


def _in_order(states: list[FlowState]) -> list[FlowState]:
    order = list(SWITCHES)
    return sorted(states, key=lambda state: order.index(state.name) if state.name in order else len(order))


def _why(state: FlowState) -> str:
    match state.condition:
        case Condition.RUNS:
            return ""
        case Condition.NOT_PERMITTED:
            boxes = ", ".join(f"{quoted(cockpit_name(scope))} ({scope})" for scope in state.lacking)
            return gettext("The app lacks a permission. Tick in the cockpit: %(boxes)s", boxes=boxes)
        case Condition.OFF:
            return gettext("It was switched off, or never chosen.")
        case Condition.STOPPED:
            return wording.reason(state.reason, state.message)
        case Condition.PAUSED:
            return gettext("The store is paused.")


def _history(cursors: list[Row]) -> int | None:
    """Return what percentage of the past orders is read; None when all of them are."""
    found = next((cursor for cursor in cursors if cursor["kind"] == "history"), None)
    if found is None or found["next_poll_at"] is None or found["upper_end"] is None:
        return None
    whole = (found["upper_end"] - found["origin"]).total_seconds()
    return max(0, min(99, int(100 * (found["position"] - found["origin"]).total_seconds() / max(whole, 1.0))))
