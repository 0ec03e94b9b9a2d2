"""What can come of publishing a SKU, in words that say what to do. `docs/operating.md` lists them."""

from collections.abc import Collection

from ledger.stock import StockOutcome
from schemas.advice import OWN_FAULT, UNFORESEEN
from schemas.epages import Availability
from schemas.errors import NeedsPerson
from schemas.words import counted
from tasks.health import words_of

UNKNOWN_SKU = StockOutcome(
    "unknown-sku",
    "the shop has no product with this SKU",
    "Nothing, if the shop does not sell it; else give the product this SKU there, then publish it again.",
)
LOOKED_FOR = StockOutcome(
    "looked-for",
    "the shop has it neither where it was nor by its search: it is looked for in the whole catalogue",
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

NOT_IN_AFOSTO = StockOutcome(
    "not-in-afosto",
    "Afosto keeps no stock of this SKU at the mapped locations, so that of the shop stays as it is",
    "Nothing, if Afosto shall not keep its stock; else give the item this SKU and a level at a mapped location there. "
    "The stock then follows.",
)
UNCLEAR = StockOutcome(
    "unclear-in-afosto",
    "Afosto says two things of this SKU at once, so the stock of the shop stays as it is",
    "Two items in Afosto, or two shops that sell from there, spell this SKU differently in upper and lower case, or "
    "one location has two levels of it. Make it one, then publish it again.",
)

_BY_REASON = {
    "product.availability.invalid-availability-state": NOT_KEPT,
    "operation-not-available": VARIATION_PRODUCT,
}


def refused(error: NeedsPerson) -> StockOutcome:
    """Return what a refused move comes to: nothing that stops other SKUs."""
    return _BY_REASON.get(error.reason) or StockOutcome(error.reason, str(error), error.resolution)


def failed(error: Exception) -> StockOutcome:
    """Return what our own mistake with one SKU comes to: nothing that stops other SKUs."""
    return StockOutcome(
        UNFORESEEN, f"the connector fails at it: {words_of(error)}", f"Nothing in the shop: {OWN_FAULT}."
    )


def in_step(shop: Availability, target: int, available: int, promised: int) -> StockOutcome:
    """Return the outcome of a SKU whose stock was moved, or was right."""
    figures = f"{available} available in Afosto, {promised} of them sold and not booked there: {target} for the shop"
    if not shop.purchasable and target > 0:
        advice = "Make it purchasable in the shop, if it shall be sold."
        told = StockOutcome("not-purchasable", f"{figures}, where it cannot be bought", advice)
    elif promised > available:
        short = counted(promised - available, "piece")
        advice = "Get what is missing, or cancel orders: what comes in goes to those who have bought it first."
        told = StockOutcome("oversold", f"{figures}; {short} more are sold than there are", advice)
    else:
        told = StockOutcome("published", figures)
    return StockOutcome(told.outcome, told.message, told.resolution, shop.available_stock, available, promised)


def not_raised(shop: Availability, target: int, behind: Collection[str]) -> StockOutcome:
    """Return the outcome of a SKU that could have more, by what is known of orders of shops that cannot be asked."""
    who = ", ".join(sorted(behind))
    return StockOutcome(
        "not-raised",
        f"{shop.available_stock} in the shop, and {target} by what is known; the newest orders of {who} cannot be read "
        "now, so it is only lowered",
        "Nothing: it is raised once that shop answers. See why it does not: connector status",
        shop.available_stock,
    )


def no_location(store: str) -> str:
    """Say why a store publishes no stock, and how an Afosto location is chosen for it."""
    return (
        f"it is not chosen which Afosto location's stock {store} sells; "
        f"to choose it: connector locations sell-from {store} AFOSTO_ID"
    )
