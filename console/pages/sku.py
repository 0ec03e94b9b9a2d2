"""A SKU's stock story: what is published, why, and which orders hold units of it."""

from flask import Blueprint, abort, render_template

from console import order_words, wording
from console.access.roles import least
from console.runtime import runtime
from ledger.jobs.jobs import JobFilter
from ledger.people.users import Role

blueprint = Blueprint("sku", __name__)

MOST_ORDERS = 50


@blueprint.get("/stores/<store>/stock/<path:sku>")
@least(Role.VIEWER, merchants=True)
def show(store: str, sku: str) -> str:
    """Show what is known of the stock of a SKU."""
    ledger = runtime().ledger
    found = ledger.stock.list(store, sku)
    if not found:
        abort(404)
    orders = ledger.sold_units.of_sku(store, sku, MOST_ORDERS + 1)
    return render_template(
        "sku.html",
        store=store,
        stock=found[0],
        orders=orders[:MOST_ORDERS],
        more=len(orders) > MOST_ORDERS,
        jobs=ledger.jobs.select(JobFilter(stores=[store], flow="inventory.publish"), limit=1),
        locations=ledger.stock.locations(store),
        cursor=ledger.stock.cursor(store),
        wording=wording,
        words=order_words,
    )
