"""The audit log: who changed what in the console or by the API, when and from where."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ledger.postgres.database import Database, Row
from schemas.values.texts import clean

LONGEST_DETAIL = 500


class Outcome(StrEnum):
    """How a change ended."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change. `outcome` is None while it runs, or if its process died in it."""

    id: int
    at: datetime
    user: str
    action: str
    subject: str
    detail: str
    address: str
    outcome: Outcome | None


class Audit:
    """Rows are added before the change is made, and never changed afterwards but for how it ended."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, user: str, action: str, subject: str, address: str) -> int:
        """Note that a user is about to change something; return the entry's id."""
        values = {"user": user, "action": action, "subject": clean(subject), "address": clean(address)}
        row = self._database.row("audit.begin", values)
        assert row is not None
        return int(row["id"])

    def end(self, entry: int, outcome: Outcome, detail: str = "") -> None:
        """Note how a change ended, and what it was in detail (no secret)."""
        self._database.rows("audit.end", {"id": entry, "outcome": outcome, "detail": clean(detail, LONGEST_DETAIL)})

    def add(self, user: str, action: str, subject: str, address: str, outcome: Outcome, detail: str = "") -> None:
        """Note a change that has ended already."""
        self.end(self.begin(user, action, subject, address), outcome, detail)

    def entries(self, *, text: str = "", before: int | None = None, limit: int = 50) -> list[AuditEntry]:
        """Return the newest entries, older than the entry `before`; of the user, store or action `text` if given."""
        rows = self._database.rows("audit.entries", {"text": clean(text), "before": before, "limit": limit})
        return [_entry(row) for row in rows]


def _entry(row: Row) -> AuditEntry:
    outcome = row.pop("outcome")
    return AuditEntry(**row, outcome=Outcome(outcome) if outcome else None)
