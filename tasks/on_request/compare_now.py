"""Compare both sides of a store now, because a person asks for it."""

from ledger.ledger import Ledger
from ledger.orders.kept_comparisons import ComparisonRun
from schemas.advice import RESUME_STORE
from schemas.errors import NeedsPerson
from schemas.reasons import Reason
from schemas.wording.phrases import phrase
from tasks.broker.producer import Producer


def compare_now(ledger: Ledger, producer: Producer, store: str, *, by: str) -> bool:
    """Begin a comparison of a store; False while another one goes on. If the broker is away, dispatch sends it later.

    Raises NeedsPerson: unknown-store; paused.
    """
    if ledger.stores.facts(store).paused_at:
        raise NeedsPerson(
            phrase("the store '%(store)s' is paused", store=store),
            reason=Reason.PAUSED,
            resolution=RESUME_STORE(store=store),
        )
    run = ledger.comparisons.ask(store, by)
    if run is None:
        return False
    if producer.try_to_send("reconcile.compare", compare_message(run)):
        ledger.comparisons.sent(run)
    return True


def compare_message(run: ComparisonRun) -> dict[str, object]:
    """Return the message that has a worker go on with a comparison."""
    return {"store": run.store, "comparison": run.comparison, "fence": run.fence}
