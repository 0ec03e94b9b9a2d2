"""What Afosto has available of a store's SKUs, as far as it is certain which SKU it speaks of."""

from collections.abc import Sequence

from clients.afosto.client import AfostoClient
from ledger.stock import Stock
from schemas.mapping.levels import Levels


def read_levels(
    stock: Stock, afosto: AfostoClient, store: str, skus: Sequence[str], locations: Sequence[str]
) -> Levels:
    """Ask Afosto for the levels of a store's SKUs at its locations.

    What a store spells in another case than Afosto is unclear where another store that sells from these locations
    spells it otherwise: nobody could tell that the sales of the two are of one SKU.
    """
    found = afosto.available(skus, locations)
    return found.without(stock.spelled_elsewhere(store, found.respelled)) if found.respelled else found
