"""How far the work of each queue lags behind."""

from collections.abc import Iterable

from ledger.jobs.lag import FlowLag, Lag
from schemas.flows import JOBS, flow_name
from schemas.wording.lists import counted
from schemas.wording.phrases import joined, phrase
from schemas.wording.spans import span
from tasks.broker.queues import queue_of


def by_queue(lags: Iterable[FlowLag]) -> dict[str, Lag]:
    """Add up what lags on each queue that runs jobs, in the queues' order."""
    found = dict.fromkeys((queue_of(name) for name in JOBS), Lag())
    for each in lags:
        found[queue_of(flow_name(each.direction, each.flow))] += each.lag
    return found


def in_words(lag: Lag) -> str:
    """Say how much is due, for how long, how fast it gets done, and when it is done."""
    if not lag.due:
        return phrase("nothing is due")
    jobs, oldest, pace = counted(lag.due, "job"), span(lag.oldest), f"{lag.per_minute:.0f}"
    due = phrase("%(jobs)s due for up to %(oldest)s, %(pace)s done a minute", jobs=jobs, oldest=oldest, pace=pace)
    if lag.seconds_left is None:
        return joined([due, phrase("nothing of it gets done")], ", ")
    return joined([due, phrase("done in %(time)s", time=span(lag.seconds_left))], ", ")
