"""Scans a shop's catalog in turns: finds where it keeps the stock of each SKU, and which SKUs to publish."""

import time

import structlog

from clients.epages import PRODUCT_PAGE, EpagesClient
from jobs.call_budget import epages_bucket
from jobs.runtime import Runtime
from jobs.vendor_clients import epages_client, reading_epages
from ledger.records import Store
from schemas.epages import Product
from schemas.errors import MalformedDocument

log = structlog.get_logger()

# The lane of its calls, which are not urgent.
LANE = 2
# Calls reserved for a turn, so that each turn makes progress; it also uses calls that the budget has beyond these.
CALLS = 4
# Seconds that a turn takes at most.
TURN_SECONDS = 20.0


def reserve_calls(runtime: Runtime, store: str) -> float:
    """Reserve the calls of a turn; returns the seconds until they may be made, 0 for now."""
    return runtime.epages_limiter.reserve(epages_bucket(store), CALLS, LANE)


def scan_catalog(runtime: Runtime, store: Store, passed: int, *, search: bool = False) -> tuple[set[str], bool]:
    """Continue the scan after the first `passed` products; returns the SKUs found, and whether the scan is complete.

    Uses the reserved calls. The progress is stored, also if the call budget ends half way, which raises Wait. A
    `search` requests publishing only for SKUs that are not at their known place.
    """
    keep = runtime.ledger.stock.found_again if search else runtime.ledger.stock.found
    ends, found, ended = time.monotonic() + TURN_SECONDS, set[str](), False
    gate = reading_epages(runtime, store.name, LANE, CALLS, keeps=False)
    shop = epages_client(runtime, store, gate)
    while not ended and time.monotonic() < ends:
        page = passed // PRODUCT_PAGE
        products, pages = shop.products(page)
        places: dict[str, tuple[str, str | None]] = {}
        try:
            for product in products[passed % PRODUCT_PAGE :]:
                places |= _places(store.name, shop, product)
                passed += 1
        finally:
            keep(store.name, places, passed)
        found |= places.keys()
        ended = page + 1 >= pages
    if gate.budget.left > 0:
        gate.limiter.give_back(gate.limiter.unsent(gate.bucket, gate.budget.left))
    return found, ended


def _places(store: str, shop: EpagesClient, product: Product | MalformedDocument) -> dict[str, tuple[str, str | None]]:
    """SKU → (product id, variation id) of what a product sells; what does not load is left out and logged."""
    if isinstance(product, MalformedDocument):
        return _left_out(store, product)
    if not product.is_variation_product:
        return {product.sku: (product.id, None)} if product.sku else {}
    places: dict[str, tuple[str, str | None]] = {}
    for each in shop.variations(product.id):
        if isinstance(each, MalformedDocument):
            places |= _left_out(store, each)
        elif each.sku:
            places[each.sku] = product.id, each.id
    return places


def _left_out(store: str, error: MalformedDocument) -> dict[str, tuple[str, str | None]]:
    log.warning("a product has no stock published", store=store, why=str(error), resolution=error.resolution)
    return {}
