"""What do ten thousand connected stores cost when nothing changes?

    python -m benchmarks idle [--quick] [--stores 100 1000 10000] [--interval 300] [--short 20] [--polls-only]

Writes the stores into an empty PostgreSQL, each with a valid token, their polls spread over the interval. Starts the
processes of the Procfile that idle stores keep busy. The vendors are `stub_vendors.py`: they answer every store with an
empty page. Measures over 1.1 intervals: the share of stores polled, requests and transactions per poll, and CPU per
poll. Up to 1,000 stores are polled every `--short` seconds, so that a short run sees many polls. Besides, each store's
orders and inventory in Afosto are read; `--polls-only` leaves this out.

Exits with 1 if a store was not polled in time, a poll took more than one request, or the connector and its servers
needed more than the machine's cores minus a half.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks.measure.bar_charts import save_bars
from benchmarks.measure.process_costs import Costs, busy_seconds
from benchmarks.measure.reporting import amount, count, options, report_aims, show
from benchmarks.measure.statistics import Figure, tracked
from benchmarks.setup.idle_stores import StubVendors, connect_idle
from ledger.postgres.database import Row
from local.servers.processes import Processes
from local.servers.services import local_services
from tests.support.connector.world import World

NAME = "idle"
MARGIN = 1.1  # a store must be polled within 1.1 intervals
EDGE = 0.02  # part of the requests of a window that may belong to polls ending after it
SPARE = 0.5  # cores that ten thousand idle stores must leave free
WARM_UP = 8.0  # seconds for the processes to start and to run polls that became due meanwhile
PRODUCTION_SETTINGS = {
    "DISPATCH_INTERVAL": "1",
    "LEASE": "20",
    "LEASE_RENEWAL": "5",
    "CALL_DEADLINE": "10",
    "LONGEST_JOB": "60",
    "AMBIGUITY_WAIT": "60",
    "RESEND_AFTER": "60",
    "EPAGES_CALLS_PER_WINDOW": "6000",
    "EPAGES_WINDOW": "3600",
    "AFOSTO_CALLS_PER_WINDOW": "600",
}
POLLERS = {"poll": 16, "dispatch": 16}
OTHERS = {"exports": 16, "inventory": 16}


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured with `stores` stores, polled every `interval` seconds, in a window of `seconds`."""

    stores: int
    interval: float
    seconds: float
    polled: int
    polls: int
    requests: Mapping[str, int]
    transactions: int
    cpu: Mapping[str, float]
    busy: float
    resident: Mapping[str, float]

    @property
    def share(self) -> float:
        """The part of the stores that was polled."""
        return self.polled / self.stores

    @property
    def cores(self) -> float:
        """CPU seconds per second, of the connector and its servers."""
        return sum(self.cpu.values()) / self.seconds

    def per_poll(self, part: str) -> float:
        """CPU milliseconds per poll of one kind of process."""
        return 1000 * self.cpu[part] / max(1, self.polls)


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark; return exit code 1 if it missed an aim."""
    given = _arguments(argv)
    found = [_measure(count, given) for count in tracked(given.stores, NAME)]
    _print(found, given.polls_only)
    return report_aims(_missed(found))


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = options(NAME, "Measure what idle stores cost.")
    parser.add_argument(
        "--stores", type=count, nargs="+", default=[100, 1_000, 10_000], help="numbers of stores, one run each"
    )
    parser.add_argument(
        "--interval", type=amount, default=300, help="poll interval above 1,000 stores (default: 300 s)"
    )
    parser.add_argument("--short", type=amount, default=20, help="poll interval up to 1,000 stores (default: 20 s)")
    parser.add_argument("--polls-only", action="store_true", help="do not read Afosto")
    parser.add_argument("--quick", action="store_true", help="100 and 1,000 stores, polled every 20 s")
    given = parser.parse_args(argv)
    if given.quick:
        given.stores, given.short = [100, 1_000], 20.0
    return given


def _measure(count: int, given: argparse.Namespace) -> Figures:
    interval = given.interval if count > 1_000 else given.short
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder, ExitStack() as stack:
        services = stack.enter_context(local_services(Path(folder) / "services", {}))
        vendors = StubVendors(stack.enter_context(Processes(Path(folder) / "logs")))
        waits = {**PRODUCTION_SETTINGS, "POLL_INTERVAL": f"{interval:g}", "AFOSTO_URL": f"{vendors.base_url}/graphql"}
        world = stack.enter_context(World(services, Path(folder), **waits))
        connect_idle(world, count, vendors.base_url, interval)
        costs = Costs()
        for queue, slots in (POLLERS if given.polls_only else POLLERS | OTHERS).items():
            costs.watch(queue, world.worker(queue, slots).pid)
        costs.watch("beat", world.beat().pid)
        costs.watch_command("postgres", "postgres", "-D")
        costs.watch_command("redis", "redis")
        time.sleep(WARM_UP)
        return _window(world, vendors, costs, count, interval)


def _window(world: World, vendors: StubVendors, costs: Costs, count: int, interval: float) -> Figures:
    before, asked = _seen(world, None), vendors.counts()
    cpu, busy, started = costs.seconds(), busy_seconds(), time.monotonic()
    time.sleep(interval * MARGIN)
    after, seconds = _seen(world, before["moment"]), time.monotonic() - started
    busy = busy_seconds() - busy
    spent = {name: used - cpu[name] for name, used in costs.seconds().items()}
    requests = {kind: made - asked.get(kind, 0) for kind, made in vendors.counts().items()}
    return Figures(
        stores=count,
        interval=interval,
        seconds=seconds,
        polled=after["polled"],
        polls=after["requests"] - before["requests"],
        requests=requests,
        transactions=after["transactions"] - before["transactions"],
        cpu=spent,
        busy=busy,
        resident=costs.resident(),
    )


def _seen(world: World, since: object) -> Row:
    row = world.ledger.database.transaction(lambda s: s.execute(_SEEN, {"since": since}).fetchone())
    assert row is not None
    return row


_SEEN = """
    select clock_timestamp() as moment, count(*) filter (where polled_at >= %(since)s::timestamptz) as polled,
           sum(requests)::int as requests,
           (select xact_commit from pg_stat_database where datname = current_database()) as transactions
    from cursors where kind = 'live'
"""


def _print(found: Sequence[Figures], polls_only: bool) -> None:
    parts = list(found[0].cpu)
    rows = [
        (
            f"{f.stores:,}",
            f"{f.interval:g} s",
            f"{100 * f.share:.2f} %",
            f.polls,
            f"{f.requests.get('orders', 0) / max(1, f.polls):.3f}",
            f.requests.get("token", 0),
            f"{f.transactions / max(1, f.polls):.1f}",
            f"{f.requests.get('afosto', 0) / f.seconds:.1f}",
            f"{f.cores:.2f}",
            f"{f.busy / f.seconds - f.cores:.2f}",
        )
        for f in found
    ]
    columns = ["stores", "interval", "polled", "polls", "requests/poll", "tokens", "transactions/poll"]
    show("polls", [*columns, "Afosto requests/s", "cores", "others"], rows)
    costs = [(f"{f.stores:,}", *(f"{f.per_poll(part):.1f}" for part in parts)) for f in found]
    show("CPU milliseconds per poll", ["stores", *parts], costs)
    show(
        "resident MB", ["stores", *parts], [(f"{f.stores:,}", *(f"{f.resident[p]:.0f}" for p in parts)) for f in found]
    )
    if polls_only:
        click.echo("polls only: Afosto's orders and inventory were not read")
    click.echo(
        "transactions: of all processes, from pg_stat_database; others: cores used by the vendors and everything else"
    )
    bars = {part: [Figure(f.per_poll(part), 0.0) for f in found] for part in parts}
    sizes = [f"{f.stores:,} stores" for f in found]
    click.echo(f"\n{save_bars(NAME, 'CPU milliseconds per poll', sizes, bars)}\n")


def _missed(found: Sequence[Figures]) -> list[str]:
    missed = []
    cores = (os.cpu_count() or 1) - SPARE
    for f in found:
        if f.polled < f.stores:
            missed.append(
                f"{f.stores - f.polled} of {f.stores} stores were not polled within {f.interval * MARGIN:g} s"
            )
        if f.requests.get("orders", 0) > f.polls * (1 + EDGE):
            missed.append(f"{f.stores} stores: {f.requests['orders']} requests for {f.polls} polls")
        if f.cores > cores:
            missed.append(f"{f.stores} stores need {f.cores:.2f} cores of {cores:g}")
    return missed
