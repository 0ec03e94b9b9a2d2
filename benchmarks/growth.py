"""Does anything get slower as the tables grow?

    python -m benchmarks growth [--quick] [--jobs 1000000 10000000] [--times 11]

Fills the tables of an empty PostgreSQL as years of trade leave them: four jobs, an attempt and two links to an
order, a fifth of them of one big store and the others spread over a thousand; of the jobs 1 in 200 waits, 1 in 1,000
is parked. Then it times what workers, dispatch and people ask of them, at each size, and what deletes a batch of old
attempts.

Exits with 1 when something takes more than twice as long at the last size as at the first, and more than 10 ms. Only
what counts rows for people may take up to a second, and a tick of dispatch up to 250 ms, whatever they took before.
"""

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import LiteralString

import click

from benchmarks.growing import fill
from benchmarks.idle import EARNEST
from benchmarks.idle_stores import StandIn, connect_idle
from benchmarks.measuring import Figure, digits, figure, tracked
from benchmarks.plotting import save_bars
from benchmarks.reporting import count, options, show, verdict
from ledger.database import Row
from ledger.records import Job, JobRequest, Settlement
from ledger.status import Status
from tasks.dispatch import dispatch
from tasks.runtime import Runtime, build_runtime
from tests.world import World
from workers.local.processes import Processes
from workers.local.services import local_services

NAME = "growth"
BIG, SMALL = "idle-00000", "idle-00007"
TWICE, SMALL_TIME = 2.0, 0.010  # more than this ratio is growth; what takes less seconds than this is fast at any size
# What counts rows for a person grows with them.
PEOPLE = ("status: stores", "status: jobs by state", "status: lag", "status: parked", "the big store")
LONGEST = {"a tick of dispatch": 0.25, **dict.fromkeys(PEOPLE, 1.0)}
STORES = 1_000
Timed = dict[str, list[float]]


def main(argv: list[str] | None = None) -> int:
    """Run; exit code 1 when an aim was missed."""
    given = _arguments(argv)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder, ExitStack() as stack:
        services = stack.enter_context(local_services(Path(folder) / "services", {}, durable=False))
        vendors = StandIn(stack.enter_context(Processes(Path(folder) / "logs")))
        waits = {**EARNEST, "DISPATCH_INTERVAL": "0.001", "AFOSTO_URL": f"{vendors.base_url}/graphql"}
        world = stack.enter_context(World(services, Path(folder), **waits))
        connect_idle(world, STORES, vendors.base_url, 300)
        found: dict[int, Timed] = {}
        for jobs in tracked(given.jobs, f"{NAME}, jobs"):
            started = time.monotonic()
            size = fill(world.settings.database_url, jobs)
            click.echo(f"{jobs:,} jobs: {size:.1f} GB, filled within {time.monotonic() - started:.0f} s")
            found[jobs] = _time_all(world, given.times)
        _print(found)
        return verdict(_missed(found))


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = options(NAME, "Time the ledger's questions as its tables grow.")
    parser.add_argument("--jobs", type=count, nargs="+", default=[1_000_000, 10_000_000], help="sizes, ascending")
    parser.add_argument("--times", type=count, default=11, help="measurements of each, of which the median counts")
    parser.add_argument("--quick", action="store_true", help="100,000 and 1,000,000 jobs")
    given = parser.parse_args(argv)
    if given.quick:
        given.jobs = [100_000, 1_000_000]
    return given


def _time_all(world: World, times: int) -> Timed:
    runtime = build_runtime(world.settings, lambda *_: None, lambda _: 0)
    try:
        acts = Questions(runtime).acts().items()
        for _, act in acts:
            _timed(act)  # what is read for the first time after the filling comes from the disk
        return {name: [_timed(act) for _ in range(times)] for name, act in acts}
    finally:
        runtime.close()


def _timed(act: Callable[[], Callable[[], object]]) -> float:
    run = act()
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


class Questions:
    """What is asked of the ledger. Each act makes ready and returns what is timed."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._ledger = runtime.ledger
        self._status = Status(runtime.ledger.database)
        self._waiting = self._rows(_WAITING)
        self._held: list[Job] = []
        self._fresh = itertools.count()
        (self._failing,) = self._rows(_FAILING)

    def acts(self) -> Mapping[str, Callable[[], Callable[[], object]]]:
        """Return what to measure, by name."""
        ledger, status = self._ledger, self._status
        return {
            "claim": lambda: self._claim,
            "settle": lambda: self._settle,
            "news of an order": lambda: self._request,
            "a hint": lambda: partial(ledger.jobs.request_run, SMALL, "export", "looks", "order-7"),
            "leases that ended": lambda: partial(ledger.jobs.reclaim_expired, 10),
            "a tick of dispatch": self._tick,
            "do others succeed?": lambda: self._others_succeed,
            "status: stores": lambda: status.stores,
            "status: jobs by state": lambda: ledger.jobs.counts,
            "status: lag": lambda: status.lag,
            "status: parked": lambda: ledger.jobs.parked_reasons,
            "the big store": lambda: partial(ledger.stores.overview, BIG),
            "an order's history": lambda: partial(status.attempts, BIG, "order-40"),
            "parked jobs of a store": lambda: partial(ledger.jobs.search, store=BIG, state="parked"),
            "the newest jobs": lambda: partial(ledger.jobs.search, limit=100),
            "delete old attempts": lambda: partial(ledger.retention.prune, 500, 500, seconds=0.001),
        }

    def _claim(self) -> None:
        while True:
            row = self._waiting.pop()
            claimed = self._ledger.jobs.claim(
                row["store"], row["direction"], row["flow"], row["subject"], holder="me", lease=60
            )
            if claimed:
                self._held.append(claimed[0])
                return

    def _settle(self) -> None:
        end = Settlement("done", "done", "imported")
        self._ledger.jobs.settle(self._held.pop(), "me", end, steps=["created"], seconds=0.1, requests=4)

    def _request(self) -> None:
        request = JobRequest("orders", f"fresh-{next(self._fresh)}-{time.time_ns()}", "hash", datetime.now(UTC))
        self._ledger.jobs.request_jobs(BIG, "import", 1, [request])

    def _tick(self) -> Callable[[], object]:
        self._rows("update jobs set state = 'waiting', queued_at = null where state = 'queued' returning id")
        return partial(dispatch, self._runtime)

    def _others_succeed(self) -> bool:
        (row,) = self._rows("select * from jobs where id = any(array[%s]::bigint[])", self._failing["id"])
        return bool(self._ledger.database.row("jobs.others_succeed", {"id": row["id"]}))

    def _rows(self, query: LiteralString, *values: object) -> list[Row]:
        return self._ledger.database.transaction(lambda session: session.execute(query, values).fetchall())


_WAITING: LiteralString = """
    select store, direction, flow, subject from jobs where state = 'waiting' and due_at <= now() order by id limit 500
"""
# A job that has failed for an hour in which nothing else of its big store was done.
_FAILING: LiteralString = """
    update jobs set failing_since = now() - interval '1 hour', failures = 10
    where id = (select id from jobs where store = 'idle-00000' and state = 'parked' order by id limit 1) returning id
"""


def _print(found: Mapping[int, Timed]) -> None:
    sizes = list(found)
    columns = ["", *(f"{size:,} jobs" for size in sizes)]
    cells = {
        name: [figure(1000 * seconds for seconds in found[size][name]) for size in sizes] for name in found[sizes[0]]
    }
    if len(sizes) == 1:
        show("milliseconds", columns, [(name, *figures) for name, figures in cells.items()])
        return
    grown = {name: Figure(figures[-1].median / figures[0].median, 0.0) for name, figures in cells.items()}
    rows = [(name, *figures, digits(grown[name].median)) for name, figures in cells.items()]
    show("milliseconds", [*columns, "ratio"], rows)
    title = f"Time at {sizes[-1]:,} jobs : at {sizes[0]:,}"
    click.echo(f"{save_bars(NAME, title, ['ratio'], {name: [ratio] for name, ratio in grown.items()})}\n")


def _missed(found: Mapping[int, Timed]) -> list[str]:
    first, last = (next(iter(found.values())), list(found.values())[-1])
    missed = []
    for name, times in last.items():
        small, big = statistics.median(first[name]), statistics.median(times)
        if big > LONGEST.get(name, SMALL_TIME) and (name in LONGEST or big > TWICE * small):
            missed.append(f"{name}: {1000 * big:.0f} ms, {big / small:.1f} times as long as at the first size")
    return missed
