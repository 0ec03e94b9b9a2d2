"""Binds an order to its Afosto order, and names the Afosto order in the note of the shop's order."""

from datetime import UTC, datetime

from clients.scopes import boxes, missing_scopes
from jobs.run import Run
from ledger.records import Link
from schemas import epages
from schemas.errors import AnswerLost, NeedsPerson, RetryLater
from schemas.intents import NoteIntent
from schemas.mapping.orders.order_note import with_mark
from schemas.wording.phrases import phrase
from sync.order_guards import require_certain, restart_run


def bind_draft(run: Run, afosto_id: str, old: Link | None, facts: dict[str, str]) -> bool:
    """Bind the order to an Afosto order, and give up its old draft; False when another run was first."""
    if old is None:
        return run.links.bind_order(run.store.name, run.order_id, afosto_id, run.job.id, facts)
    bound = run.links.replace_draft(run.store.name, run.order_id, old.afosto_id, afosto_id, run.job.id, facts)
    if bound:
        run.note(phrase("gave up the draft %(afosto_order)s", afosto_order=old.afosto_id))
    return bound


def expire_draft(run: Run, afosto_id: str) -> None:
    """Expire a draft, so that nothing can open it. If Afosto refuses, the draft stays; it sells nothing.

    Raises RetryLater while it is not certain that the draft expired, Wait when it was opened meanwhile.
    """
    try:
        run.afosto.expire_order(afosto_id, datetime.now(UTC))
    except AnswerLost as error:
        raise RetryLater(
            phrase(
                "the answer to the expiry of draft %(afosto_order)s was lost: %(error)s",
                afosto_order=afosto_id,
                error=error,
            )
        ) from error
    except NeedsPerson as error:
        if error.store_wide:
            raise
        found = run.afosto.order(afosto_id)
        if found is not None and found.status != "CONCEPT":
            raise restart_run(
                phrase("the draft %(afosto_order)s was opened meanwhile", afosto_order=afosto_id)
            ) from error
        run.note(
            phrase("the draft %(afosto_order)s could not be expired: %(error)s", afosto_order=afosto_id, error=error)
        )


def resolve_mark(run: Run) -> None:
    """Resolve a note whose answer was lost. Raises Wait while it may still land: it would replace a later mark."""
    if intent := run.open_intent(NoteIntent):
        require_certain(intent)
        run.resolve_intent(intent, "looked")


def mark_draft(run: Run, shop: epages.Order, afosto_id: str, given_up: str | None) -> None:
    """Name the draft in the note of the shop's order, if the store wants that.

    The note is written before the draft has items, so it always names an order that was opened. If the shop does not
    permit the note or refuses it, the order is imported without it, and a step of the run says so. Raises AnswerLost.
    """
    if not run.store.mark_orders:
        return
    if lacking := missing_scopes("mark_orders", run.store.scopes):
        run.note(phrase("not marked in the shop: the app lacks %(boxes)s", boxes=boxes(lacking)))
        return
    # A poll may have kept an older note: what the merchant wrote since would be overwritten.
    before = (run.epages.order(run.order_id) if run.kept_order else shop).order_note
    note = with_mark(before, afosto_id, given_up)
    if note != before:
        _write(run, note, afosto_id)


def _write(run: Run, note: str, afosto_id: str) -> None:
    with run.recorded(NoteIntent(afosto_id)) as intent:
        try:
            run.epages.set_note(run.order_id, note)
        except NeedsPerson as refusal:
            if refusal.store_wide:
                raise
            run.note(phrase("not marked in the shop: %(error)s", error=refusal))
        else:
            run.note(phrase("named it in the note of the shop's order"))
    run.resolve_intent(intent, "done")
