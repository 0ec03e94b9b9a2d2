"""Totals that differ: the choice that a store has, and what it would do with three of its orders."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from console import connecting_words
from console.access.current import current_user, note, note_refused
from console.access.roles import least
from console.pages.both_sides import words
from console.runtime import runtime
from ledger.people.users import Role
from ledger.records import StoreFacts
from reconcile.differing_totals import POLICIES, TotalsExample, examples_of_totals
from schemas.errors import ConfigurationError, NeedsPerson
from schemas.reasons import Reason
from sync.connecting.change_store import change_totals
from sync.connecting.flow_states import resume_flows

blueprint = Blueprint("totals", __name__, url_prefix="/stores/<store>/totals")

FLOW = "orders.import"
Answer = str | tuple[str, int] | Response


@blueprint.get("/")
@least(Role.VIEWER, merchants=True)
def show(store: str) -> str:
    """Show the choice beside examples."""
    return _page(store)


@blueprint.post("/")
@least(Role.OPERATOR, merchants=True)
def choose(store: str) -> Answer:
    """Choose what happens with totals that differ; a flow that was stopped for them runs again."""
    facts, ledger, by = _facts(store), runtime().ledger, current_user().name
    chosen, before = request.form.get("totals", ""), request.form.get("before")
    if chosen not in POLICIES:
        abort(400)
    note(chosen)
    if before != facts.totals:
        note_refused()
        return _page(store, str(connecting_words.CHANGED_MEANWHILE), chosen), 409
    again = change_totals(ledger, store, chosen, by=by) if chosen != facts.totals else 0
    if _is_stopped(store):
        resumed = resume_flows(ledger, store, FLOW, by=by)
        again += sum(resumed.retried.values())
        flash(gettext("The import of orders runs again."), "good")
    if again:
        flash(ngettext("%(num)s order is looked at again.", "%(num)s orders are looked at again.", again), "good")
    flash(gettext("The choice is kept."), "good")
    return redirect(url_for("totals.show", store=store), 303)


def _page(store: str, error: str = "", chosen: str = "") -> str:
    facts = _facts(store)
    examples: list[TotalsExample] = []
    try:
        examples = examples_of_totals(runtime().vendors, store)
    except (NeedsPerson, ConfigurationError) as failure:
        error = error or connecting_words.refusal(failure, None)
    return render_template(
        "totals.html",
        store=store,
        facts=facts,
        chosen=chosen or facts.totals,
        error=error,
        examples=examples,
        stopped=_is_stopped(store),
        connecting=connecting_words,
        policies=POLICIES,
        words=words,
    )


def _is_stopped(store: str) -> bool:
    flows = {row["name"]: row["stopped_reason"] for row in runtime().ledger.stores.flows(store)}
    return flows.get(FLOW) == Reason.TOTALS_DIFFER


def _facts(store: str) -> StoreFacts:
    try:
        return runtime().ledger.stores.facts(store)
    except NeedsPerson:
        abort(404)
