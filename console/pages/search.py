"""One search box: an order's number or id of either side, a tracking code, a SKU, a job."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from console import order_words, wording
from console.access.current import current_user
from console.access.roles import least
from console.runtime import runtime
from ledger.people.users import Role
from ledger.search import MOST_FOUND, Found, FoundJob

blueprint = Blueprint("search", __name__)


@blueprint.get("/search")
@least(Role.VIEWER, merchants=True)
def show() -> str | Response:
    """Go to the only thing that was found, or list what was found."""
    text = request.args.get("find", "").strip()
    found = runtime().ledger.search.find(text, current_user().only)
    if only := _only(found):
        return redirect(only, 303)
    return render_template(
        "search.html",
        text=text,
        found=found,
        most=MOST_FOUND,
        job_address=job_address,
        wording=wording,
        words=order_words,
    )


def job_address(job: FoundJob) -> str:
    """Return the page that shows a job: that of its order, or of its store."""
    if job.flow == "inventory.publish":
        return url_for("store.show", store=job.store)
    return url_for("order.show", store=job.store, order=job.order_key, _anchor=f"job-{job.id}")


def _only(found: Found) -> str | None:
    """Return where to go if only one thing was found."""
    if len(found.orders) + len(found.skus) + len(found.jobs) != 1:
        return None
    for order in found.orders:
        return url_for("order.show", store=order.store, order=order.order_id)
    for sku in found.skus:
        return url_for("sku.show", store=sku.store, sku=sku.sku)
    return job_address(found.jobs[0])
