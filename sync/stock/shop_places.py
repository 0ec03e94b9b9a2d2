"""Finds where a shop keeps the stock of a SKU. Only the product's current SKU counts, read together with its stock.

A known place comes from a scan of the catalog or from an order. Since then the product may have got another SKU, may
have swapped SKUs with another product, or may be deleted.
"""

from collections import Counter
from collections.abc import Mapping

from clients.epages import EpagesClient
from clients.status_errors import NotFound
from jobs.run import Run
from ledger.stock.records import StockOutcome, WantedSku
from schemas.epages import Availability, Product, Variation
from sync.stock.outcomes import LOOKED_FOR, VARIATION_PRODUCT

# Product id, and variation id if it is a variation.
Place = tuple[str, str | None]
Found = tuple[Place, Availability]


def find_place(run: Run, wanted: WantedSku) -> Found | StockOutcome:
    """Return where the SKU's stock is kept, and the stock; an outcome if there is none to change.

    Looks at the known place, then among the variations of that product, then with the shop's search. A SKU found
    nowhere is searched for in the whole catalog, later and in turns.
    """
    return _where_it_was(run, wanted) or _among_variations(run, wanted) or _by_search(run, wanted.sku) or LOOKED_FOR


def at_one_place(found: Mapping[str, Found | StockOutcome]) -> set[str]:
    """Return the SKUs that were found at the same place as another: they were swapped while they were looked for."""
    places = {sku: where[0] for sku, where in found.items() if not isinstance(where, StockOutcome)}
    counts = Counter(places.values())
    return {sku for sku, place in places.items() if counts[place] > 1}


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


def _where_it_was(run: Run, wanted: WantedSku) -> Found | None:
    return _at(run, wanted.sku, (wanted.product_id, wanted.variation_id)) if wanted.product_id else None


def _at(run: Run, sku: str, place: Place) -> Found | None:
    item = _read(run.epages, place)
    if item and item.sku == sku:
        return place, item.availability
    if item and item.sku:
        run.note(f"{sku} is no longer where it was in the shop: {item.sku} is there")
        run.runtime.ledger.stock.moved(run.store.name, {item.sku: place})
    else:
        run.note(f"{sku} is no longer where it was in the shop")
    return None


def _among_variations(run: Run, wanted: WantedSku) -> Found | None:
    if not (wanted.product_id and wanted.variation_id):
        return None
    try:
        return _variation_of(run, wanted.product_id, wanted.sku)
    except NotFound:
        return None


def _variation_of(run: Run, product_id: str, sku: str) -> Found | None:
    """The variation of a product with this SKU, read again alone: a long list may be outdated at its last page."""
    for each in run.epages.variations(product_id):
        if isinstance(each, Variation) and each.sku == sku:
            return _at(run, sku, (product_id, each.id))
    return None


def _by_search(run: Run, sku: str) -> Found | StockOutcome | None:
    product = run.epages.find_product(sku)
    if product is None:
        return None
    if product.is_variation_product:
        return _variation_of(run, product.id, sku) or VARIATION_PRODUCT
    return ((product.id, None), product.availability) if product.sku == sku else None
