"""The possible results of publishing a SKU, with what to do about each. `docs/operating.md` lists them."""

from collections.abc import Collection

from jobs.store_health import words_of
from ledger.stock.records import StockOutcome
from schemas.advice import NO_LOCATION, SEE_WHY_NOT_RAISED
from schemas.epages import Availability
from schemas.errors import NeedsPerson
from schemas.wording.lists import counted
from schemas.wording.phrases import Phrase, joined, phrase
from schemas.wording.store_advice import UNFORESEEN

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
    return _BY_REASON.get(error.reason) or StockOutcome(error.reason, joined([error]), error.resolution)


def failed(error: Exception) -> StockOutcome:
    """Return the outcome of a bug of ours with one SKU; it does not stop other SKUs."""
    return StockOutcome(
        UNFORESEEN,
        phrase("the connector fails at it: %(error)s", error=words_of(error)),
        phrase(
            "Nothing in the shop: this is a fault of the connector: send its developers the traceback, which is in the "
            "worker's log."
        ),
    )


def in_step(shop: Availability, target: int, available: int, promised: int) -> StockOutcome:
    """Return the outcome of a SKU whose stock was changed, or was already right."""
    figures = phrase(
        "%(available)s available in Afosto, %(sold)s of them sold and not booked there: %(wanted)s for the shop",
        available=available,
        sold=promised,
        wanted=target,
    )
    if not shop.purchasable and target > 0:
        advice = phrase("Make it purchasable in the shop, if it should be sold.")
        outcome = StockOutcome("not-purchasable", phrase("%(what)s, where it cannot be bought", what=figures), advice)
    elif promised > available:
        short = counted(promised - available, "piece")
        advice = phrase("Restock it, or cancel orders: new stock goes first to the orders already placed.")
        outcome = StockOutcome(
            "oversold",
            phrase("%(what)s; %(units)s more are sold than there are", what=figures, units=short),
            advice,
        )
    else:
        outcome = StockOutcome("published", figures)
    return StockOutcome(outcome.outcome, outcome.message, outcome.resolution, shop.available_stock, available, promised)


def not_raised(shop: Availability, target: int, behind: Collection[str]) -> StockOutcome:
    """Return the outcome of a SKU that is not raised, because the newest orders of some shops are not known."""
    who = ", ".join(sorted(behind))
    return StockOutcome(
        "not-raised",
        phrase(
            "%(stock)s in the shop, and %(wanted)s by what is known; the newest orders of %(stores)s "
            "cannot be read now, so it is only lowered",
            stock=shop.available_stock,
            wanted=target,
            stores=who,
        ),
        SEE_WHY_NOT_RAISED(),
        shop.available_stock,
    )


def no_location(store: str) -> Phrase:
    """Return why a store publishes no stock, and how to choose an Afosto location for it."""
    return NO_LOCATION(store=store)
