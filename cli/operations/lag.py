"""How far the work of queues and stores lags behind, for people and for scripts."""

from collections.abc import Mapping
from typing import Any

from cli.common import print_table
from ledger.jobs.lag import Lag
from schemas.wording.spans import span

COLUMNS = {"due": "DUE", "oldest": "FOR", "per_minute": "DONE A MINUTE", "left": "DONE IN"}


def cells(lag: Lag) -> dict[str, str]:
    """Give the cells of a table's row, under `COLUMNS`."""
    left = "never so far" if lag.seconds_left is None else span(lag.seconds_left)
    return {
        "due": str(lag.due),
        "oldest": span(lag.oldest) if lag.due else "",
        "per_minute": f"{lag.per_minute:.0f}",
        "left": left if lag.due else "",
    }


def for_scripts(lag: Lag) -> dict[str, Any]:
    """Return the same as numbers: ages in seconds, None where there is none."""
    return {
        "due": lag.due,
        "oldest": lag.oldest,
        "oldest_urgent": lag.urgent,
        "done_per_minute": round(lag.per_minute, 1),
        "seconds_left": lag.seconds_left,
    }


def print_queues(messages: Mapping[str, int] | None, lags: Mapping[str, Lag]) -> None:
    """Print what is due in the database per queue, beside its messages on the broker (None: unknown), a few of that."""
    waiting = messages or {}
    rows = [
        {
            "queue": queue,
            **(cells(lags[queue]) if queue in lags else dict.fromkeys(COLUMNS)),
            "sent": waiting.get(queue),
        }
        for queue in dict.fromkeys((*lags, *waiting))
    ]
    print_table(rows, {"queue": "QUEUE", **COLUMNS, "sent": "ON THE BROKER"}, "none")
