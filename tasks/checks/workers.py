"""What `connector doctor` says of the workers: how many each queue has, which are silent, stuck, or set otherwise."""

from collections.abc import Iterator, Mapping, Sequence

from ledger.postgres.database import Row
from schemas.wording.lists import counted
from schemas.wording.spans import span
from tasks.broker.consumers import is_silent
from tasks.broker.queues import QUEUE_NAMES
from tasks.checks.check import Check
from tasks.checks.running_settings import differences

_SILENT = (
    "it is frozen, died, or does not reach the database; look at its log and restart it. If it is gone for good: "
    "connector workers forget {name}"
)


def check_workers(rows: Sequence[Row], here: Mapping[str, object]) -> Iterator[Check]:
    """Check the rows of `Status.workers` against each other and the settings of this shell."""
    for row in rows:
        if row["stuck"]:
            text = f"its {' and '.join(row['stuck'])} no longer come round; its log says why; restart it"
            yield Check(f"worker {row['id']}", False, text)
        if is_silent(row):
            text = f"no sign of life for {span(row['seen_before'])}: {_SILENT.format(name=row['id'])}"
            yield Check(f"worker {row['id']}", False, text)
    living = [row for row in rows if not is_silent(row)]
    for queue in QUEUE_NAMES:
        yield _queue(queue, [row for row in living if queue in row["queues"]])
    yield from _settings(living, here)


def _queue(queue: str, workers: Sequence[Row]) -> Check:
    if not workers:
        return Check(f"queue {queue}", False, "no living worker consumes it; start one as the Procfile says")
    slots = sum(row["slots"] for row in workers)
    processes = "1 process" if len(workers) == 1 else f"{len(workers)} processes"
    return Check(f"queue {queue}", True, f"{processes} with {counted(slots, 'slot')} alive")


def _settings(living: Sequence[Row], here: Mapping[str, object]) -> Iterator[Check]:
    found = list(differences(living, here))
    for difference in found:
        yield Check("settings", difference.harmless, difference.text)
    if living and not found:
        yield Check("settings", True, "this shell and all workers have the same")
