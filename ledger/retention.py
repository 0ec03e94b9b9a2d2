"""Deletes old rows: attempts, intents, webhooks, messages, events, kept answers and orders, windows, sessions."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from ledger.postgres.database import Database
from ledger.stores.freshness import KEPT_DAYS as FRESHNESS_DAYS

# Rows that one statement deletes, which takes some tens of milliseconds.
BATCH = 5_000
# Days for which the answer to a request is kept, so that the request may be repeated.
KEY_DAYS = 1
# Days for which an ended session of a user is kept, for a form that may still be sent, and a refused sign-in.
SESSION_DAYS = 1
# Days after its last change for which a store that somebody began to connect is kept.
DRAFT_DAYS = 14
# Days after its end for which an invitation is listed.
INVITATION_DAYS = 30
# Days for which the audit log is kept: long enough for a yearly audit.
AUDIT_DAYS = 365
# Days for which a store's comparisons and nightly sweeps are listed.
COMPARISON_DAYS = 30
# Days for which the document of an order is kept while an import of it is open. Old rows are deleted each hour, so no
# document is older than a day.
DOCUMENT_DAYS = 22 / 24


@dataclass(frozen=True, slots=True)
class Pruned:
    """The number of rows deleted from each table, and whether nothing is left to delete."""

    rows: Mapping[str, int]
    complete: bool


class Retention:
    """Deletes what nobody needs any more. Jobs, links and orders stay as long as their store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def prune(self, attempts_days: int, inbox_days: int, *, seconds: float) -> Pruned:
        """Delete rows older than the given days, for about `seconds` at most."""
        ages: dict[str, float] = {
            "order_documents": DOCUMENT_DAYS,
            "attempts": attempts_days,
            "intents": attempts_days,
            "inbox": inbox_days,
            "set_aside": inbox_days,
            "deliveries": inbox_days,
            "idempotency_keys": KEY_DAYS,
            "missed_windows": FRESHNESS_DAYS,
            "user_sessions": SESSION_DAYS,
            "sign_in_attempts": SESSION_DAYS,
            "connection_drafts": DRAFT_DAYS,
            "invitations": INVITATION_DAYS,
            "audit": AUDIT_DAYS,
            "comparisons": COMPARISON_DAYS,
            "sweeps": COMPARISON_DAYS,
        }
        ends, rows = time.monotonic() + seconds, dict.fromkeys(ages, 0)
        for table, days in ages.items():
            gone = BATCH
            while gone == BATCH:
                if time.monotonic() > ends:
                    return Pruned(rows, complete=False)
                gone = self._batch(table, days)
                rows[table] += gone
        return Pruned(rows, complete=True)

    def _batch(self, table: str, days: float) -> int:
        row = self._database.row(f"retention.{table}", {"days": days, "batch": BATCH})
        assert row is not None
        return int(row["rows"])
