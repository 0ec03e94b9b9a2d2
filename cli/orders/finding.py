"""Find the order that a person names, in one store or in all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import click

from ledger.ledger import Ledger
from ledger.search import Found, FoundBy, FoundOrder
from schemas.errors import NeedsPerson
from schemas.reasons import Reason
from schemas.wording.phrases import phrase

_IN_THE_SHOP = frozenset({FoundBy.ORDER_NUMBER, FoundBy.SHOP_ID})
# Stores named when several have such an order.
_MOST_STORES = 5


@dataclass(frozen=True, slots=True)
class Place:
    """Of which store an order is, and its id in the shop."""

    store: str
    order_key: str


def find_orders(ledger: Ledger, store: str | None, text: str) -> list[Place]:
    """Return the orders of one store that a text names; a shop may give a number twice. Without `store`, seek in all.

    Raises NeedsPerson (unknown-order) if there is none, UsageError if orders of several stores fit.
    """
    facts = ledger.stores.facts(store) if store is not None else None
    found = ledger.search.find(text, None if store is None else {store})
    orders = _best(found.orders)
    if orders:
        _require_one_store(orders, text)
        return [Place(order.store, order.order_id) for order in orders]
    if facts is not None:
        # Another system may have asked for a job with a text that is no order's.
        if ledger.lives.read(facts.name, text):
            return [Place(facts.name, text)]
        raise NeedsPerson(
            phrase(
                "no order '%(text)s' of %(store)s is known by its number in the shop or in Afosto; the "
                "shop's orders before %(since)s are not read",
                text=text,
                store=facts.name,
                since=f"{facts.import_since:%Y-%m-%d}",
            ),
            reason=Reason.UNKNOWN_ORDER,
            resolution=phrase(
                "if the number is Afosto's, the order came from elsewhere or from another store; if it is "
                "the shop's, ask the shop for news with: connector poll %(store)s --now",
                store=facts.name,
            ),
        )
    raise _nowhere(ledger, text, found)


def _best(orders: Sequence[FoundOrder]) -> list[FoundOrder]:
    """Return the orders that fit by what the shop says, else all."""
    return [order for order in orders if order.found_by in _IN_THE_SHOP] or list(orders)


def _require_one_store(orders: Sequence[FoundOrder], text: str) -> None:
    stores = list(dict.fromkeys(order.store for order in orders))
    if len(stores) > 1:
        listed = ", ".join(stores[:_MOST_STORES]) + (", …" if len(stores) > _MOST_STORES else "")
        raise click.UsageError(
            f"Several stores have an order {text}: {listed}. Name the store, for example: "
            f"connector order {stores[0]} {text}"
        )


def _nowhere(ledger: Ledger, text: str, found: Found) -> Exception:
    if found.skus:
        return click.UsageError(
            f"{text} is a SKU; see the stock of its store: connector stock show {found.skus[0].store}"
        )
    if found.jobs:
        return click.UsageError(f"{text} is a job; see it with: connector jobs show {found.jobs[0].id}")
    names = ledger.stores.names()
    if text in names:
        return click.UsageError(f"The number of the order is missing; for example: connector order {text} 10001")
    known = "connected stores are listed by: connector store list" if names else "no store is connected"
    return NeedsPerson(
        phrase(
            "no order '%(text)s' of any store is known by its number in the shop or in Afosto, or by a tracking code",
            text=text,
        ),
        reason=Reason.UNKNOWN_ORDER,
        resolution=phrase("look for it in its store with: connector order STORE NUMBER; %(known)s", known=known),
    )
