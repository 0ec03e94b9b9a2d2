"""Makes an Afosto order of an active shop order: create, mark, add items, open. Only the linked draft is opened."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

from clients.afosto.errors import RefusedByAfosto
from jobs.run import Run
from ledger.records import Link, Store
from schemas import afosto, epages
from schemas.advice import CANCEL_OR_SEND, CHANGE_BY_HAND, COMPARE_TOTALS, DECIDE_ABOUT_PAYMENT
from schemas.errors import AnswerLost, LeaseLost, NeedsPerson, RetryLater, Wait
from schemas.mapping.orders.content_hashes import fingerprint, prices_of
from schemas.mapping.orders.drafts import order_draft, totals_differ
from schemas.mapping.orders.payments import Opening, opening
from schemas.mapping.orders.pickup_places import require_place
from schemas.mapping.progress.line_counts import shipped_so_far
from schemas.mapping.stock import undeducted_by_line
from schemas.reasons import Reason
from schemas.states import Lane, LinkStage
from schemas.values.currencies import written
from schemas.wording.lists import counted
from schemas.wording.phrases import Phrase, phrase
from sync.discovery.job_requests import note_unread
from sync.imports.drafts import bind_draft, expire_draft, mark_draft, resolve_mark
from sync.imports.openings import record_opening, resolve_opening, withdraw
from sync.order_guards import read_order, restart_run
from sync.recovery.restored_orders import find_again

# Keys in the facts of a link, with the id of a draft. GIVING_UP: its expiry was requested and may land at any time.
# GIVEN_UP: it has expired.
GIVING_UP, GIVEN_UP = "giving_up", "given_up"


def import_order(run: Run) -> Phrase:
    """Bring the Afosto order in line with the shop's order, and return what was done, in words."""
    shop = run.kept_order or _read(run)
    if shop.test_order:
        return phrase("skipped: a test order")
    link = run.order_link
    if link and link.stage == LinkStage.OPENED:
        return _check_unchanged(run, shop, link)
    if run.context.needs_recovery and not (link and link.stage == LinkStage.EXPIRED):
        find_again(run, shop)
    if shop.canceled:
        return _give_up(run, link)
    draft = _draft(run, shop)
    order = _filled(run, shop, draft, link)
    facts = _facts(shop, draft, order, link)
    if order.status != "CONCEPT":
        raise _found_open(run, order, facts)
    try:
        _require_equal_totals(run, draft, {draft.total, shop.grand_total}, order)
        if waits := _why_not_opened(run, shop, order):
            _note_filled(run, order.id, facts)
            return waits
        return _open(run, order.id, facts, new=link is None or link.afosto_id != order.id)
    except (RetryLater, NeedsPerson):
        _note_filled(run, order.id, facts)
        raise


def _read(run: Run) -> epages.Order:
    """Read the shop's order now, and note what a poll notes of an order that it reads."""
    shop = run.epages.order(run.order_id)
    run.ledger.sold_units.note_shop(run.store, [shop])
    if not shop.test_order:
        note_unread(run, shop)
    return shop


def _draft(run: Run, shop: epages.Order) -> afosto.OrderDraft:
    if shop.is_pickup:
        require_place(shop, run.store.name, run.context.locations)
    return order_draft(shop, store=run.store.name, channel_id=run.store.channel_id, locations=run.context.locations)


def _filled(run: Run, shop: epages.Order, draft: afosto.OrderDraft, link: Link | None) -> afosto.Order:
    """Return an Afosto order that has its items: the linked one as it is, or a new one."""
    if link is None:
        return _create(run, shop, draft, None)
    found = run.afosto.order(link.afosto_id) if link.facts.get(GIVEN_UP) != link.afosto_id else None
    if found is not None and (found.status != "CONCEPT" or _is_current(shop, draft, found, link)):
        return found
    resolve_opening(run)
    if found is not None:
        # Written before the call: if its answer is lost, the draft may look good when it is read next.
        _note_filled(run, found.id, {GIVING_UP: found.id})
        # It must have expired before another is made: a call of a run that died may still open it.
        expire_draft(run, found.id)
        _note_filled(run, found.id, {GIVEN_UP: found.id})
    return _create(run, shop, draft, link)


def _is_current(shop: epages.Order, draft: afosto.OrderDraft, found: afosto.Order, link: Link) -> bool:
    """Whether a draft has the units that are wanted, and was made from the shop's order as it is now.

    A draft whose expiry was requested is not current: the expiry may still land. A draft with another total is kept
    only if it was made at today's prices: then Afosto computes the total in another way.
    """
    if link.facts.get(GIVING_UP) == found.id:
        return False
    made_of = link.facts.get("fingerprint")
    priced_so = found.total == draft.total or link.facts.get("prices") == prices_of(draft)
    return _complete(found, draft) and made_of in (None, fingerprint(shop)) and priced_so


def _create(run: Run, shop: epages.Order, draft: afosto.OrderDraft, old: Link | None) -> afosto.Order:
    """Create a draft, bind, mark and fill it. A draft whose content is in doubt is given up and never filled again."""
    resolve_mark(run)
    try:
        order = run.afosto.create_order(draft)
    except AnswerLost as error:
        raise RetryLater(
            phrase("the answer to createOrder was lost; another draft is made: %(error)s", error=error)
        ) from error
    run.note(phrase("created Afosto order %(id)s (%(order)s)", id=order.id, order=order.number))
    facts = {"number": order.number, "fingerprint": fingerprint(shop), "prices": prices_of(draft)}
    if not bind_draft(run, order.id, old, facts):
        raise LeaseLost(phrase("another worker bound a draft of this order first"))
    try:
        mark_draft(run, shop, order.id, old.afosto_id if old else None)
        filled = _fill(run, order.id, draft)
    except (RetryLater, NeedsPerson):
        run.links.resolve_items(run.store.name, run.order_id, "not filled")
        raise
    run.note(phrase("%(units)s on it", units=counted(len(filled.units), "unit")))
    return filled


def _fill(run: Run, order_id: str, draft: afosto.OrderDraft) -> afosto.Order:
    try:
        return run.afosto.add_items(order_id, draft.items, draft.currency)
    except AnswerLost as error:
        raise RetryLater(phrase("the answer to addItemsToOrder was lost: %(error)s", error=error)) from error


def _facts(shop: epages.Order, draft: afosto.OrderDraft, order: afosto.Order, link: Link | None) -> dict[str, str]:
    """The facts that the link keeps of an order that has its items."""
    facts = {"total": str(order.total), "shop_total": str(draft.total)}
    # After a restore, the earlier content of an order that was found again is not known.
    return facts if link is None or "fingerprint" in link.facts else {**facts, "fingerprint": fingerprint(shop)}


def _note_filled(run: Run, order_id: str, facts: dict[str, str]) -> None:
    """Note that a draft is filled and not opened. A draft that is opened at once needs no such note."""
    run.links.stage_order(run.store.name, run.order_id, order_id, LinkStage.FILLED, facts=facts)


def _complete(found: afosto.Order, draft: afosto.OrderDraft) -> bool:
    """Whether a draft has exactly the units wanted, line by line."""
    return _units(draft) == Counter(unit.line_ref for unit in found.units)


def _units(draft: afosto.OrderDraft) -> Counter[str | None]:
    """Return how many units each line has: a line with two prices is two items."""
    units: Counter[str | None] = Counter()
    for item in draft.items:
        units[item.line_ref] += item.quantity
    return units


def _require_equal_totals(run: Run, draft: afosto.OrderDraft, accepted: set[Decimal], order: afosto.Order) -> None:
    """Raise NeedsPerson when the money differs. It is not known whether the shop's total counts returned pieces.

    So either total of the shop is accepted.
    """
    lines, policy = len(_units(draft)), run.store.totals
    differs = all(totals_differ(shop, order.total, lines, policy, draft.currency) for shop in accepted)
    if differs or order.currency != draft.currency:
        raise NeedsPerson(
            phrase(
                "order %(order)s of %(store)s costs %(here)s in the shop and %(there)s in Afosto",
                order=draft.customer_reference,
                store=run.store.name,
                here=written(draft.total, draft.currency),
                there=written(order.total, order.currency),
            ),
            reason=Reason.TOTALS_DIFFER,
            resolution=COMPARE_TOTALS(store=run.store.name),
        )


def _why_not_opened(run: Run, shop: epages.Order, order: afosto.Order) -> Phrase | None:
    """Return why a draft is not opened yet; None when it may be opened. Raises NeedsPerson (unknown-payment-state)."""
    found = opening_of(shop, run.store)
    if found is Opening.OPENS:
        return None
    if found is Opening.WAITS:
        return phrase("waits for payment as CONCEPT %(id)s (%(payment)s)", id=order.id, payment=shop.payment_status)
    if found is Opening.NEVER:
        return phrase(
            "stays CONCEPT %(id)s: its payment is %(payment)s; it is opened if it is paid after all",
            id=order.id,
            payment=shop.payment_status,
        )
    raise NeedsPerson(
        phrase(
            "order %(order)s of %(store)s has the payment state %(payment)s, which does not tell whether "
            "its goods are paid",
            order=shop.number,
            store=run.store.name,
            payment=shop.payment_status,
        ),
        reason=Reason.UNKNOWN_PAYMENT_STATE,
        resolution=DECIDE_ABOUT_PAYMENT(order=order.number, job=run.job.id),
    )


def opening_of(shop: epages.Order, store: Store) -> Opening:
    """Return whether an order may be opened. Once the shop has shipped a part, the payment no longer matters."""
    if handed_over(shop):
        return Opening.OPENS
    return opening(shop, unpaid=store.open_unpaid, partly_paid=store.open_partly_paid)


def _open(run: Run, order_id: str, facts: dict[str, str], *, new: bool) -> Phrase:
    """Open a draft. `new`: this run made it."""
    intent = None if new else record_opening(run, order_id)
    try:
        order = run.afosto.open_order(order_id)
    except AnswerLost as error:
        if intent is None:
            record_opening(run, order_id)
        raise RetryLater(phrase("the answer to openOrder was lost: %(error)s", error=error)) from error
    except RefusedByAfosto as refusal:
        found = run.afosto.order(order_id)
        if found is None or found.status == "CONCEPT":
            withdraw(run, intent)
            raise
        raise _found_open(run, found, facts) from refusal
    except (RetryLater, NeedsPerson):
        withdraw(run, intent)
        raise
    return _opened(run, order, phrase("imported as Afosto order %(id)s: opened", id=order.id), facts)


def _found_open(run: Run, order: afosto.Order, facts: dict[str, str] | None = None) -> Wait:
    """Note an order that was opened before, and return the error that starts a new run.

    The answer to its opening was lost. News since then found no opened order, so a look at the order is requested.
    """
    run.request_run("export", "looks", lane=Lane.EXPORT)
    said = phrase("imported as Afosto order %(id)s: it was open already", id=order.id)
    outcome = _opened(run, order, said, facts)
    # The next run finds what the shop changed after the draft was made: no Afosto order has that yet.
    return restart_run(outcome)


def _opened(run: Run, order: afosto.Order, said: Phrase, facts: dict[str, str] | None) -> Phrase:
    undeducted = undeducted_by_line(order)
    run.links.stage_order(run.store.name, run.order_id, order.id, LinkStage.OPENED, facts=facts, undeducted=undeducted)
    return said


def _give_up(run: Run, link: Link | None) -> Phrase:
    """The order was canceled before it was opened: nothing is left to sell, so its draft is expired."""
    run.ledger.jobs.wake_order(run.store.name, run.order_id)
    if link is None:
        return phrase("canceled before it was imported")
    order = read_order(run, link)
    if order.status != "CONCEPT":
        raise _found_open(run, order)
    resolve_opening(run)
    run.afosto.expire_order(order.id, datetime.now(UTC))
    run.links.stage_order(run.store.name, run.order_id, order.id, LinkStage.EXPIRED)
    return phrase("canceled before it was opened; the draft %(id)s is expired", id=order.id)


def _check_unchanged(run: Run, shop: epages.Order, link: Link) -> Phrase:
    """Raise NeedsPerson when the order or its payment changed in the shop after the import and nothing was shipped."""
    made_of = link.facts.get("fingerprint")
    if made_of is None:
        # It was found again after a restore. Its earlier content is not known, so changes count from now on.
        now = {"fingerprint": fingerprint(shop)}
        run.links.stage_order(run.store.name, run.order_id, link.afosto_id, LinkStage.OPENED, facts=now)
    elif not handed_over(shop) and made_of != fingerprint(shop):
        raise NeedsPerson(
            phrase(
                "order %(order)s of %(store)s was changed in the shop after its import: addresses or lines "
                "differ from Afosto order %(afosto_order)s",
                order=shop.number,
                store=run.store.name,
                afosto_order=link.afosto_id,
            ),
            reason=Reason.CHANGED_AFTER_IMPORT,
            resolution=CHANGE_BY_HAND(job=run.job.id),
        )
    if not shop.canceled and opening_of(shop, run.store) is Opening.NEVER:
        raise NeedsPerson(
            phrase(
                "the payment of order %(order)s of %(store)s is %(payment)s now; Afosto order "
                "%(afosto_order)s was opened before, and nothing has left the shop",
                order=shop.number,
                store=run.store.name,
                payment=shop.payment_status,
                afosto_order=link.afosto_id,
            ),
            reason=Reason.PAYMENT_WITHDRAWN,
            resolution=CANCEL_OR_SEND(job=run.job.id),
        )
    return phrase("imported before as Afosto order %(afosto_order)s", afosto_order=link.afosto_id)


def handed_over(shop: epages.Order) -> bool:
    """Whether the shop has shipped any piece, or the buyer collected one."""
    return any(shipped_so_far(line, order_id=shop.id) for line in shop.lines)
