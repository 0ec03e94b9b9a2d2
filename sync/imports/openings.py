"""The opening of a draft: recorded as an intent, so that no other draft is opened while a call may open this one.

OpenIntent is recorded before a known draft is opened, and when the answer to an opening was lost. Until that call can
no longer land, the draft is not replaced by another. ItemsIntent is recorded with each new draft and resolved when the
run that made the draft ends, so it stays open when that run died. The opening of a new draft needs no intent of its
own.
"""

from jobs.run import Run
from ledger.records import Intent
from schemas.intents import ItemsIntent, OpenIntent
from sync.order_guards import require_certain


def resolve_opening(run: Run) -> None:
    """Resolve what may still open the draft that was read. Raises Wait while such a call may still land.

    The answer to the call was lost, or the worker died. That the draft is ended before another is made is no proof: it
    is not known whether Afosto opens a draft that was ended.
    """
    intent = run.open_intent(OpenIntent)
    if intent is None and (dead := run.open_intent(ItemsIntent)):
        intent = run.record_intent(OpenIntent(dead.body.afosto_id))
        run.resolve_intent(dead, "abandoned")
    if intent:
        require_certain(intent)
        run.resolve_intent(intent, "did not land")


def record_opening(run: Run, order_id: str) -> Intent[OpenIntent]:
    """Record that a call may open the draft from now on, even if this run dies."""
    if intent := run.open_intent(OpenIntent):
        run.renew_intent(intent)
        return intent
    return run.record_intent(OpenIntent(order_id))


def withdraw(run: Run, recorded: Intent[OpenIntent] | None) -> None:
    """Resolve the intent of a call that was refused or never sent, unless a call of an earlier run may still land."""
    if recorded and run.open_intent(OpenIntent) is None:
        run.resolve_intent(recorded, "not opened")
