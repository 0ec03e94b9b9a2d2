"""Comparing both sides of a store: what the last comparisons and nightly sweeps found, and the repairs."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from console import order_words, wording
from console.access.current import current_user, note, note_refused
from console.access.roles import least
from console.pages.both_sides import words
from console.paging import PER_PAGE, Paging, page_number
from console.runtime import runtime
from ledger.orders.kept_comparisons import KeptComparison
from ledger.people.users import Role
from ledger.stores.overview import StoresOverview
from reconcile.kept_repairs import repair_kept
from schemas.errors import NeedsPerson
from tasks.on_request.compare_now import compare_now

blueprint = Blueprint("comparison", __name__, url_prefix="/stores/<store>/comparison")

# How many comparisons and sweeps are listed.
LISTED = 10
# While a comparison goes on, the page looks again after so many seconds.
REFRESH_SECONDS = 5
_LARGEST_ID = 2**63 - 1


@blueprint.get("/")
@least(Role.VIEWER, merchants=True)
def show(store: str) -> str:
    """Show the last comparisons and sweeps, and what the newest comparison found."""
    _require(store)
    ledger = runtime().ledger
    kept = ledger.comparisons.of_store(store, LISTED)
    shown = _shown(kept)
    state = request.args.get("state")
    state = state if state in words.STATES else None
    paging = Paging(page_number(), _count(shown, state))
    found = (
        ledger.comparisons.differences(shown.id, state=state, limit=PER_PAGE, offset=(paging.number - 1) * PER_PAGE)
        if shown
        else []
    )
    goes_on = bool(kept) and kept[0].ended_at is None
    return render_template(
        "comparison.html",
        store=store,
        kept=kept,
        shown=shown,
        state=state,
        found=found,
        paging=paging,
        goes_on=goes_on,
        refresh=REFRESH_SECONDS if goes_on else 0,
        sweeps=ledger.comparisons.sweeps(store, LISTED),
        parked=StoresOverview(ledger.database, runtime().settings.poll_interval).parked(store),
        words=words,
        order_words=order_words,
        wording=wording,
    )


@blueprint.post("/")
@least(Role.OPERATOR, merchants=True)
def begin(store: str) -> Response:
    """Begin a comparison, unless one goes on."""
    _require(store)
    try:
        begun = compare_now(runtime().ledger, runtime().producer, store, by=current_user().name)
    except NeedsPerson as error:
        note_refused()
        flash(wording.refusal(error), "bad")
        return _back(store)
    if begun:
        flash(gettext("Both sides are being compared. You may leave this page; nothing is changed."), "good")
    else:
        note_refused()
        flash(gettext("Both sides are being compared already. Nothing was begun a second time."), "warn")
    return _back(store)


@blueprint.post(f"/<int(max={_LARGEST_ID}):number>/repair")
@least(Role.OPERATOR, merchants=True)
def repair(store: str, number: int) -> Response:
    """Repair one difference, or with no `difference` all that can be repaired."""
    _require(store)
    given = request.form.get("difference")
    if given is not None and not (given.isascii() and given.isdigit() and len(given) < 19):
        abort(400)
    note(f"comparison {number}" + (f", difference {given}" if given else ""))
    done = repair_kept(runtime().ledger, store, number, int(given) if given else None, by=current_user().name)
    if done.jobs:
        flash(ngettext("%(num)s job runs again.", "%(num)s jobs run again.", done.jobs), "good")
    if done.skus:
        said = ngettext(
            "The stock of %(num)s SKU is published again.", "The stock of %(num)s SKUs is published again.", done.skus
        )
        flash(said, "good")
    if done.left:
        said = ngettext(
            "%(num)s difference was left: a person must decide about its job first, or has decided meanwhile.",
            "%(num)s differences were left: a person must decide about their jobs first, or has decided meanwhile.",
            done.left,
        )
        flash(said, "warn")
    if not (done.jobs or done.skus):
        note_refused()
        if not done.left:
            flash(gettext("There is nothing to repair any more: somebody was faster. Compare again."), "warn")
    return redirect(url_for("comparison.show", store=store, comparison=number, **_kept_filter()), 303)


def _shown(kept: list[KeptComparison]) -> KeptComparison | None:
    """Return the comparison that the address asks for, the newest if it asks for none."""
    wanted = request.args.get("comparison")
    if wanted is None:
        return kept[0] if kept else None
    found = next((each for each in kept if str(each.id) == wanted), None)
    if found is None:
        abort(404)
    return found


def _count(shown: KeptComparison | None, state: str | None) -> int:
    if shown is None:
        return 0
    return shown.states.get(state, 0) if state else shown.differences


def _kept_filter() -> dict[str, Any]:
    return {name: value for name in ("state", "page") if (value := request.args.get(name))}


def _require(store: str) -> None:
    if not runtime().ledger.stores.exists(store):
        abort(404)


def _back(store: str) -> Response:
    return redirect(url_for("comparison.show", store=store), 303)
