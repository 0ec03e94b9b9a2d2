"""Finds where a shop keeps the stock of a SKU. Only the product's current SKU counts, read together with its stock.

A known place comes from a scan of the catalog or from an order. Since then the product may have got another SKU, may
have swapped SKUs with another product, or may be deleted.
"""

from clients.epages import EpagesClient
from clients.status_errors import NotFound
from jobs.run import Run
from ledger.stock.records import StockOutcome, WantedSku
from schemas.epages import Availability, Product, Variation
from schemas.wording.phrases import phrase
from sync.stock.outcomes import LOOKED_FOR, VARIATION_PRODUCT

# Product id, and variation id if it is a variation.
Place = tuple[str, str | None]
Found = tuple[Place, Availability]


class Search:
    """Looks for SKUs in a shop one after another, and remembers which SKU each place had when it was read last."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seen: dict[Place, str] = {}

    def find(self, wanted: WantedSku) -> Found | StockOutcome:
        """Return where the SKU's stock is kept, and the stock; an outcome if there is none to change.

        Looks at the known place, then among the variations of that product, then with the shop's search. A SKU found
        nowhere is searched for in the whole catalog, later and in turns.
        """
        return self._where_it_was(wanted) or self._among_variations(wanted) or self._by_search(wanted.sku) or LOOKED_FOR

    def still_at(self, sku: str, place: Place) -> bool:
        """Whether no look since has seen another SKU at the place, or this one elsewhere: then it got another place."""
        return self._seen.get(place) == sku and sum(seen == sku for seen in self._seen.values()) == 1

    def _where_it_was(self, wanted: WantedSku) -> Found | None:
        return self._at(wanted.sku, (wanted.product_id, wanted.variation_id)) if wanted.product_id else None

    def _at(self, sku: str, place: Place) -> Found | None:
        item = _read(self._run.epages, place)
        if item and item.sku:
            self._seen[place] = item.sku
        if item and item.sku == sku:
            return place, item.availability
        if item and item.sku:
            self._run.note(
                phrase("%(sku)s is no longer where it was in the shop: %(other)s is there", sku=sku, other=item.sku)
            )
            self._run.runtime.ledger.stock.moved(self._run.store.name, {item.sku: place})
        else:
            self._run.note(phrase("%(sku)s is no longer where it was in the shop", sku=sku))
        return None

    def _among_variations(self, wanted: WantedSku) -> Found | None:
        if not (wanted.product_id and wanted.variation_id):
            return None
        try:
            return self._variation_of(wanted.product_id, wanted.sku)
        except NotFound:
            return None

    def _variation_of(self, product_id: str, sku: str) -> Found | None:
        """The variation of a product with this SKU, read again alone: a long list may be outdated at its last page."""
        for each in self._run.epages.variations(product_id):
            if isinstance(each, Variation) and each.sku == sku:
                return self._at(sku, (product_id, each.id))
        return None

    def _by_search(self, sku: str) -> Found | StockOutcome | None:
        product = self._run.epages.find_product(sku)
        if product is None:
            return None
        if product.is_variation_product:
            return self._variation_of(product.id, sku) or VARIATION_PRODUCT
        if product.sku != sku:
            return None
        place = (product.id, None)
        self._seen[place] = sku
        return place, product.availability


def is_at(shop: EpagesClient, sku: str, place: Place) -> Availability | None:
    """Return the stock of the item at a place if it has this SKU now, else None."""
    item = _read(shop, place)
    return item.availability if item and item.sku == sku else None


def _read(shop: EpagesClient, place: Place) -> Product | Variation | None:
    product_id, variation_id = place
    try:
        return shop.variation(product_id, variation_id) if variation_id else shop.product(product_id)
    except NotFound:
        return None
