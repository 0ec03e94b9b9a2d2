"""The opening of a draft: announced, so that no other draft is opened while a call may still open this one."""

from ledger.records import Intent
from tasks.counterpart import must_wait
from tasks.run import Run

# Announced before a draft that was known is opened, and when the answer to an opening was lost: until that can no
# longer land, the draft is not given up for another.
OPENING = "open"
# Announced with each new draft, and settled when the run that made it ends: it stands open after a run that died. The
# opening of a new draft needs no word of its own.
ITEMS = "items"


def settle_opening(run: Run) -> None:
    """Raise Wait while the draft that was read may still be opened: the answer was lost, or the worker died meanwhile.

    That the draft is ended before another is made is no proof: whether Afosto opens an ended one is not known.
    """
    intent = run.open_intent(OPENING)
    if intent is None and (dead := run.open_intent(ITEMS)):
        intent = run.announce(OPENING, dead.body)
        run.links.conclude(run.store.name, run.order_id, dead.id, [], "abandoned")
    if intent:
        must_wait(intent)
        run.links.conclude(run.store.name, run.order_id, intent.id, [], "did not land")


def announce_opening(run: Run, order_id: str) -> Intent:
    """Note that from now on a call may open the draft, whoever dies."""
    if intent := run.open_intent(OPENING):
        run.links.announce_again(intent.id, run.settings.ambiguity_wait)
        return intent
    return run.announce(OPENING, {"afosto_id": order_id})


def withdraw(run: Run, announced: Intent | None) -> None:
    """The call was refused or never sent. One that an earlier run has made may land all the same."""
    if announced and run.open_intent(OPENING) is None:
        run.links.conclude(run.store.name, run.order_id, announced.id, [], "not opened")
