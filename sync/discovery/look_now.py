"""Compare one order with Afosto now, because a person asks for it."""

from ledger.ledger import Ledger
from schemas.advice import RESUME_STORE
from schemas.errors import NeedsPerson
from schemas.flows import JOBS, LOOK
from schemas.reasons import Reason
from schemas.states import Lane
from schemas.wording.phrases import phrase


def look_now(ledger: Ledger, store: str, order_key: str) -> int | None:
    """Request a look at an order (its id in the shop), and return the id of its job; dispatch sends it within seconds.

    Raises NeedsPerson: unknown-store; paused.
    """
    if ledger.stores.facts(store).paused_at:
        raise NeedsPerson(
            phrase(
                "the store '%(store)s' is paused, so no change of order %(order)s is looked for",
                store=store,
                order=order_key,
            ),
            reason=Reason.PAUSED,
            resolution=RESUME_STORE(store=store),
        )
    return ledger.jobs.request_run(store, *JOBS[LOOK], order_key, lane=Lane.EXPORT)
