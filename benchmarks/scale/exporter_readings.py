"""How long does the exporter read the fleet?

    python -m benchmarks exporter_readings [--stores 10000] [--jobs 200000] [--waiting 100000] [--times 7]

Fills the tables of an empty PostgreSQL as `growth` does, and adds jobs that are due, a tenth of them parked and a tenth
waiting for calls, spread over all stores. Half of the stores are late, each store has a budget in Redis, every tenth a
stopped flow, every hundredth a problem. Then each part is read as the exporter reads it.

The share of a core is what a part would take of PostgreSQL, Redis and the exporter together at its pace. Exits with 1
if a reading takes more than half of the time at which a statement is given up, or all parts need more than half a core.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import LiteralString

import click
import psycopg

from benchmarks.measure.reporting import count, options, report_aims, show
from benchmarks.measure.statistics import digits, tracked
from benchmarks.setup.filled_tables import fill
from benchmarks.setup.idle_stores import StubVendors, connect_idle
from benchmarks.suite.idle import PRODUCTION_SETTINGS
from exporter.collecting import Part
from exporter.runtime import STATEMENT_SECONDS, build_runtime
from local.servers.processes import Processes
from local.servers.services import local_services
from tests.support.connector.world import World

NAME = "exporter_readings"
CORES = 0.5
_ROWS: tuple[LiteralString, ...] = (
    """insert into jobs (store, direction, flow, subject, order_key, lane, state, due_at, prepaid, reason)
       select s.name, 'import', f.flow, 'due-' || n, 'due-' || n, mod(n, 2) + 1,
              case mod(n, 10) when 0 then 'parked' else 'waiting' end, now() - n * interval '10 milliseconds',
              mod(n, 10) = 1, case mod(n, 10) when 0 then 'drift' end
       from generate_series(1, %(waiting)s) as n
       join (select name, row_number() over (order by name) - 1 as at from stores) s on s.at = mod(n, %(stores)s)
       join (values (0, 'orders'), (1, 'shipments'), (2, 'cancellations'), (3, 'returns')) as f (at, flow)
         on f.at = mod(n, 4)""",
    "update stores set connected_at = now() - interval '60 days'",
    """update cursors set polled_at = now() - case when mod(substr(store, 6)::int, 2) = 0 then interval '1 hour'
                                                   else interval '1 minute' end where kind = 'live'""",
    """update store_flows set stopped_reason = 'totals-differ', stopped_message = 'why'
       where flow = 'shipments' and direction = 'import' and mod(substr(store, 6)::int, 10) = 3""",
    """insert into store_health (store, vendor, reason, message, retry_at)
       select name, 'epages', 'does-not-answer', 'why', now() from stores where mod(substr(name, 6)::int, 100) = 7""",
    """insert into missed_windows (store, day, windows)
       select name, current_date - d, set_bit(0::bit(288), 17, 1)
       from stores cross join generate_series(0, 27, 3) as d""",
    "vacuum analyze",
)


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark; return exit code 1 if it missed an aim."""
    given = _arguments(argv)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder, ExitStack() as stack:
        services = stack.enter_context(local_services(Path(folder) / "services", {}, durable=False))
        vendors = StubVendors(stack.enter_context(Processes(Path(folder) / "logs")))
        world = stack.enter_context(World(services, Path(folder), **PRODUCTION_SETTINGS))
        connect_idle(world, given.stores, vendors.base_url, 300)
        fill(world.settings.database_url, given.jobs)
        _add(world, given.stores, given.waiting)
        runtime = build_runtime(world.settings)
        stack.callback(runtime.close)
        parts = runtime.parts()
        found = {part.name: _timed(part, given.times) for part in tracked(parts, NAME)}
        click.echo(f"{given.stores:,} stores, {given.jobs:,} jobs, {given.waiting:,} more that wait\n")
        _print(parts, found)
        return report_aims(_missed(parts, found))


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = options(NAME, "Measure the exporter's readings.")
    parser.add_argument("--stores", type=count, default=10_000)
    parser.add_argument("--jobs", type=count, default=200_000)
    parser.add_argument("--waiting", type=count, default=100_000)
    parser.add_argument("--times", type=count, default=7, help="readings of each part, of which the median counts")
    return parser.parse_args(argv)


def _add(world: World, stores: int, waiting: int) -> None:
    with psycopg.connect(world.settings.database_url, autocommit=True) as connection:
        for statement in _ROWS:
            wanted = {"stores": stores, "waiting": waiting} if "%(" in statement else None
            connection.execute(statement, wanted)
    names = world.ledger.stores.names()
    with world.redis.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.hset(f"limit:epages:{name}", "exports_at", "1")
            pipe.hset(f"limit:afosto:{name}", "exports_at", "1")
        pipe.execute()


def _timed(part: Part, times: int) -> list[float]:
    # The first time it comes from the disk, and opens connections.
    return [_once(part) for _ in range(times + 1)][1:]


def _once(part: Part) -> float:
    began = time.perf_counter()
    assert list(part.read())
    return time.perf_counter() - began


def _print(parts: Sequence[Part], found: dict[str, list[float]]) -> None:
    rows = [
        (part.name, f"{part.interval:g}", *(digits(1000 * each(found[part.name])) for each in (statistics.median, max)))
        for part in parts
    ]
    show("a reading, in milliseconds", ["part", "every, s", "median", "slowest"], rows)
    click.echo(f"All parts at their pace: {100 * _cores(parts, found):.1f} % of a core at most.\n")


def _cores(parts: Sequence[Part], found: dict[str, list[float]]) -> float:
    return sum(statistics.median(found[part.name]) / part.interval for part in parts)


def _missed(parts: Sequence[Part], found: dict[str, list[float]]) -> list[str]:
    slow = [
        f"{name}: {1000 * max(seconds):.0f} ms, where {500 * STATEMENT_SECONDS:.0f} ms is the aim"
        for name, seconds in found.items()
        if max(seconds) > STATEMENT_SECONDS / 2
    ]
    cores = _cores(parts, found)
    return [*slow, *([f"{cores:.2f} cores, where {CORES} is the aim"] if cores > CORES else [])]
