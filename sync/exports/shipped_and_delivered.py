"""Moves a process of the shop as far as its parcel is in Afosto, with at most one mail to the buyer."""

from collections.abc import Sequence
from contextlib import nullcontext

from jobs.run import Run
from ledger.records import Intent
from schemas import afosto, epages
from schemas.errors import AnswerLost, NeedsPerson, RetryLater
from schemas.intents import ShopMailIntent
from schemas.mapping.progress.shipments import two_codes
from schemas.wording.phrases import Phrase, phrase
from sync.exports.both_sides import marker
from sync.order_guards import compare_codes, require_certain

DELIVERED = "DELIVERED"
_CLOSED = {"mark-shipped": ("SHIPPED", "DELIVERED"), "mark-delivered": ("DELIVERED",)}


def move_on(run: Run, parcel: afosto.Parcel, process: epages.Process) -> bool:
    """Make the moves that the process still offers, and return whether there was one. Delivered implies shipped."""
    before = process.status
    if "mark-shipped" in process.moves:
        process = _mark_shipped(run, parcel, process)
    if parcel.status == DELIVERED and "mark-delivered" in process.moves:
        process = _mark_delivered(run, process)
    code = parcel.tracking_code or process.tracking_code
    run.links.note_parcels(run.store.name, {parcel.id: parcel.status}, {parcel.id: code})
    compare_codes(run, parcel, process)
    return process.status != before


def resolve_mail(run: Run, intent: Intent[ShopMailIntent], processes: Sequence[epages.Process]) -> Phrase:
    """The answer to a move that sends a mail was lost: the process shows whether it was made, once it cannot land.

    The move is repeated only when the first call can no longer land: the buyer gets one mail at most.
    """
    move = intent.body
    process = next((p for p in processes if p.id == move.process), None)
    if process is not None and move.move in process.moves:
        require_certain(intent)
    run.resolve_intent(intent, "looked")
    if process is None:
        return phrase("the shop's process %(process)s is gone", process=move.process)
    return phrase("the shop's process %(process)s is %(status)s", process=move.process, status=process.status)


def _mark_shipped(run: Run, parcel: afosto.Parcel, process: epages.Process) -> epages.Process:
    mail = run.store.notify_buyers
    intended = ShopMailIntent(process.id, "mark-shipped")
    with run.recorded(intended) if mail else nullcontext() as intent:
        moved = _send_off(run, parcel, process, mail=mail)
    if process.tracking_code and two_codes(process, parcel):
        run.note(
            phrase(
                "gave process %(process)s the tracking code %(code)s, not %(other)s",
                process=process.id,
                code=parcel.tracking_code,
                other=process.tracking_code,
            )
        )
    if intent:
        run.resolve_intent(intent, "done")
    run.note(
        phrase("marked the process %(process)s shipped, with a mail to the buyer", process=process.id)
        if mail
        else phrase("marked the process %(process)s shipped", process=process.id)
    )
    return moved


def _send_off(run: Run, parcel: afosto.Parcel, process: epages.Process, *, mail: bool) -> epages.Process:
    code, url = parcel.tracking_code, parcel.tracking_url
    try:
        return run.epages.mark_shipped(run.order_id, process.id, marker(run), code, url, mail=mail)
    except AnswerLost as error:
        raise AnswerLost(phrase("the answer to mark-shipped was lost: %(error)s", error=error)) from error
    except NeedsPerson as refusal:
        return _moved_meanwhile(run, process, "mark-shipped", refusal)


def _mark_delivered(run: Run, process: epages.Process) -> epages.Process:
    try:
        moved = run.epages.mark_delivered(run.order_id, process.id, marker(run))
    except AnswerLost as error:
        raise RetryLater(phrase("the answer to mark-delivered was lost: %(error)s", error=error)) from error
    except NeedsPerson as refusal:
        moved = _moved_meanwhile(run, process, "mark-delivered", refusal)
    run.note(phrase("marked the process %(process)s delivered", process=process.id))
    return moved


def _moved_meanwhile(run: Run, process: epages.Process, move: str, refusal: NeedsPerson) -> epages.Process:
    """Return the process when it has made the refused move already; else raise the refusal."""
    now = next((p for p in run.epages.processes(run.order_id, process.kind) if p.id == process.id), None)
    if now is None or now.status not in _CLOSED[move]:
        raise refusal
    return now
