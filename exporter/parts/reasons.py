"""Reasons as labels: those of ours by name, all others, which a shop may invent, as one."""

from collections import Counter
from collections.abc import Iterable, Iterator

from schemas.reasons import Reason

OTHER = "other"
_OURS = frozenset(Reason)


def by_reason(rows: Iterable[tuple[str, str, int]]) -> Iterator[tuple[str, str, int]]:
    """Add up rows of (something, reason, count) whose reason is none of ours."""
    counts: Counter[tuple[str, str]] = Counter()
    for what, reason, count in rows:
        counts[what, reason_label(reason)] += count
    for (what, reason), count in counts.items():
        yield what, reason, count


def reason_label(reason: str) -> str:
    """Return a reason of ours as it is, and any other as "other"."""
    return reason if reason in _OURS else OTHER
