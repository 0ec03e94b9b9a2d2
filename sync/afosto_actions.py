"""The loop of actions that finishes a cancellation or a return in Afosto."""

from collections.abc import Collection

from jobs.run import Run
from schemas import afosto
from schemas.errors import AnswerLost, NeedsPerson
from schemas.reasons import Reason
from schemas.wording.phrases import Phrase, phrase

# A cancellation or return has three steps; more rounds mean that Afosto does not move.
ROUNDS = 6


def finish_units(run: Run, order: afosto.Order, ids: Collection[str], *, restock: Collection[str]) -> afosto.Order:
    """Do what `order.actions` asks for these ids until they are finished, and return the order as it is then.

    The steps are: approve without refund, restock, finish. It never approves a refund: the shop pays back. The order
    shows which steps were done, so after a lost answer the order is read again.
    """
    for _ in range(ROUNDS):
        asked = {action.action: [i for i in action.item_ids if i in ids] for action in order.actions}
        if not any(asked.values()):
            return order
        try:
            order = _step(run, order, asked, restock)
        except (AnswerLost, NeedsPerson):
            again = run.afosto.order(order.id)
            if again is None or again.actions == order.actions:
                raise
            order = again
    raise NeedsPerson(
        phrase("Afosto keeps asking for the same step on order %(order)s", order=run.order_id),
        reason=Reason.ACTIONS_STUCK,
        resolution=phrase("Finish the cancellation or return by hand in Afosto, then retry the job."),
    )


def _step(run: Run, order: afosto.Order, asked: dict[str, list[str]], restock: Collection[str]) -> afosto.Order:
    if ids := asked.get("HANDLE_APPROVAL"):
        with run.progress(_approved, len(ids)) as done:
            return run.afosto.approve_items(order.id, ids, refund=False, done=done)
    to_restock = asked.get("HANDLE_RESTOCK", [])
    if ids := [i for i in to_restock if i in restock]:
        with run.progress(_restocked, len(ids)) as done:
            return run.afosto.restock_items(order.id, ids, done=done)
    ids = [*asked.get("HANDLE_FINISH", []), *to_restock]
    with run.progress(_finished, len(ids)) as done:
        return run.afosto.finish_items(order.id, ids, done=done)


def _approved(units: str) -> Phrase:
    return phrase("approved %(units)s without refund", units=units)


def _restocked(units: str) -> Phrase:
    return phrase("restocked %(units)s", units=units)


def _finished(units: str) -> Phrase:
    return phrase("finished %(units)s", units=units)
