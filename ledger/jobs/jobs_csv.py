"""Jobs as a file for a spreadsheet."""

from collections.abc import Iterable
from datetime import UTC, datetime

from ledger.postgres.database import Row
from schemas.flows import flow_name
from schemas.wording.csv_text import csv_text

COLUMNS = (
    *("id", "store", "order_number", "order_key", "flow", "subject", "state", "reason", "message", "resolution"),
    *("failures", "failed_again", "decided", "created_at", "due_at", "settled_at"),
)


def jobs_csv(rows: Iterable[Row]) -> str:
    """Return CSV with a line for each job of `Jobs.select`. No cell is a formula; times are UTC."""
    return csv_text(list(COLUMNS), ([_cells(row)[name] for name in COLUMNS] for row in rows))


def _cells(row: Row) -> Row:
    return {**row, "flow": flow_name(row["direction"], row["flow"]), "decided": decided(row)}


def decided(row: Row) -> str:
    """Say what a person decided last about a job, who, and when; empty if nobody did."""
    if not row["decision"]:
        return ""
    at: datetime = row["decided_at"]
    said = f"{row['decision']} by {row['decided_by']} at {at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return f"failed again after it was {said}" if row["failed_again"] else said
