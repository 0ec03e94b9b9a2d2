"""The stock of a store: what is published of each SKU, and what came of it."""

from flask import Blueprint, abort, render_template, request

from console import order_words
from console.access.roles import least
from console.paging import PER_PAGE, Paging, page_number
from console.runtime import runtime
from ledger.people.users import Role

blueprint = Blueprint("stock", __name__, url_prefix="/stores/<store>")


@blueprint.get("/stock")
@least(Role.VIEWER, merchants=True)
def show(store: str) -> str:
    """Show the SKUs of a store, all or those with a text in them."""
    ledger, text, number = runtime().ledger, request.args.get("q", "").strip(), page_number()
    if not ledger.stores.exists(store):
        abort(404)
    skus, total = ledger.stock.page(store, text, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
    return render_template(
        "stock.html", store=store, skus=skus, paging=Paging(number, total), text=text, words=order_words
    )
