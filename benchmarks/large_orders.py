"""What does a very large order take, and does its work fit into runs of a minute without counting as failures?

    python -m benchmarks large_orders [--lines 1000] [--pieces 10000] [--latency 50]

One order has that many lines of a piece each, another that many pieces in ten lines. Each is imported, canceled and
taken back in the shop, and canceled and shipped in Afosto, always the whole of a new order. The jobs run one by one in
this process, with the leases and deadlines of production and so many milliseconds more for every answer of a vendor.
Prints the runs and requests of each job and its seconds; exits with 1 when a run counted as a failure or outlived its
lease, which holds for CONNECTOR_LONGEST_JOB + CONNECTOR_LEASE - CONNECTOR_LEASE_RENEWAL at least.
"""

import logging
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import structlog

from benchmarks.measuring import table
from benchmarks.reporting import amount, count, options, verdict
from benchmarks.scene import SETTINGS
from tasks.runtime import build_runtime
from tests.driver import Document, Driver, units
from tests.world import TENANT, World
from workers.local.services import local_services

NAME = "large_orders"
FEW = 10  # lines of the order of many pieces
PRODUCTS = 1_200  # of which the shop has more SKUs than any order has lines
LONGEST = 900.0  # seconds that a deed may take until it shows on the other side
FAILURES = ("failed for now", "unexpected error", "lease lost")


@dataclass(frozen=True, slots=True)
class Deed:
    """What is done to an order, and which job carries it over."""

    name: str
    flow: str
    act: Callable[[Driver, Document, Document], None]


@dataclass(frozen=True, slots=True)
class Job:
    """The runs of one job: seconds of all and of the longest."""

    order: str
    deed: str
    runs: int
    requests: int
    seconds: float
    longest: float
    failures: int


def main(argv: Sequence[str] | None = None) -> int:
    """Run; exit code 1 when an aim was missed."""
    parser = options(NAME, "Time what becomes of very large orders.")
    parser.add_argument("--lines", type=count, default=1_000, help="lines of one order (default: 1000)")
    parser.add_argument("--pieces", type=count, default=10_000, help="pieces of the other (default: 10000)")
    parser.add_argument("--latency", type=amount, default=50.0, help="more per answer, in ms (default: 50)")
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
        jobs = [job for size, lines in sizes.items() for job in _jobs(driver, size, lines)]
        runtime.close()
    held = world.settings
    return _report(jobs, held.longest_job + held.lease - held.lease_renewal)


def _report(jobs: Sequence[Job], most: float) -> int:
    rows = [(j.order, j.deed, j.runs, j.requests, f"{j.seconds:.1f}", f"{j.longest:.1f}", j.failures) for j in jobs]
    columns = ["order", "job", "runs", "requests", "seconds", "longest run s", "failures"]
    click.echo(f"{table(columns, rows)}\n")
    missed = [f"{j.deed} of {j.order}: {j.failures} runs failed" for j in jobs if j.failures]
    slow = [
        f"{j.deed} of {j.order}: a run of {j.longest:.1f} s, its lease holds {most:g} s"
        for j in jobs
        if j.longest > most
    ]
    return verdict([*missed, *slow])


def _slow(driver: Driver, seconds: float) -> None:
    faults = [{"kind": "latency", "seconds": seconds}] if seconds else []
    driver.world.epages.set_faults(driver.store, faults=faults)
    driver.world.afosto.set_faults(TENANT, *faults)


def _jobs(driver: Driver, size: str, quantities: Sequence[int]) -> Iterator[Job]:
    skus = [item["sku"] for item in driver.world.epages.stock(driver.store)]
    lines = [{"sku": sku, "quantity": count} for sku, count in zip(skus, quantities, strict=False)]
    for number, deed in enumerate(DEEDS):
        click.echo(f"{size}: {deed.name}", err=True)
        order = driver.place(lines=lines)
        driver.poll()
        driver.settle(LONGEST)
        if not number:
            yield _job(driver, size, "import", order, "import", "orders")
        direction = "import" if deed.name.startswith("shop") else "export"
        deed.act(driver, order, driver.afosto(order))
        driver.both()
        driver.settle(LONGEST)
        yield _job(driver, size, deed.name, order, direction, deed.flow)


def _job(driver: Driver, size: str, name: str, order: Document, direction: str, flow: str) -> Job:
    query = "select outcome, requests, seconds from attempts where order_key = %s and direction = %s and flow = %s"
    key = (order["id"], direction, flow)
    runs = driver.runtime.ledger.database.transaction(lambda session: session.execute(query, key).fetchall())
    seconds = [float(run["seconds"]) for run in runs]
    failures = sum(run["outcome"] in FAILURES for run in runs)
    return Job(size, name, len(runs), sum(run["requests"] for run in runs), sum(seconds), max(seconds), failures)


def _shop_cancels(driver: Driver, order: Document, copy: Document) -> None:
    driver.world.epages.act(driver.store, order["id"], "cancel")


def _shop_takes_back(driver: Driver, order: Document, copy: Document) -> None:
    pieces = {line["id"]: line["ordered"] for line in order["lines"]}
    driver.world.epages.act(driver.store, order["id"], "ship", tracking="S")
    driver.world.epages.act(driver.store, order["id"], "return", lines=pieces, status="RETURNED")


def _afosto_cancels(driver: Driver, order: Document, copy: Document) -> None:
    driver.world.afosto.cancel(TENANT, copy["id"], units(copy))


def _afosto_ships(driver: Driver, order: Document, copy: Document) -> None:
    driver.world.afosto.ship(TENANT, copy["id"], code="A")


DEEDS = (
    Deed("shop cancels", "cancellations", _shop_cancels),
    Deed("shop takes back", "returns", _shop_takes_back),
    Deed("Afosto cancels", "cancellations", _afosto_cancels),
    Deed("Afosto ships", "shipments", _afosto_ships),
)
