"""Does a quiet shop wait while another shop imports its past orders?

    python -m benchmarks fairness [--quick] [--orders 10000] [--sample 30] [--workers 1 2 4] [--no-plain]

A quiet shop sells an order every second. The benchmark measures how long each of its orders takes from its placing
until it is opened in Afosto, including the wait for the poll, which runs every 5 s here: first alone, then beside a
shop whose many past orders are being imported. Then it does the same with plain Celery: a poll that sends a task per
order, and workers that take tasks from one queue in turn and send the same requests to both vendors.

Exits with 1 if the 95th percentile beside the busy shop is more than one and a half times that of the shop alone.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from benchmarks.measure.bar_charts import save_bars
from benchmarks.measure.reporting import count, options, report_aims, show
from benchmarks.measure.statistics import Figure, percentile, percentile_figure, tracked
from benchmarks.suite.idle import PRODUCTION_SETTINGS
from local.servers.processes import Command, Processes
from local.servers.services import Services, local_services
from tests.hosts.support.host import ROOT
from tests.support.connector.world import CHANNEL, CLIENT_ID, CLIENT_SECRET, PLACES, TENANT, World

NAME = "fairness"
QUIET, BUSY = "quiet", "history"
AIM = 1.5
POLL_INTERVAL = 5.0
ORDER_INTERVAL = 1.0  # seconds between two orders of the quiet shop
GRACE = 30.0  # seconds after the last order within which orders may be opened; one that is not counts as this long
SLOTS = 8
HIGH_BUDGETS = {"EPAGES_CALLS_PER_WINDOW": "60000", "EPAGES_WINDOW": "60", "AFOSTO_CALLS_PER_WINDOW": "60000"}
OWN, OWN_KEY = "quiet-tenant", "afosto-key-of-the-quiet-shop"
CELERY = str(Path(sys.executable).with_name("celery"))
WARM_UP = 6.0  # seconds for the processes to start


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds per order of the quiet shop, alone and beside the busy shop, and the busy shop's orders per second."""

    contender: str
    workers: int
    alone: Sequence[float]
    beside: Sequence[float]
    rate: float

    @property
    def ratio(self) -> float:
        """95th percentiles, beside : alone."""
        return percentile(self.beside, 95) / percentile(self.alone, 95)


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark; return exit code 1 if it missed its aim."""
    given = _arguments(argv)
    contenders: dict[str, Callable[[int], list[list[str]]]] = {"connector": _connector}
    if given.plain:
        contenders["plain Celery"] = _plain
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder, ExitStack() as stack:
        services = stack.enter_context(local_services(Path(folder) / "services", {}))
        runs = [
            _run(services, folder, given, name, commands, count)
            for count in tracked(given.workers, f"{NAME}, worker processes")
            for name, commands in contenders.items()
        ]
    _print(runs)
    return report_aims(
        [
            f"{run.workers} workers: {run.ratio:.2f} times as long"
            for run in runs
            if run.contender == "connector" and run.ratio > AIM
        ]
    )


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = options(NAME, "Measure a quiet shop's orders beside a busy shop.")
    parser.add_argument("--orders", type=count, default=10_000, help="past orders of the busy shop (default: 10000)")
    parser.add_argument("--sample", type=count, default=40, help="orders of the quiet shop, alone and beside each")
    parser.add_argument("--workers", type=count, nargs="+", default=[1, 2, 4], help="worker processes, one run each")
    parser.add_argument("--no-plain", dest="plain", action="store_false", help="leave plain Celery out")
    parser.add_argument("--quick", action="store_true", help="2,000 past orders, 10 orders each, one worker process")
    given = parser.parse_args(argv)
    if given.quick:
        given.orders, given.sample, given.workers = 2_000, 10, [1]
    return given


def _run(
    services: Services,
    folder: str,
    given: argparse.Namespace,
    name: str,
    commands: Callable[[int], list[list[str]]],
    count: int,
) -> Run:
    waits = {**PRODUCTION_SETTINGS, **HIGH_BUDGETS, "POLL_INTERVAL": f"{POLL_INTERVAL:g}"}
    with World(services, Path(folder), **waits) as world, Processes(Path(folder) / "logs") as processes:
        _open_quiet(world)
        for number, argv in enumerate(commands(count)):
            processes.start(Command(f"{number}", [CELERY, *argv], env=world.env, cwd=ROOT))
        time.sleep(WARM_UP)
        alone, _ = _sell(world, given.sample)
        since = datetime.now(UTC) - timedelta(days=365)
        until = datetime.now(UTC) - timedelta(hours=1)
        world.shop(BUSY, since=since)
        world.epages.place_many(BUSY, given.orders, since.isoformat(), until.isoformat())
        time.sleep(2 * POLL_INTERVAL)
        beside, rate = _sell(world, given.sample)
        return Run(name, count, alone, beside, rate)


def _open_quiet(world: World) -> None:
    """Open the quiet shop with a tenant of its own, so that listing its orders is quick."""
    world.afosto.create(OWN, OWN_KEY, channels=[{"id": CHANNEL, "name": "Shop"}], locations=PLACES)
    world.shop(QUIET)
    world.ledger.stores.set_credentials(QUIET, CLIENT_ID, CLIENT_SECRET, OWN_KEY)
    world.ledger.tenants.part(QUIET)


def _connector(count: int) -> list[list[str]]:
    """Return the commands of `count` processes for imports, of one each for polls and dispatch, and of beat."""
    app = "workers.app"
    imports = [_worker(app, f"imports{number}", "orders,cancellations,shipments,returns") for number in range(count)]
    return [*imports, _worker(app, "poll", "poll"), _worker(app, "dispatch", "dispatch"), ["-A", app, "beat"]]


def _plain(count: int) -> list[list[str]]:
    """Return the commands of `count` processes for polls and imports together, in one queue, and of beat."""
    app = "benchmarks.contenders.polling_celery"
    return [*(_worker(app, f"all{number}", "celery") for number in range(count)), ["-A", app, "beat"]]


def _worker(app: str, name: str, queues: str) -> list[str]:
    options = ["-Q", queues, "-n", f"{name}@%h", "--pool", "threads", "-c", str(SLOTS), "-l", "INFO"]
    return ["-A", app, "worker", *options, "--without-gossip", "--without-mingle"]


def _sell(world: World, count: int) -> tuple[list[float], float]:
    """Place orders in the quiet shop; return how long each took, and orders per second of the busy one meanwhile."""
    placed: dict[str, float] = {}
    took: list[float] = []
    before, started = _imports(world), time.monotonic()
    ends = started + ORDER_INTERVAL * count + GRACE
    while time.monotonic() < ends and (len(placed) + len(took) < count or placed):
        if len(placed) + len(took) < count and time.monotonic() >= started + ORDER_INTERVAL * (len(placed) + len(took)):
            placed[world.epages.place(QUIET, paid=True, test=False, pickup=False)["id"]] = time.monotonic()
        took += [time.monotonic() - placed.pop(order) for order in _opened(world) & placed.keys()]
        time.sleep(0.1)
    rate = (_imports(world) - before) / (time.monotonic() - started)
    took += [time.monotonic() - moment for moment in placed.values()]
    return took, rate


def _opened(world: World) -> set[str]:
    """Return the quiet shop's orders that are open in Afosto, as Afosto itself knows."""
    orders = world.afosto.orders(OWN)
    return {str(order["reference"]).partition("/")[2] for order in orders if order["status"] == "OPEN"}


def _imports(world: World) -> int:
    """Return how many orders of the busy shop were opened in Afosto."""
    return int(world.afosto.stats(TENANT)["requests"].get("openOrder", 0))


def _print(runs: Sequence[Run]) -> None:
    rows = [
        (
            run.contender,
            run.workers,
            *(percentile_figure(part, share) for part in (run.alone, run.beside) for share in (50, 95)),
            f"{run.ratio:.2f}",
            f"{run.rate:.1f}",
        )
        for run in runs
    ]
    columns = ["", "workers", "alone: p50 s", "p95 s", "beside: p50 s", "p95 s", "ratio of p95", "busy shop's orders/s"]
    show("a quiet shop's orders, from placed to opened in Afosto", columns, rows)
    click.echo(
        f"Polled every {POLL_INTERVAL:g} s. An order that was not opened in time counts with the time waited. ± is "
        "half the range of the percentile in the five fifths of a sample."
    )
    bars = {f"{run.contender}, {run.workers} workers": [Figure(run.ratio, 0.0)] for run in runs}
    click.echo(f"\n{save_bars(NAME, 'p95 of a quiet shop, beside a busy one : alone', ['ratio'], bars)}\n")
