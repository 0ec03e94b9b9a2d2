"""Does one dispatch keep up with a hundred thousand stores?

    python -m benchmarks many_stores [--stores 100000] [--interval 300] [--seconds 120] [--workers 2] [--polls-only]

Writes the stores into an empty PostgreSQL, their polls spread over the interval, and starts beat and dispatch as the
Procfile does. Their messages are taken by `--workers` stub workers, which run the connector's own polls and settle them
in the ledger, but answer the vendors' requests from memory. First only polls are due; then also the scans of each
store's orders and inventory in Afosto, as often as of stores that have been quiet for a day.

For `--seconds` it measures how many polls were due, sent and settled, how long after its due time each was, and the
cores of dispatch, PostgreSQL and Redis. Exits with 1 if fewer than 99 of 100 due polls were settled, if the 99th
percentile of their delay is above 5 s, or if dispatch and beat together need more than one core.
"""

import argparse
import re
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import click

from benchmarks.measure.reporting import amount, count, options, report_aims, show
from benchmarks.measure.statistics import percentile, tracked
from benchmarks.setup.quiet_stores import QuietStores, quiet_stores
from benchmarks.suite.idle import PRODUCTION_SETTINGS

NAME = "many_stores"
LEAD = 12.0  # seconds for the processes to start
GRACE = 10.0  # seconds after the window in which a poll that was due within it may end
LEAST_SHARE = 0.99
LONGEST_DELAY = 5.0  # seconds
CORES = 1.0
PARTS = ("dispatch", "beat", "postgres", "redis")
# The line "task ended" of a tick, see docs/logs.md.
_TICK = re.compile(r'"outcome": "(\d+) polls, (\d+) scans, (\d+) inventories[^\n]*"seconds": ([0-9.]+)')


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured in a window of `seconds`: polls, delays behind the due time in seconds, CPU seconds."""

    work: str
    stores: int
    seconds: float
    due: int
    settled: int
    taken: Sequence[float]
    ended: Sequence[float]
    backlog: int
    sent: int
    asked: int
    ticks: Sequence[float]
    cpu: Mapping[str, float]

    def cores(self, part: str) -> float:
        """CPU seconds per second of one kind of process."""
        return sum(used for name, used in self.cpu.items() if name.startswith(part)) / self.seconds


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; return exit code 1 if it missed an aim."""
    given = _arguments(argv)
    works = ["polls"] if given.polls_only else ["polls", "polls and scans"]
    found = [_measure(given, work) for work in tracked(works, NAME)]
    _print(found)
    return report_aims([each for figures in found for each in _missed(figures)])


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = options(NAME, "Measure dispatch with very many stores.")
    parser.add_argument("--stores", type=count, default=100_000, help="stores, at most 100000 (the default)")
    parser.add_argument("--interval", type=amount, default=300.0, help="poll interval (default: 300 s)")
    parser.add_argument("--seconds", type=amount, default=120.0, help="length of the measurement (default: 120 s)")
    parser.add_argument("--workers", type=count, default=2, help="stub worker processes (default: 2)")
    parser.add_argument("--polls-only", action="store_true", help="leave out the run with scans")
    return parser.parse_args(argv)


def _measure(given: argparse.Namespace, work: str) -> Figures:
    with quiet_stores(given.stores, given.interval, PRODUCTION_SETTINGS, {}) as stores:
        stores.start(given.workers, 8, LEAD, scans=work != "polls")
        return _window(stores, work, given.seconds)


def _window(stores: QuietStores, work: str, seconds: float) -> Figures:
    cpu, begin, logged = stores.costs.seconds(), time.time(), len(stores.tick_log())
    backlog = 0
    while time.time() < begin + seconds:
        time.sleep(1)
        backlog = max(backlog, int(stores.world.redis.llen("poll")))
    spent = {name: used - cpu[name] for name, used in stores.costs.seconds().items()}
    ticks = _TICK.findall(stores.tick_log()[logged:])
    took = time.time() - begin
    time.sleep(GRACE)
    end = begin + took
    taken, ended = _delays(stores, begin, end)
    return Figures(
        work=work,
        stores=stores.count,
        seconds=took,
        due=_due(stores, begin, end),
        settled=len(ended),
        taken=taken,
        ended=ended,
        backlog=backlog,
        sent=sum(int(tick[0]) for tick in ticks),
        asked=sum(int(tick[1]) + int(tick[2]) for tick in ticks),
        ticks=[float(tick[3]) for tick in ticks],
        cpu=spent,
    )


def _due(stores: QuietStores, begin: float, end: float) -> int:
    """Return how many polls were due in the window, if each store is polled once per interval."""
    every = stores.interval
    return sum(int((end - due) // every) - int((begin - due) // every) for due in stores.dues.values())


def _delays(stores: QuietStores, begin: float, end: float) -> tuple[list[float], list[float]]:
    """Return for the polls due in the window how long after their due time they were taken, and settled.

    A store's next poll is due one interval after its last one began.
    """
    due, taken, ended = dict(stores.dues), list[float](), list[float]()
    for store, took, settled in stores.polled():
        if begin <= due[store] < end:
            taken.append(took - due[store])
            ended.append(settled - due[store])
        due[store] = took + stores.interval
    return taken, ended


def _print(found: Sequence[Figures]) -> None:
    rows = [
        (
            f"{f.stores:,} stores, {f.work}",
            f"{f.due / f.seconds:.0f}",
            f"{f.sent / f.seconds:.0f}",
            f"{f.settled / f.seconds:.0f}",
            *(f"{percentile(part or [0.0], share):.2f}" for part in (f.taken, f.ended) for share in (50, 99)),
            f.backlog,
            f"{f.asked / f.seconds:.0f}",
        )
        for f in found
    ]
    columns = ["", "due/s", "sent/s", "settled/s", "taken after s: p50", "p99", "settled after s: p50", "p99"]
    show("polls", [*columns, "most waiting messages", "scans sent/s"], rows)
    cores = [
        (
            f"{f.stores:,} stores, {f.work}",
            *(f"{f.cores(part):.2f}" for part in (*PARTS, "stub")),
            f"{1000 * f.cores('dispatch') * f.seconds / max(1, f.sent + f.asked):.2f}",
            f"{1000 * statistics.median(f.ticks or [0.0]):.0f}",
            f"{1000 * max(f.ticks, default=0.0):.0f}",
        )
        for f in found
    ]
    show("cores", ["", *PARTS, "stub workers", "dispatch CPU ms per message", "tick ms: median", "longest"], cores)
    click.echo(
        "after s: seconds from a poll's due time until its message was taken by a worker, and until it was settled"
    )


def _missed(f: Figures) -> list[str]:
    missed = []
    if f.settled < LEAST_SHARE * f.due:
        missed.append(f"{f.work}: {f.settled:,} of {f.due:,} polls that were due were settled")
    if (delay := percentile(f.ended or [0.0], 99)) > LONGEST_DELAY:
        missed.append(f"{f.work}: 1 in 100 polls was settled more than {delay:.1f} s after its due time")
    if (cores := f.cores("dispatch") + f.cores("beat")) > CORES:
        missed.append(f"{f.work}: dispatch and beat need {cores:.2f} cores")
    return missed
