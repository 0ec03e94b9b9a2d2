"""Reads orders with undeducted units in Afosto again: no event reports when Afosto deducts them."""

from collections.abc import Collection, Iterator, Sequence

from clients.afosto.client import AfostoClient
from ledger.ledger import Ledger
from ledger.stock.publish_requests import Publishing
from schemas.errors import NeedsPerson
from schemas.mapping.stock import undeducted_by_line
from schemas.wording.phrases import Phrase, phrase

# Most orders read at once; an order that is not read counts too much, never too little.
MOST_ORDERS = 20


def refresh(
    ledger: Ledger, afosto: AfostoClient, stores: Sequence[str], skus: Collection[str], by: Publishing | None = None
) -> Iterator[Phrase]:
    """Store what Afosto has deducted by now, for orders of these stores and SKUs; yields why an order is left out."""
    for row in ledger.sold_units.unbooked_orders(stores, sorted(skus), MOST_ORDERS):
        try:
            order = afosto.order(row["afosto_id"])
        except NeedsPerson as error:
            if error.store_wide:
                raise
            yield phrase(
                "order %(order)s of %(store)s is left out: %(error)s",
                order=row["order_id"],
                store=row["store"],
                error=error,
            )
            continue
        if order is not None:
            ledger.sold_units.note_afosto(row["store"], row["order_id"], undeducted_by_line(order), by)
