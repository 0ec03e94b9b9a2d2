"""Reads what Afosto has available of a store's SKUs, if it is certain which SKU a level belongs to."""

from collections.abc import Sequence

from clients.afosto.client import AfostoClient
from ledger.stock.stock import Stock
from schemas.mapping.inventory_levels import Levels


def read_levels(
    stock: Stock, afosto: AfostoClient, store: str, skus: Sequence[str], locations: Sequence[str]
) -> Levels:
    """Ask Afosto for the levels of a store's SKUs at its locations.

    A SKU that the store spells in another case than Afosto is unclear if another store that shares these locations
    spells it differently: then the sales of both stores could not be matched to one SKU.
    """
    found = afosto.available(skus, locations)
    return found.without(stock.spelled_elsewhere(store, found.respelled)) if found.respelled else found
