"""Read a store's orders now, because a person asks for it."""

from datetime import UTC, datetime

from ledger.ledger import Ledger
from schemas.advice import RESUME_STORE, SEE_CURSORS
from schemas.errors import NeedsPerson
from schemas.reasons import Reason
from schemas.states import CursorKind
from schemas.wording.phrases import phrase
from sync.connecting.connect_store import FIRST_WIDTH
from tasks.broker.producer import Producer


def poll_now(ledger: Ledger, producer: Producer, store: str, cursor: CursorKind = CursorKind.LIVE) -> bool:
    """Have a store polled at once; False if the broker does not answer, and dispatch sends the poll when it runs.

    Raises NeedsPerson: unknown-store; paused; no-cursor, when the store has nothing to read there.
    """
    if ledger.stores.facts(store).paused_at:
        raise NeedsPerson(
            phrase("the store '%(store)s' is paused", store=store),
            reason=Reason.PAUSED,
            resolution=RESUME_STORE(store=store),
        )
    if not _is_readable(ledger, store, cursor):
        raise NeedsPerson(
            phrase("the store '%(store)s' has nothing to read for %(cursor)s", store=store, cursor=cursor),
            reason=Reason.NO_CURSOR,
            resolution=SEE_CURSORS(store=store),
        )
    if producer.try_to_send("poll.store", {"store": store, "cursor": cursor}):
        return True
    ledger.cursors.make_due(store, cursor)
    return False


def _is_readable(ledger: Ledger, store: str, cursor: CursorKind) -> bool:
    if cursor is CursorKind.SWEEP:
        return ledger.cursors.start_sweep(store, datetime.now(UTC), FIRST_WIDTH)
    return ledger.cursors.get(store, cursor) is not None
