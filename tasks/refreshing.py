"""Orders of which Afosto had not deducted everything are read afresh: nothing tells when it does."""

from collections.abc import Collection, Iterator, Sequence

from clients.afosto.client import AfostoClient
from ledger.ledger import Ledger
from ledger.wishes import Publishing
from schemas.errors import NeedsPerson
from schemas.mapping.stock import undeducted_by_line

# Orders read at most; one that is not read counts for more than it may, never for less.
MOST = 20


def refresh(
    ledger: Ledger, afosto: AfostoClient, stores: Sequence[str], skus: Collection[str], by: Publishing | None = None
) -> Iterator[str]:
    """Keep what Afosto has deducted by now of orders of these stores and SKUs; gives why any of them is left out."""
    for row in ledger.sold_units.unbooked_orders(stores, sorted(skus), MOST):
        try:
            order = afosto.order(row["afosto_id"])
        except NeedsPerson as error:
            if error.store_wide:
                raise
            yield f"order {row['order_id']} of {row['store']} is left out: {error}"
            continue
        if order is not None:
            ledger.sold_units.note_afosto(row["store"], row["order_id"], undeducted_by_line(order), by)
