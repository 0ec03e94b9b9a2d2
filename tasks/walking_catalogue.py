"""A walk over all that a shop sells, in turns: where it keeps the stock of each SKU, and what is to be published."""

import time

import structlog

from clients.epages import PRODUCT_PAGE, EpagesClient
from ledger.records import Store
from schemas.epages import Product
from schemas.errors import MalformedDocument
from tasks.call_budget import epages_bucket
from tasks.runtime import Runtime
from tasks.vendor_clients import epages_client, reading_epages

log = structlog.get_logger()

# The lane of its calls: nobody waits for them.
PATIENT = 2
# Calls reserved for a turn, so that each gets on; what the budget gives beyond is used as well.
CALLS = 4
# Seconds that a turn takes at most.
TURN = 20.0


def reserve(runtime: Runtime, store: str) -> float:
    """Take the calls of a turn; returns the seconds until they may be made, 0 for now."""
    return runtime.epages_limiter.reserve(epages_bucket(store), CALLS, PATIENT)


def walk(runtime: Runtime, store: Store, walked: int, *, search: bool = False) -> tuple[set[str], bool]:
    """Walk on behind the first `walked` products, with the calls reserved; returns the SKUs found, and if that is all.

    How far it came is kept, also when the budget ends half way: then it raises Wait. A `search` makes only those SKUs
    wanted that are not where they were.
    """
    keep = runtime.ledger.stock.found_again if search else runtime.ledger.stock.found
    ends, found, ended = time.monotonic() + TURN, set[str](), False
    gate = reading_epages(runtime, store.name, PATIENT, CALLS, keeps=False)
    shop = epages_client(runtime, store, gate)
    while not ended and time.monotonic() < ends:
        page = walked // PRODUCT_PAGE
        products, pages = shop.products(page)
        places: dict[str, tuple[str, str | None]] = {}
        try:
            for product in products[walked % PRODUCT_PAGE :]:
                places |= _places(store.name, shop, product)
                walked += 1
        finally:
            keep(store.name, places, walked)
        found |= places.keys()
        ended = page + 1 >= pages
    if gate.budget.left > 0:
        gate.limiter.give_back(gate.limiter.unsent(gate.bucket, gate.budget.left))
    return found, ended


def _places(store: str, shop: EpagesClient, product: Product | MalformedDocument) -> dict[str, tuple[str, str | None]]:
    """SKU → (product id, variation id) of what a product sells; what does not load is left out, and told."""
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
