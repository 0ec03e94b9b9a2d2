"""The result table of a run: per fault the rounds, what was lost and doubled, and the time to recover."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

from rich.table import Table

from tests.chaos.rounds import Outcome

_COLUMNS = ("fault", "rounds", "struck", "lost", "doubled", "p50 s", "p95 s", "max s")


def table(outcomes: Sequence[Outcome]) -> Table:
    """Return a table with a row per fault, and one for all rounds. A round with two faults counts for both."""
    by_fault: defaultdict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        for fault in outcome.faults:
            by_fault[fault].append(outcome)
    made = Table(*_COLUMNS)
    for fault in sorted(by_fault):
        struck = sum(fault in outcome.struck for outcome in by_fault[fault])
        made.add_row(fault, *_row(by_fault[fault], struck))
    made.add_section()
    made.add_row("all", *_row(outcomes, sum(bool(outcome.struck) for outcome in outcomes)))
    return made


def _row(outcomes: Sequence[Outcome], struck: int) -> list[str]:
    counts = [len(outcomes), struck, sum(o.lost for o in outcomes), sum(o.doubled for o in outcomes)]
    times = sorted(outcome.recovery for outcome in outcomes)
    return [*map(str, counts), *(f"{percentile(times, share):.1f}" for share in (0.5, 0.95, 1.0))]


def percentile(times: Sequence[float], share: float) -> float:
    """Return the smallest sorted time that at least this share does not exceed; 0 if there are no times."""
    return times[math.ceil(len(times) * share) - 1] if times else 0.0


def differences(outcomes: Iterable[Outcome]) -> list[str]:
    """Return the differences, each with its round and faults."""
    return [
        f"round {outcome.number} (world {outcome.world}; {', '.join(outcome.faults)}): "
        f"{found.kind} {found.order}: {found.message}"
        for outcome in outcomes
        for found in outcome.differences
    ]
