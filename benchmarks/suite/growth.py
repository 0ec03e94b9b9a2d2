"""Does anything get slower as the tables grow?

    python -m benchmarks growth [--quick] [--jobs 1000000 10000000] [--times 11]

Fills the tables of an empty PostgreSQL as years of trade would: per order four jobs, one attempt and two links. A fifth
of the orders belongs to one big store; the others are spread over a thousand stores. 1 job in 200 is waiting, 1 in
1,000 is parked. Then it measures, at each size, the queries of workers, dispatch and people, and the deletion of a
batch of old attempts.

Exits with 1 if a query takes more than twice as long at the last size as at the first, and more than 10 ms. Exceptions:
queries that count rows for people may take up to a second, and a tick of dispatch up to 250 ms, however long they took
at the first size.
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

from benchmarks.measure.bar_charts import save_bars
from benchmarks.measure.reporting import count, options, report_aims, show
from benchmarks.measure.statistics import Figure, digits, figure, tracked
from benchmarks.setup.filled_tables import fill
from benchmarks.setup.idle_stores import StubVendors, connect_idle
from benchmarks.suite.idle import PRODUCTION_SETTINGS
from jobs.runtime import Runtime, build_runtime
from ledger.postgres.database import Row
from ledger.records import Job, JobRequest, Settlement
from ledger.status import Status
from local.servers.processes import Processes
from local.servers.services import local_services
from tasks.dispatch import dispatch
from tests.support.connector.world import World

NAME = "growth"
BIG, SMALL = "idle-00000", "idle-00007"
TWICE, SMALL_TIME = 2.0, 0.010  # a larger ratio counts as growth, unless it takes fewer seconds than this
# Queries that count rows for people: their time grows with the rows.
PEOPLE = ("status: stores", "status: jobs by state", "status: lag", "status: parked", "the big store")
LONGEST = {"a tick of dispatch": 0.25, **dict.fromkeys(PEOPLE, 1.0)}
STORES = 1_000
Timed = dict[str, list[float]]


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark; return exit code 1 if it missed an aim."""
    given = _arguments(argv)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder, ExitStack() as stack:
        services = stack.enter_context(local_services(Path(folder) / "services", {}, durable=False))
        vendors = StubVendors(stack.enter_context(Processes(Path(folder) / "logs")))
        waits = {**PRODUCTION_SETTINGS, "DISPATCH_INTERVAL": "0.001", "AFOSTO_URL": f"{vendors.base_url}/graphql"}
        world = stack.enter_context(World(services, Path(folder), **waits))
        connect_idle(world, STORES, vendors.base_url, 300)
        found: dict[int, Timed] = {}
        for jobs in tracked(given.jobs, f"{NAME}, jobs"):
            started = time.monotonic()
            size = fill(world.settings.database_url, jobs)
            click.echo(f"{jobs:,} jobs: {size:.1f} GB, filled within {time.monotonic() - started:.0f} s")
            found[jobs] = _time_all(world, given.times)
        _print(found)
        return report_aims(_missed(found))


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = options(NAME, "Measure the ledger's queries as its tables grow.")
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
        operations = Operations(runtime).operations().items()
        for _, prepare in operations:
            _timed(prepare)  # the first read after filling comes from the disk
        return {name: [_timed(prepare) for _ in range(times)] for name, prepare in operations}
    finally:
        runtime.close()


def _timed(prepare: Callable[[], Callable[[], object]]) -> float:
    run = prepare()
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


class Operations:
    """The operations on the ledger. Each prepares its data and returns the function that is measured."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._ledger = runtime.ledger
        self._status = Status(runtime.ledger.database)
        self._waiting = self._rows(_WAITING)
        self._claimed: list[Job] = []
        self._new_orders = itertools.count()
        (self._failing,) = self._rows(_FAILING)

    def operations(self) -> Mapping[str, Callable[[], Callable[[], object]]]:
        """Return what to measure, by name."""
        ledger, status = self._ledger, self._status
        return {
            "claim": lambda: self._claim,
            "settle": lambda: self._settle,
            "request a job": lambda: self._wish,
            "request a run": lambda: partial(ledger.jobs.request_run, SMALL, "export", "looks", "order-7"),
            "reclaim expired leases": lambda: partial(ledger.jobs.reclaim_expired, 10),
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
                self._claimed.append(claimed[0])
                return

    def _settle(self) -> None:
        end = Settlement("done", "done", "imported")
        self._ledger.jobs.settle(self._claimed.pop(), "me", end, steps=["created"], seconds=0.1, requests=4)

    def _wish(self) -> None:
        request = JobRequest("orders", f"fresh-{next(self._new_orders)}-{time.time_ns()}", "hash", datetime.now(UTC))
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
# A job of the big store that has failed for an hour, in which no other job of that store was done.
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
