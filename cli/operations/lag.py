"""How far the work of queues and stores lags behind, for people and for scripts."""

from collections.abc import Iterable, Mapping
from typing import Any

from cli.common import print_table, span
from ledger.jobs.lag import FlowLag, Lag
from schemas.flows import JOBS, flow_name
from schemas.wording.lists import counted
from tasks.broker.queues import queue_of

COLUMNS = {"due": "DUE", "oldest": "FOR", "per_minute": "DONE A MINUTE", "left": "DONE IN"}


def by_queue(lags: Iterable[FlowLag]) -> dict[str, Lag]:
    """Add up what lags on each queue that runs jobs, in the queues' order."""
    found = dict.fromkeys((queue_of(name) for name in JOBS), Lag())
    for each in lags:
        found[queue_of(flow_name(each.direction, each.flow))] += each.lag
    return found


def in_words(lag: Lag) -> str:
    """Say how much is due, for how long, how fast it gets done, and when it is done."""
    if not lag.due:
        return "nothing is due"
    end = "nothing of it gets done" if lag.seconds_left is None else f"done in {span(lag.seconds_left)}"
    due = f"{counted(lag.due, 'job')} due for up to {span(lag.oldest)}"
    return f"{due}, {lag.per_minute:.0f} done a minute, {end}"


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
