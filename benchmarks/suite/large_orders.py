"""How long does a very large order take, and does its work fit into runs of a minute without failures?

    python -m benchmarks large_orders [--lines 1000] [--pieces 10000] [--latency 50]

One order has `--lines` lines of one piece each, the other `--pieces` pieces in ten lines. Each is imported, canceled
and returned in the shop, and canceled and shipped in Afosto, each time as a whole new order. The jobs run one by one in
this process, with the leases and deadlines of production; every answer of a vendor takes `--latency` milliseconds
longer. Prints the runs, requests and seconds of each job, the part of its lease that the longest run took, and the
most memory of this process while the job ran. Exits with 1 if a run counted as a failure or lasted
longer than its lease, which is at least CONNECTOR_LONGEST_JOB + CONNECTOR_LEASE - CONNECTOR_LEASE_RENEWAL, or if this
process grew by more than 200 MB.
"""

import logging
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import structlog

from benchmarks.measure.process_costs import peak_megabytes, reset_peak
from benchmarks.measure.reporting import amount, count, options, report_aims
from benchmarks.measure.statistics import table
from benchmarks.setup.import_setup import SETTINGS
from jobs.runtime import build_runtime
from local.servers.services import local_services
from tests.support.connector.driver import Document, Driver, units
from tests.support.connector.world import TENANT, World

NAME = "large_orders"
FEW = 10  # lines of the order of many pieces
PRODUCTS = 1_200  # so many that the shop has more SKUs than an order has lines
MOST_MEMORY = 200.0  # MB by which the jobs may make this process grow
LONGEST = 900.0  # seconds until an action must show on the other side
FAILURES = ("failed for now", "unexpected error", "lease lost")


@dataclass(frozen=True, slots=True)
class Action:
    """An action on an order, and the flow whose job carries it over."""

    name: str
    flow: str
    run: Callable[[Driver, Document, Document], None]


@dataclass(frozen=True, slots=True)
class Job:
    """The runs of one job, with the seconds of all runs and of the longest, and the peak of the memory, in MB."""

    order: str
    action: str
    runs: int
    requests: int
    seconds: float
    longest: float
    failures: int
    peak: float


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; return exit code 1 if it missed an aim."""
    parser = options(NAME, "Measure the jobs of very large orders.")
    parser.add_argument("--lines", type=count, default=1_000, help="lines of one order (default: 1000)")
    parser.add_argument("--pieces", type=count, default=10_000, help="pieces of the other (default: 10000)")
    parser.add_argument("--latency", type=amount, default=50.0, help="additional time per answer, in ms (default: 50)")
    given = parser.parse_args(argv)
    sizes = {
        f"{given.lines:,} lines": [1] * given.lines,
        f"{given.pieces:,} pieces": [given.pieces // FEW] * FEW,
    }
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as folder,
        local_services(Path(folder) / "services", {}) as services,
        World(services, Path(folder), **SETTINGS) as world,
    ):
        # Standard output is the report.
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
        runtime = build_runtime(world.settings, lambda *_: None, lambda _: 0)
        driver = Driver(world, runtime, products=PRODUCTS, stock=None)
        _slow(driver, given.latency / 1000)
        reset_peak()
        before = peak_megabytes()
        jobs = [job for size, lines in sizes.items() for job in _jobs(driver, size, lines)]
        runtime.close()
    waits = world.settings
    return _report(jobs, waits.longest_job + waits.lease - waits.lease_renewal, before)


def _report(jobs: Sequence[Job], most: float, before: float) -> int:
    rows = [
        (
            j.order,
            j.action,
            j.runs,
            j.requests,
            f"{j.seconds:.1f}",
            f"{j.longest:.1f}",
            f"{j.longest / most:.0%}",
            j.failures,
            f"{j.peak:.0f}",
        )
        for j in jobs
    ]
    columns = ["order", "job", "runs", "requests", "seconds", "longest run s", "of its lease", "failures", "peak MB"]
    click.echo(f"{table(columns, rows)}\n")
    missed = [f"{j.action} of {j.order}: {j.failures} runs failed" for j in jobs if j.failures]
    slow = [
        f"{j.action} of {j.order}: a run of {j.longest:.1f} s, its lease lasts {most:g} s"
        for j in jobs
        if j.longest > most
    ]
    big = [
        f"{j.action} of {j.order}: {j.peak:.0f} MB, before the first order {before:.0f} MB"
        for j in jobs
        if j.peak > before + MOST_MEMORY
    ]
    click.echo(f"A lease lasts {most:g} s. Before the first order this process had {before:.0f} MB.\n")
    return report_aims([*missed, *slow, *big])


def _slow(driver: Driver, seconds: float) -> None:
    faults = [{"kind": "latency", "seconds": seconds}] if seconds else []
    driver.world.epages.set_faults(driver.store, faults=faults)
    driver.world.afosto.set_faults(TENANT, *faults)


def _jobs(driver: Driver, size: str, quantities: Sequence[int]) -> Iterator[Job]:
    skus = [item["sku"] for item in driver.world.epages.stock(driver.store)]
    lines = [{"sku": sku, "quantity": count} for sku, count in zip(skus, quantities, strict=False)]
    for number, action in enumerate(ACTIONS):
        click.echo(f"{size}: {action.name}", err=True)
        order = driver.place(lines=lines)
        reset_peak()
        driver.poll()
        driver.settle(LONGEST)
        if not number:
            yield _job(driver, size, "import", order, "import", "orders")
        direction = "import" if action.name.startswith("shop") else "export"
        action.run(driver, order, driver.afosto(order))
        reset_peak()
        driver.both()
        driver.settle(LONGEST)
        yield _job(driver, size, action.name, order, direction, action.flow)


def _job(driver: Driver, size: str, name: str, order: Document, direction: str, flow: str) -> Job:
    query = "select outcome, requests, seconds from attempts where order_key = %s and direction = %s and flow = %s"
    key = (order["id"], direction, flow)
    runs = driver.runtime.ledger.database.transaction(lambda session: session.execute(query, key).fetchall())
    seconds = [float(run["seconds"]) for run in runs]
    failures = sum(run["outcome"] in FAILURES for run in runs)
    return Job(
        size,
        name,
        len(runs),
        sum(run["requests"] for run in runs),
        sum(seconds),
        max(seconds),
        failures,
        peak_megabytes(),
    )


def _shop_cancels(driver: Driver, order: Document, copy: Document) -> None:
    driver.world.epages.act(driver.store, order["id"], "cancel")


def _shop_returns(driver: Driver, order: Document, copy: Document) -> None:
    pieces = {line["id"]: line["ordered"] for line in order["lines"]}
    driver.world.epages.act(driver.store, order["id"], "ship", tracking="S")
    driver.world.epages.act(driver.store, order["id"], "return", lines=pieces, status="RETURNED")


def _afosto_cancels(driver: Driver, order: Document, copy: Document) -> None:
    driver.world.afosto.cancel(TENANT, copy["id"], units(copy))


def _afosto_ships(driver: Driver, order: Document, copy: Document) -> None:
    driver.world.afosto.ship(TENANT, copy["id"], code="A")


ACTIONS = (
    Action("shop cancels", "cancellations", _shop_cancels),
    Action("shop returns", "returns", _shop_returns),
    Action("Afosto cancels", "cancellations", _afosto_cancels),
    Action("Afosto ships", "shipments", _afosto_ships),
)
