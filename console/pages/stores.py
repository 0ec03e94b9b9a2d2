"""All stores, the worst first."""

from collections.abc import Mapping, Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from console import wording
from console.access.current import current_user
from console.access.roles import least
from console.paging import PER_PAGE, Paging, page_number
from console.runtime import runtime
from ledger.people.users import Role
from ledger.stores.condition import StoreState
from ledger.stores.freshness import KEPT_DAYS
from ledger.stores.overview import MOST_COUNTED, StoreLine, StoresOverview
from schemas.errors import Wait
from tasks.checks.limits import Buckets, VendorLimit

blueprint = Blueprint("stores", __name__)


@blueprint.get("/")
@least(Role.VIEWER, merchants=True)
def home() -> Response:
    """Begin with the stores."""
    return redirect(url_for("stores.show"), 303)


@blueprint.get("/stores")
@least(Role.VIEWER, merchants=True)
def show() -> str:
    """Show the stores that the user may see: of one state, with a text in their name."""
    chosen, text, number = _state(), request.args.get("q", "").strip(), page_number()
    promise = runtime().settings.poll_interval
    found = StoresOverview(runtime().ledger.database, promise).page(
        only=current_user().only, text=text, state=chosen, limit=PER_PAGE, offset=(number - 1) * PER_PAGE
    )
    everything = sum(found.counts.values())
    total = found.counts.get(chosen, 0) if chosen else everything
    names = [store.name for store in found.stores]
    return render_template(
        "stores.html",
        shares=runtime().ledger.freshness.shares(runtime().settings.freshness_promise, names) if names else {},
        overall=runtime().ledger.freshness.overall(runtime().settings.freshness_promise, current_user().only),
        kept_days=KEPT_DAYS,
        limits=_limits(found.stores),
        found=found,
        paging=Paging(number, total),
        states=[state for state in StoreState if state in found.counts or state == chosen],
        everything=everything,
        chosen=chosen,
        text=text,
        promise=promise,
        most=MOST_COUNTED,
        wording=wording,
    )


def _limits(stores: Sequence[StoreLine]) -> Mapping[str, Sequence[VendorLimit]] | None:
    """Return the call budgets of each store; None while Redis does not answer."""
    try:
        return runtime().limits.of([Buckets(store.name, store.afosto_bucket) for store in stores])
    except Wait:
        return None


def _state() -> StoreState | None:
    given = request.args.get("state", "")
    return StoreState(given) if given in list(StoreState) else None
