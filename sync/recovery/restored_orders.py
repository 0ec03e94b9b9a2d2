"""After a restore of the database: finds the Afosto order of an order that may have been imported after the backup."""

from clients.status_errors import Forbidden
from jobs.run import Run
from ledger.records import Link
from schemas import afosto, epages
from schemas.advice import LOOK_FOR_RESTORED
from schemas.errors import LeaseLost, NeedsPerson
from schemas.mapping.orders.drafts import reference
from schemas.mapping.orders.order_note import marked_ids
from schemas.reasons import Reason
from schemas.wording.phrases import Phrase, phrase
from sync.imports.drafts import bind_draft, expire_draft
from sync.order_guards import restart_run

DRAFT = "CONCEPT"


def find_again(run: Run, shop: epages.Order) -> None:
    """Return when the import of an order that needs recovery may continue with the link that it has.

    An opened Afosto order is found by the link, by the mark in the shop's note, or by Afosto's list of orders. Only the
    list proves that there is none. If the marked order is a draft, none was opened: each later draft is marked before
    it can be opened. Raises Wait when another order is bound now, NeedsPerson (restored) when nothing proves anything.
    """
    link = run.order_link
    named = _named(run, shop, link)
    opened = [order for order in named if order.status != DRAFT]
    listed = None if opened else _listed(run)
    opened = opened or [order for order in listed or () if order.status != DRAFT]
    if len(opened) > 1:
        raise _for_a_person(
            run, shop, phrase("Afosto has more than one: %(ids)s", ids=", ".join(order.id for order in opened))
        )
    if opened:
        _require_bound(run, link, opened[0])
        return
    marked = [order for order in named if order.id in marked_ids(shop.order_note)]
    if listed is None and not marked:
        raise _for_a_person(run, shop, phrase("neither the note of the order nor Afosto's list of orders shows it"))
    run.ledger.restores.mark_recovered(run.store.name, run.order_id)
    if marked:
        _require_bound(run, link, marked[0])


def _named(run: Run, shop: epages.Order, link: Link | None) -> list[afosto.Order]:
    """The Afosto orders that the link and the note name, if they have the reference of this order."""
    ids = dict.fromkeys([*([link.afosto_id] if link else []), *marked_ids(shop.order_note)])
    found = filter(None, map(run.afosto.order, ids))
    return [order for order in found if order.reference == reference(run.store.name, run.order_id)]


def _listed(run: Run) -> tuple[afosto.Order, ...] | None:
    """The Afosto orders with our reference; None where Afosto has no such list, or the key may not read it."""
    try:
        return run.afosto.orders_by_reference(run.store.channel_id, reference(run.store.name, run.order_id))
    except Forbidden:
        return None
    except NeedsPerson as error:
        if error.reason != Reason.SCHEMA_MISMATCH:
            raise
        return None


def _require_bound(run: Run, link: Link | None, order: afosto.Order) -> None:
    """Return when the order is bound to this Afosto order; else bind it and raise Wait, so that a new run begins."""
    if link and link.afosto_id == order.id:
        return
    if not bind_draft(run, order.id, link, {"number": order.number}):
        raise LeaseLost(phrase("another worker bound a draft of this order first"))
    if link:
        expire_draft(run, link.afosto_id)
    run.note(phrase("found again as Afosto order %(id)s", id=order.id))
    raise restart_run(phrase("found again in Afosto"))


def _for_a_person(run: Run, shop: epages.Order, why: Phrase) -> NeedsPerson:
    store = run.store.name
    return NeedsPerson(
        phrase(
            "order %(order)s of %(store)s was placed before the database was restored; it may be in "
            "Afosto as %(reference)s: %(why)s",
            order=shop.number,
            store=store,
            reference=reference(store, shop.id),
            why=why,
        ),
        reason=Reason.RESTORED,
        resolution=LOOK_FOR_RESTORED(store=store),
    )
