"""Where a shop keeps the stock of a SKU: only the SKU that a product bears now decides, read together with its stock.

A place is what somebody remembers, from a walk over the catalogue or from an order. Since then the product may have got
another SKU, may have changed SKUs with another one, or may be gone.
"""

from clients.epages import EpagesClient
from clients.errors_table import NotFound
from ledger.stock import StockOutcome, WantedSku
from schemas.epages import Availability, Product, Variation
from tasks.run import Run
from tasks.stock_outcomes import LOOKED_FOR, VARIATION_PRODUCT

# Product id, and variation id where it is a variation.
Place = tuple[str, str | None]
Found = tuple[Place, Availability]


def find_place(run: Run, wanted: WantedSku) -> Found | StockOutcome:
    """Return where the SKU's stock is kept, with the figure; an outcome when there is none to move.

    Looks where it was, among the variations that it was one of, and by the shop's search. What is found nowhere is
    looked for in the whole catalogue, later and in turns.
    """
    return _where_it_was(run, wanted) or _among_variations(run, wanted) or _by_search(run, wanted.sku) or LOOKED_FOR


def is_at(shop: EpagesClient, sku: str, place: Place) -> Availability | None:
    """Return the stock of what is at a place if it bears the SKU now, else None."""
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
    """The variation of a product that bears the SKU, read by itself: a long list may be older than its last page."""
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
