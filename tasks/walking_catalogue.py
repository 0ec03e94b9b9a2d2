"""A walk over all that a shop sells, in turns: where it keeps the stock of each SKU, and what is to be published."""

import time

from clients.epages import PRODUCT_PAGE, EpagesClient
from ledger.records import Store
from schemas.epages import Product
from tasks.runtime import Runtime
from tasks.vendors import epages_bucket, epages_client, reading_epages

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
                places |= _places(shop, product)
                walked += 1
        finally:
            keep(store.name, places, walked)
        found |= places.keys()
        ended = page + 1 >= pages
    if gate.left > 0:
        gate.limiter.give_back(gate.limiter.unsent(gate.bucket, gate.left))
    return found, ended


def _places(shop: EpagesClient, product: Product) -> dict[str, tuple[str, str | None]]:
    """SKU → (product id, variation id) of what a product sells."""
    if product.is_variation_product:
        return {each.sku: (product.id, each.id) for each in shop.variations(product.id) if each.sku}
    return {product.sku: (product.id, None)} if product.sku else {}
