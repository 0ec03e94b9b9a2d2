"""Repairs what a kept comparison found. Some time has passed since: what people have decided meanwhile stands."""

from dataclasses import dataclass

from ledger.ledger import Ledger
from ledger.orders.comparison import OrderNotes
from reconcile.differences import request_repairs
from schemas.states import JobState

# Orders whose jobs are read at once.
BATCH = 500


@dataclass(frozen=True, slots=True)
class Repaired:
    """How many jobs and SKUs run again, and how many differences were left as they are: a person decided meanwhile."""

    jobs: int
    skus: int
    left: int


def repair_kept(ledger: Ledger, store: str, comparison: int, difference: int | None, *, by: str) -> Repaired:
    """Request the jobs again that one difference names, or all of a comparison do; writes nothing else at the vendors.

    A job that is parked or was dropped is not requested. Jobs read both sides again, so asking twice does no harm.
    """
    rows = ledger.comparisons.to_repair(store, comparison, difference)
    jobs: dict[tuple[str, str], set[str]] = {}
    taken: list[int] = []
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        notes = ledger.comparing.orders(store, sorted({row["key"] for row in batch}))
        for row in batch:
            wanted = [(direction, flow) for direction, flow in row["repair"]]
            if any(_is_decided(notes[row["key"]], *job) for job in wanted):
                continue
            taken.append(row["id"])
            for job in wanted:
                jobs.setdefault(job, set()).add(row["key"])
    requested, skus = request_repairs(ledger, store, jobs)
    ledger.comparisons.note_repaired(taken, by)
    return Repaired(requested, skus, len(rows) - len(taken))


def _is_decided(notes: OrderNotes, direction: str, flow: str) -> bool:
    job = notes.job(direction, flow)
    return job is not None and (job.state == JobState.PARKED or job.was_dropped)
