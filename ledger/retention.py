"""What is kept for so long and then deleted: attempts, settled intents, webhooks, messages, answers to repeats."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from ledger.database import Database

# Rows that go with one statement: some tens of milliseconds.
BATCH = 5_000
# Days for which an answer is kept, so that a request may be repeated.
KEY_DAYS = 1


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows of each table went, and whether that was all there was."""

    rows: Mapping[str, int]
    complete: bool


class Retention:
    """Deletes what nobody asks for any more. Jobs, links and orders stay as long as their store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def prune(self, attempts_days: int, inbox_days: int, *, seconds: float) -> Pruned:
        """Delete what is older than so many days, for about so many `seconds` at most."""
        ages = {
            "attempts": attempts_days,
            "intents": attempts_days,
            "inbox": inbox_days,
            "set_aside": inbox_days,
            "idempotency_keys": KEY_DAYS,
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

    def _batch(self, table: str, days: int) -> int:
        row = self._database.row(f"retention.{table}", {"days": days, "batch": BATCH})
        assert row is not None
        return int(row["rows"])
