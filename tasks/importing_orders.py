"""An active shop order becomes an Afosto order: create, mark, add items, open. Only the linked draft is ever opened."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

from clients.afosto.errors import RefusedByAfosto
from ledger.records import Link, Store
from schemas import afosto, epages
from schemas.currencies import written
from schemas.errors import AnswerLost, LeaseLost, NeedsPerson, RetryLater, Wait
from schemas.mapping.content import fingerprint, prices_of
from schemas.mapping.counts import shipped_so_far
from schemas.mapping.orders import order_draft, totals_differ
from schemas.mapping.payments import Opening, opening
from schemas.mapping.places import require_place
from schemas.mapping.stock import waiting_by_line
from schemas.words import counted
from tasks.drafts import bind_draft, expire_draft, mark_draft, resolve_mark
from tasks.openings import record_opening, resolve_opening, withdraw
from tasks.order_guards import read_order, restart_run
from tasks.reading import note_unread
from tasks.restoring import find_again
from tasks.run import Run

# Facts of a link: its draft is being ended, so that the end may land at any time from now on; its draft was ended.
GIVING_UP, GIVEN_UP = "giving_up", "given_up"


def import_order(run: Run) -> str:
    """Make the Afosto order what the shop's order asks for and return what was done, in words."""
    shop = run.epages.order(run.order_id)
    run.ledger.held.note_shop(run.store, [shop])
    if shop.test_order:
        return "skipped: a test order"
    note_unread(run, shop)
    link = run.order_link
    if link and link.stage == "opened":
        return _check_unchanged(run, shop, link)
    if run.context.held and not (link and link.stage == "expired"):
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
        if waits := _held_by_payment(run, shop, order):
            _note_filled(run, order.id, facts)
            return waits
        return _open(run, order.id, facts, new=link is None or link.afosto_id != order.id)
    except (RetryLater, NeedsPerson):
        _note_filled(run, order.id, facts)
        raise


def _draft(run: Run, shop: epages.Order) -> afosto.OrderDraft:
    if shop.is_pickup:
        require_place(shop, run.store.name, run.context.locations)
    return order_draft(shop, store=run.store.name, channel_id=run.store.channel_id, locations=run.context.locations)


def _filled(run: Run, shop: epages.Order, draft: afosto.OrderDraft, link: Link | None) -> afosto.Order:
    """Return an Afosto order that has its items: ours as it stands, or a new one."""
    if link is None:
        return _create(run, shop, draft, None)
    found = run.afosto.order(link.afosto_id) if link.facts.get(GIVEN_UP) != link.afosto_id else None
    if found is not None and (found.status != "CONCEPT" or _is_current(shop, draft, found, link)):
        return found
    resolve_opening(run)
    if found is not None:
        # Noted before: the answer may be lost, and the draft be good again when it is read next.
        _note_filled(run, found.id, {GIVING_UP: found.id})
        # For sure, and before another is made: a call of a run that died may still open it.
        expire_draft(run, found.id)
        _note_filled(run, found.id, {GIVEN_UP: found.id})
    return _create(run, shop, draft, link)


def _is_current(shop: epages.Order, draft: afosto.OrderDraft, found: afosto.Order, link: Link) -> bool:
    """Whether a draft has the units that are wanted, and was made of what the shop's order is now.

    One whose end was asked for is not: that may land yet. One of another total is kept only if it was made at the
    prices of now: then it is Afosto that adds up otherwise.
    """
    if link.facts.get(GIVING_UP) == found.id:
        return False
    made_of = link.facts.get("fingerprint")
    priced_so = found.total == draft.total or link.facts.get("prices") == prices_of(draft)
    return _complete(found, draft) and made_of in (None, fingerprint(shop)) and priced_so


def _create(run: Run, shop: epages.Order, draft: afosto.OrderDraft, old: Link | None) -> afosto.Order:
    """Create a draft, bind, mark and fill it. A draft whose content is in doubt is given up, never added to again."""
    resolve_mark(run)
    try:
        order = run.afosto.create_order(draft)
    except AnswerLost as error:
        raise RetryLater(f"the answer to createOrder was lost; another draft is made: {error}") from error
    run.note(f"created Afosto order {order.id} ({order.number})")
    facts = {"number": order.number, "fingerprint": fingerprint(shop), "prices": prices_of(draft)}
    if not bind_draft(run, order.id, old, facts):
        raise LeaseLost("another worker bound a draft of this order first")
    try:
        mark_draft(run, shop, order.id, old.afosto_id if old else None)
        filled = _fill(run, order.id, draft)
    except (RetryLater, NeedsPerson):
        run.links.resolve_items(run.store.name, run.order_id, "not filled")
        raise
    run.note(f"{counted(len(filled.units), 'unit')} on it")
    return filled


def _fill(run: Run, order_id: str, draft: afosto.OrderDraft) -> afosto.Order:
    try:
        return run.afosto.add_items(order_id, draft.items, draft.currency)
    except AnswerLost as error:
        raise RetryLater(f"the answer to addItemsToOrder was lost: {error}") from error


def _facts(shop: epages.Order, draft: afosto.OrderDraft, order: afosto.Order, link: Link | None) -> dict[str, str]:
    """What is kept of an order that has its items."""
    facts = {"total": str(order.total), "shop_total": str(draft.total)}
    # Of an order that was found again after a restore, what it looked like is not known any more.
    return facts if link is None or "fingerprint" in link.facts else {**facts, "fingerprint": fingerprint(shop)}


def _note_filled(run: Run, order_id: str, facts: dict[str, str]) -> None:
    """Note that a draft stays one for now. One that is opened at once needs no note: it would be read again."""
    run.links.stage_order(run.store.name, run.order_id, order_id, "filled", facts=facts)


def _complete(found: afosto.Order, draft: afosto.OrderDraft) -> bool:
    """Whether a draft has exactly the units wanted, line by line."""
    return _units(draft) == Counter(unit.line_ref for unit in found.units)


def _units(draft: afosto.OrderDraft) -> Counter[str | None]:
    """How many units of each line: a line of two prices is two items."""
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
            f"order {draft.customer_reference} of {run.store.name} costs {written(draft.total, draft.currency)} in the "
            f"shop and {written(order.total, order.currency)} in Afosto",
            reason="totals-differ",
            resolution=f"Compare prices and taxes, or accept: connector store resume {run.store.name} --totals accept",
        )


def _held_by_payment(run: Run, shop: epages.Order, order: afosto.Order) -> str | None:
    """Say why a draft is not opened yet; None when it is. Raises NeedsPerson (unknown-payment-state)."""
    found = opening_of(shop, run.store)
    if found is Opening.OPENS:
        return None
    if found is Opening.WAITS:
        return f"waits for payment as CONCEPT {order.id} ({shop.payment_status})"
    if found is Opening.NEVER:
        return f"stays CONCEPT {order.id}: its payment is {shop.payment_status}; it is opened if it is paid after all"
    raise NeedsPerson(
        f"order {shop.number} of {run.store.name} has the payment state {shop.payment_status}, "
        "which does not tell whether its goods are paid",
        reason="unknown-payment-state",
        resolution=f"Look at the payment in the shop. If it is paid, open the order {order.number} in Afosto, then: "
        f"connector jobs retry {run.job.id}. If it is not, leave it: the next payment state is read by itself",
    )


def opening_of(shop: epages.Order, store: Store) -> Opening:
    """Give whether an order may be opened. What has left the shop does not wait for the money, and neither do we."""
    if has_left(shop):
        return Opening.OPENS
    return opening(shop, unpaid=store.open_unpaid, partly_paid=store.open_partly_paid)


def _open(run: Run, order_id: str, facts: dict[str, str], *, new: bool) -> str:
    """Open a draft; `new` when this run has made it."""
    intent = None if new else record_opening(run, order_id)
    try:
        order = run.afosto.open_order(order_id)
    except AnswerLost as error:
        if intent is None:
            record_opening(run, order_id)
        raise RetryLater(f"the answer to openOrder was lost: {error}") from error
    except RefusedByAfosto as refusal:
        found = run.afosto.order(order_id)
        if found is None or found.status == "CONCEPT":
            withdraw(run, intent)
            raise
        raise _found_open(run, found, facts) from refusal
    except (RetryLater, NeedsPerson):
        withdraw(run, intent)
        raise
    return _opened(run, order, "opened", facts)


def _found_open(run: Run, order: afosto.Order, facts: dict[str, str] | None = None) -> Wait:
    """Note an order that was opened before, and return the error that starts a new run.

    The answer to its opening was lost. News since then found no opened order, so a look at the order is requested.
    """
    run.request_run("export", "looks", lane=0)
    outcome = _opened(run, order, "it was open already", facts)
    # The next run finds what the shop changed after the draft was made: no Afosto order has that yet.
    return restart_run(outcome)


def _opened(run: Run, order: afosto.Order, how: str, facts: dict[str, str] | None) -> str:
    undeducted = waiting_by_line(order)
    run.links.stage_order(run.store.name, run.order_id, order.id, "opened", facts=facts, undeducted=undeducted)
    return f"imported as Afosto order {order.id}: {how}"


def _give_up(run: Run, link: Link | None) -> str:
    """Canceled before it was opened: there is nothing to sell, so there is no order."""
    run.ledger.jobs.wake_order(run.store.name, run.order_id)
    if link is None:
        return "canceled before it was imported"
    order = read_order(run, link)
    if order.status != "CONCEPT":
        raise _found_open(run, order)
    resolve_opening(run)
    run.afosto.expire_order(order.id, datetime.now(UTC))
    run.links.stage_order(run.store.name, run.order_id, order.id, "expired")
    return f"canceled before it was opened; the draft {order.id} is expired"


def _check_unchanged(run: Run, shop: epages.Order, link: Link) -> str:
    """What changes in the shop after the import, its payment too, is for a person, as long as nothing has left."""
    made_of = link.facts.get("fingerprint")
    if made_of is None:
        # Found again after a restore: what it looked like is not known any more, so it counts from now on.
        now = {"fingerprint": fingerprint(shop)}
        run.links.stage_order(run.store.name, run.order_id, link.afosto_id, "opened", facts=now)
    elif not has_left(shop) and made_of != fingerprint(shop):
        raise NeedsPerson(
            f"order {shop.number} of {run.store.name} was changed in the shop after its import: "
            f"addresses or lines differ from Afosto order {link.afosto_id}",
            reason="changed-after-import",
            resolution=f"Make the change in Afosto by hand, then: connector jobs drop {run.job.id}",
        )
    if not shop.canceled and opening_of(shop, run.store) is Opening.NEVER:
        raise NeedsPerson(
            f"the payment of order {shop.number} of {run.store.name} is {shop.payment_status} now; "
            f"Afosto order {link.afosto_id} was opened before, and nothing has left the shop",
            reason="payment-withdrawn",
            resolution="If the buyer will not pay, cancel the order in the shop; if the goods are to be sent all the "
            f"same: connector jobs drop {run.job.id}",
        )
    return f"imported before as Afosto order {link.afosto_id}"


def has_left(shop: epages.Order) -> bool:
    """Whether the shop handed anything over."""
    return any(shipped_so_far(line, order_id=shop.id) for line in shop.lines)
