"""The possible results of publishing a SKU, with what to do about each. `docs/operating.md` lists them."""

from collections.abc import Collection

from jobs.store_health import words_of
from ledger.stock.records import StockOutcome
from schemas.epages import Availability
from schemas.errors import NeedsPerson
from schemas.wording.lists import counted
from schemas.wording.phrases import phrase
from schemas.wording.store_advice import OWN_FAULT, UNFORESEEN

UNKNOWN_SKU = StockOutcome(
    "unknown-sku",
    phrase("the shop has no product with this SKU"),
    phrase("Nothing, if the shop does not sell it; otherwise give the product this SKU there, then publish it again."),
)
LOOKED_FOR = StockOutcome(
    "looked-for",
    phrase("the shop has it neither at its known place nor in its search: the whole catalog is searched"),
)
NOT_KEPT = StockOutcome(
    "not-kept",
    phrase("stock management is off for this product in the shop"),
    phrase("Nothing, if it is always for sale; otherwise switch stock management on there, then publish it again."),
)
VARIATION_PRODUCT = StockOutcome(
    "variation-product",
    phrase("this SKU is a product with variations: its variations hold the stock"),
    phrase("Give the variations SKUs of their own on both sides."),
)

UNSETTLED = StockOutcome(
    "unsettled",
    phrase(
        "the answer to a change of this product's stock was lost when it had another SKU; nothing is changed while "
        "that may still take effect"
    ),
    phrase("Nothing: it is published after that."),
)

NOT_IN_AFOSTO = StockOutcome(
    "not-in-afosto",
    phrase("Afosto has no stock level of this SKU at the mapped locations, so the shop's stock stays as it is"),
    phrase(
        "Nothing, if Afosto should not manage its stock; otherwise give the item this SKU and a level at a mapped "
        "location there. The stock then follows."
    ),
)
UNCLEAR = StockOutcome(
    "unclear-in-afosto",
    phrase("Afosto has contradictory levels of this SKU, so the shop's stock stays as it is"),
    phrase(
        "Two items in Afosto, or two shops that sell from there, spell this SKU differently in upper and lower "
        "case, or one location has two levels of it. Make it one, then publish it again."
    ),
)

_BY_REASON = {
    "product.availability.invalid-availability-state": NOT_KEPT,
    "operation-not-available": VARIATION_PRODUCT,
}


def refused(error: NeedsPerson) -> StockOutcome:
    """Return the outcome of a stock change that the shop refused; it does not stop other SKUs."""
    return _BY_REASON.get(error.reason) or StockOutcome(error.reason, str(error), error.resolution)


def failed(error: Exception) -> StockOutcome:
    """Return the outcome of a bug of ours with one SKU; it does not stop other SKUs."""
    return StockOutcome(
        UNFORESEEN, f"the connector fails at it: {words_of(error)}", f"Nothing in the shop: {OWN_FAULT}."
    )


def in_step(shop: Availability, target: int, available: int, promised: int) -> StockOutcome:
    """Return the outcome of a SKU whose stock was changed, or was already right."""
    figures = f"{available} available in Afosto, {promised} of them sold and not booked there: {target} for the shop"
    if not shop.purchasable and target > 0:
        advice = phrase("Make it purchasable in the shop, if it should be sold.")
        outcome = StockOutcome("not-purchasable", f"{figures}, where it cannot be bought", advice)
    elif promised > available:
        short = counted(promised - available, "piece")
        advice = phrase("Restock it, or cancel orders: new stock goes first to the orders already placed.")
        outcome = StockOutcome("oversold", f"{figures}; {short} more are sold than there are", advice)
    else:
        outcome = StockOutcome("published", figures)
    return StockOutcome(outcome.outcome, outcome.message, outcome.resolution, shop.available_stock, available, promised)


def not_raised(shop: Availability, target: int, behind: Collection[str]) -> StockOutcome:
    """Return the outcome of a SKU that is not raised, because the newest orders of some shops are not known."""
    who = ", ".join(sorted(behind))
    return StockOutcome(
        "not-raised",
        f"{shop.available_stock} in the shop, and {target} by what is known; the newest orders of {who} cannot be read "
        "now, so it is only lowered",
        "Nothing: it is raised once that shop answers. See why it does not: connector status",
        shop.available_stock,
    )


def no_location(store: str) -> str:
    """Return why a store publishes no stock, and how to choose an Afosto location for it."""
    return (
        f"it is not chosen which Afosto location's stock {store} sells; "
        f"to choose it: connector locations sell-from {store} AFOSTO_ID"
    )
