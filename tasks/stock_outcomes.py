"""What can come of publishing a SKU, in words that say what to do. `docs/operating.md` lists them."""

from ledger.stock import StockOutcome
from schemas.epages import Availability
from schemas.errors import NeedsPerson

UNKNOWN_SKU = StockOutcome(
    "unknown-sku",
    "the shop has no product with this SKU",
    "Nothing, if the shop does not sell it; else give the product this SKU there, then publish it again.",
)
NOT_KEPT = StockOutcome(
    "not-kept",
    "stock management is off for this product in the shop",
    "Nothing, if it is always for sale; else switch stock management on there, then publish it again.",
)
VARIATION_PRODUCT = StockOutcome(
    "variation-product",
    "this SKU is a product with variations: they hold the stock, not it",
    "Give the variations SKUs of their own on both sides.",
)

_BY_REASON = {
    "product.availability.invalid-availability-state": NOT_KEPT,
    "operation-not-available": VARIATION_PRODUCT,
}


def refused(error: NeedsPerson) -> StockOutcome:
    """Return what a refused move comes to: nothing that stops other SKUs."""
    return _BY_REASON.get(error.reason) or StockOutcome(error.reason, str(error), error.resolution)


def in_step(shop: Availability, target: int, available: int, promised: int) -> StockOutcome:
    """Return the outcome of a SKU whose stock was moved, or was right."""
    figures = f"{available} available in Afosto, {promised} of them sold and not booked there: {target} for the shop"
    if not shop.purchasable and target > 0:
        advice = "Make it purchasable in the shop, if it shall be sold."
        told = StockOutcome("not-purchasable", f"{figures}, where it cannot be bought", advice)
    else:
        told = StockOutcome("published", figures)
    return StockOutcome(told.outcome, told.message, told.resolution, shop.available_stock, available, promised)


def no_location(store: str) -> str:
    """Say why a store publishes no stock, and how an Afosto location is chosen for it."""
    return (
        f"it is not chosen which Afosto location's stock {store} sells; "
        f"to choose it: connector locations sell-from {store} AFOSTO_ID"
    )
