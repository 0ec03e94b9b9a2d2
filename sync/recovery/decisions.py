"""What a person decides about an order that needs recovery after a restore of the database."""

from collections.abc import Sequence

from clients.afosto.client import AfostoClient
from clients.http import Http
from ledger.ledger import Ledger
from ledger.postgres.database import Row
from ledger.status import Status
from schemas.advice import MAKE_ANOTHER_DRAFT, SEE_RESTORED
from schemas.errors import NeedsPerson
from schemas.mapping.orders.drafts import reference
from schemas.reasons import Reason
from schemas.settings import Settings
from schemas.wording.phrases import phrase


def link_order(ledger: Ledger, settings: Settings, store: str, order: str, afosto_id: str, *, by: str) -> None:
    """Link an order that needs recovery to its Afosto order, if Afosto says that they fit. Its import then goes on.

    Raises NeedsPerson: not-held, or not-this-order when Afosto has no such order, or it belongs to another order, or
    it is a draft. Raises RetryLater.
    """
    (row,) = undecided_orders(ledger, store, [order])
    _require_fit(settings, ledger, row, afosto_id)
    links = Status(ledger.database).links(store, row["order_id"])
    old = next((link["afosto_id"] for link in links if link["kind"] == "order"), None)
    key = (store, row["order_id"])
    if old is None:
        ledger.links.bind_order(*key, afosto_id, row["id"], {})
    elif old != afosto_id:
        ledger.links.replace_draft(*key, old, afosto_id, row["id"], {})
    ledger.jobs.retry(ids=[row["id"]], by=by)


def release_orders(ledger: Ledger, store: str, orders: Sequence[str] | None, *, by: str) -> int:
    """Import orders that are not in Afosto, all undecided ones of the store when `orders` is None; returns how many.

    Raises NeedsPerson (not-held).
    """
    found = undecided_orders(ledger, store, orders)
    for row in found:
        ledger.restores.mark_recovered(store, row["order_id"])
    return len(ledger.jobs.retry(ids=[row["id"] for row in found], by=by))


def undecided_orders(ledger: Ledger, store: str, orders: Sequence[str] | None) -> list[Row]:
    """Return the rows of these orders, by number or ePages id. Raises NeedsPerson (not-held) for one that is not."""
    ledger.stores.facts(store)
    rows = ledger.restores.undecided(store)
    if orders is None:
        return rows
    known = {row["number"]: row for row in rows} | {row["order_id"]: row for row in rows}
    for order in orders:
        if order not in known:
            raise NeedsPerson(
                phrase("order %(order)s of %(store)s does not wait for a decision", order=order, store=store),
                reason=Reason.NOT_HELD,
                resolution=SEE_RESTORED(),
            )
    return [known[order] for order in dict.fromkeys(orders)]


def _require_fit(settings: Settings, ledger: Ledger, row: Row, afosto_id: str) -> None:
    store, wanted = row["store"], reference(row["store"], row["order_id"])
    key = ledger.stores.secret(store, "afosto_key")
    afosto = AfostoClient(settings.afosto_url, Http(deadline_seconds=settings.call_deadline), key)
    found = afosto.order(afosto_id)
    problem = None
    if found is None:
        problem = phrase("there is none of this id")
    elif found.reference != wanted:
        problem = phrase(
            "its reference is %(found)s, not %(wanted)s", found=found.reference or phrase("empty"), wanted=wanted
        )
    elif found.status == "CONCEPT":
        problem = MAKE_ANOTHER_DRAFT(store=store, order=row["number"])
    if problem:
        raise NeedsPerson(
            phrase(
                "the Afosto order %(afosto_order)s is not order %(order)s of %(store)s: %(why)s",
                afosto_order=afosto_id,
                order=row["number"],
                store=store,
                why=problem,
            ),
            reason=Reason.NOT_THIS_ORDER,
            resolution=phrase("look for %(reference)s in Afosto, and give the id of that order", reference=wanted),
        )
