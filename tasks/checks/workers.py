"""What `connector doctor` says of the workers: how many each queue has, which are silent, stuck, or set otherwise."""

from collections.abc import Iterator, Mapping, Sequence

from ledger.postgres.database import Row
from schemas.wording.lists import counted
from schemas.wording.phrases import joined, phrase
from schemas.wording.spans import span
from tasks.broker.consumers import is_deaf, is_silent
from tasks.broker.queues import QUEUE_NAMES
from tasks.checks.check import Check
from tasks.checks.running_settings import differences

_SETTINGS = phrase("settings")


def check_workers(rows: Sequence[Row], here: Mapping[str, object]) -> Iterator[Check]:
    """Check the rows of `Status.workers` against each other and the settings of this shell."""
    for row in rows:
        if row["stuck"]:
            text = phrase(
                "its %(loops)s no longer come round; its log says why; restart it", loops=joined(row["stuck"], ", ")
            )
            yield Check(phrase("worker %(name)s", name=row["id"]), False, text)
        if is_silent(row):
            text = phrase(
                "no sign of life for %(time)s: it is frozen, died, or does not reach the database; look at its log and "
                "restart it. If it is gone for good: connector workers forget %(name)s",
                time=span(row["seen_before"]),
                name=row["id"],
            )
            yield Check(phrase("worker %(name)s", name=row["id"]), False, text)
        elif is_deaf(row):
            text = phrase(
                "it lives, but took nothing from the broker for %(time)s; look at its log and restart it, "
                "unless the broker is away",
                time=span(row["listened_before"]),
            )
            yield Check(phrase("worker %(name)s", name=row["id"]), False, text)
    living = [row for row in rows if not is_silent(row)]
    for queue in QUEUE_NAMES:
        yield _queue(queue, [row for row in living if queue in row["queues"]])
    yield from _settings(living, here)


def _queue(queue: str, workers: Sequence[Row]) -> Check:
    name = phrase("queue %(queue)s", queue=queue)
    if not workers:
        return Check(name, False, phrase("no living worker consumes it; start one as the Procfile says"))
    slots = counted(sum(row["slots"] for row in workers), "slot")
    if len(workers) == 1:
        return Check(name, True, phrase("1 process with %(slots)s alive", slots=slots))
    return Check(name, True, phrase("%(count)s processes with %(slots)s alive", count=len(workers), slots=slots))


def _settings(living: Sequence[Row], here: Mapping[str, object]) -> Iterator[Check]:
    found = list(differences(living, here))
    for difference in found:
        yield Check(_SETTINGS, difference.harmless, difference.text)
    if living and not found:
        yield Check(_SETTINGS, True, phrase("this shell and all workers have the same"))
