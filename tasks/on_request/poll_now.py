"""Read a store's orders now, because a person asks for it."""

from datetime import UTC, datetime

from ledger.ledger import Ledger
from schemas.errors import NeedsPerson
from schemas.reasons import Reason
from schemas.states import CursorKind
from sync.connecting.connect_store import FIRST_WIDTH
from tasks.broker.producer import Producer


def poll_now(ledger: Ledger, producer: Producer, store: str, cursor: CursorKind = CursorKind.LIVE) -> bool:
    """Have a store polled at once; False if the broker does not answer, and dispatch sends the poll when it runs.

    Raises NeedsPerson: unknown-store; paused; no-cursor, when the store has nothing to read there.
    """
    if ledger.stores.facts(store).paused_at:
        raise NeedsPerson(
            f"the store {store!r} is paused",
            reason=Reason.PAUSED,
            resolution=f"take it up again: connector store resume {store}",
        )
    if not _is_readable(ledger, store, cursor):
        raise NeedsPerson(
            f"the store {store!r} has nothing to read for {cursor}",
            reason=Reason.NO_CURSOR,
            resolution=f"see what it has: connector poll {store}",
        )
    if producer.try_to_send("poll.store", {"store": store, "cursor": cursor}):
        return True
    ledger.cursors.make_due(store, cursor)
    return False


def _is_readable(ledger: Ledger, store: str, cursor: CursorKind) -> bool:
    if cursor is CursorKind.SWEEP:
        return ledger.cursors.start_sweep(store, datetime.now(UTC), FIRST_WIDTH)
    return ledger.cursors.get(store, cursor) is not None
