"""Deletes what may tell who bought: everything of an order but the ids and figures that keep both sides in step."""

from collections.abc import Mapping

from ledger.postgres.database import Database, fetch

# What is deleted, in this order; each is a statement of erasing.sql.
PARTS = ("documents", "attempts", "webhooks", "intents", "messages", "events", "differences")


def erase(database: Database, store: str, order_id: str) -> Mapping[str, int]:
    """Erase an order, by its id; return how many rows of what were deleted or emptied.

    Ids, links and figures stay, so that the order is not imported twice. A parked job keeps its message.
    """
    key = {"store": store, "order_key": order_id}
    return database.transaction(lambda session: {part: len(fetch(session, f"erasing.{part}", key)) for part in PARTS})
