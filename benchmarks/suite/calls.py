"""How many calls to the shop and to Afosto does each act take, and how many would be the least?

    python -m benchmarks calls [--times 5] [--orders 200]

Starts both simulated vendors, PostgreSQL and Redis in a temporary folder, and runs the connector's jobs one by one in
this process. Each act is done `--times` times; the table shows the mean of what the vendors counted. Then `--orders`
orders are imported together, for the calls per order of a shop at rest. Exits with 1 if an act did not arrive on the
other side, or if the shop was called more often than 0.02 times per order.
"""

import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import structlog

from benchmarks.measure.reporting import count, options, report_aims
from benchmarks.measure.statistics import digits, table, tracked
from benchmarks.measure.vendor_calls import Meter
from benchmarks.setup.acts import ACTS, Act
from jobs.runtime import Runtime, build_runtime
from local.servers.services import local_services
from tests.support.connector.driver import Driver
from tests.support.connector.stock_world import HERE, StockWorld, close_all
from tests.support.connector.world import TENANT, World

NAME = "calls"
AIM = 0.02  # calls to the shop per imported order, at rest
SETTINGS = {"POLL_INTERVAL": "60"}  # documents that a poll has read stay fresh while their acts run
STOCK_PRODUCTS = 15  # enough for 25 SKUs
STOCK_SIZES = (1, 25)
PIECES = 10
STOCK_LEAST = 2  # calls to Afosto: the list of changes names the SKUs, another request reads their levels
STOCK_WHY = {
    1: "the shop's newest orders are read before and after its figure: a sale meanwhile must not be published",
    25: "as with one SKU, and the figure of each is read just before it is changed",
}
EXPLANATION = """\
Counted by the vendors, without requests for tokens. Acts in the shop are counted from the end of the poll that found
them: a poll comes whether there is news or not, and has a row of its own. Acts in Afosto are counted from the
comparison that an event asks for. What the connector does when the next poll shows its own act is counted too. The
least is for somebody who knows everything that was ever read or written, and puts what Afosto shall do with one order
into one request, unless an id is needed that only the answer tells."""


@dataclass(frozen=True, slots=True)
class Row:
    """The mean calls of one act, the least that are possible, and why there are more."""

    name: str
    shop: float
    afosto: float
    least: tuple[int, int]
    why: str


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; return exit code 1 if an act did not arrive or the aim was missed."""
    parser = options(NAME, "Count the calls to both vendors per act.")
    parser.add_argument("--times", type=count, default=5, help="how often each act is done (default: 5)")
    parser.add_argument("--orders", type=count, default=200, help="orders imported together (default: 200)")
    given = parser.parse_args(argv)
    rows: list[Row] = []
    missed: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as folder,
        local_services(Path(folder) / "services", {}) as services,
        World(services, Path(folder), **SETTINGS) as world,
    ):
        # Standard output is the report.
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
        world.afosto.set_switches(TENANT, orders_list=True)
        runtime = build_runtime(world.settings, lambda *_: None, lambda _: 0)
        rows += [_act(Driver(world, runtime), act, given.times, missed) for act in tracked(ACTS, NAME)]
        together = _together(Driver(world, runtime), given.orders, missed)
        close_all(world)
        rows += _stock(world, runtime, given.times, missed)
        runtime.close()
    return _report(rows, together, missed)


def _act(driver: Driver, act: Act, times: int, missed: list[str]) -> Row:
    """Do an act some times, each with an order of its own."""
    meter = Meter(driver.world, driver.store)
    for _ in range(times):
        act.run(driver, meter)
    missed += [f"{act.name}: {difference}" for difference in driver.differences()]
    return _row(act.name, meter, times, act.least, act.why)


def _together(driver: Driver, orders: int, missed: list[str]) -> Row:
    """Import orders that one poll finds, and poll once more; polls count too."""
    for _ in range(orders):
        driver.place()
    meter = Meter(driver.world, driver.store)
    with meter:
        driver.poll()
        driver.settle(600)
        driver.poll()
        driver.settle(600)
    missed += [f"{orders} orders together: {difference}" for difference in driver.differences()]
    return _row(f"{orders} orders together", meter, orders, (0, 0), "")


def _stock(world: World, runtime: Runtime, times: int, missed: list[str]) -> list[Row]:
    """Publish SKUs that were counted again in Afosto: one alone, then many together."""
    shop = StockWorld.open(world, runtime, pieces=PIECES, products=STOCK_PRODUCTS)
    shop.settle()
    rows = [_publish(shop, size, range(size * 100, size * 100 + times), missed) for size in STOCK_SIZES]
    missed += [f"stock: {violation}" for violation in shop.violations()]
    return rows


def _publish(shop: StockWorld, size: int, counts: Sequence[int], missed: list[str]) -> Row:
    """Let so many SKUs have each of these counts in Afosto, one after another."""
    meter = Meter(shop.world, shop.store)
    skus = sorted(shop.figures())[:size]
    for pieces in counts:
        for sku in skus:
            shop.world.afosto.recount(TENANT, HERE, sku, pieces)
        with meter:
            shop.watch()
            shop.publish()
        figures = shop.figures()
        missed += [f"the stock of {sku} did not arrive" for sku in skus if figures[sku] != pieces]
        shop.poll()
    name = f"stock of {size} SKU{'s' * (size > 1)} published"
    return _row(name, meter, len(counts), (size, STOCK_LEAST), STOCK_WHY[size])


def _row(name: str, meter: Meter, times: int, least: tuple[int, int], why: str) -> Row:
    return Row(name, meter.counted.shop / times, meter.counted.afosto / times, least, why)


def _report(rows: Sequence[Row], together: Row, missed: Sequence[str]) -> int:
    lines = [
        (each.name, digits(each.shop), each.least[0], digits(each.afosto), each.least[1], each.why) for each in rows
    ]
    click.echo("**Calls per act**\n")
    click.echo(table(["act", "shop", "least", "Afosto", "least", "why more than the least"], lines))
    click.echo(f"\n{EXPLANATION}\n")
    click.echo(f"- calls to the shop per imported order, {together.name} with their two polls: {digits(together.shop)}")
    click.echo(f"- calls to Afosto per imported order: {digits(together.afosto)}")
    many = [f"{together.shop:.3f} calls to the shop per imported order, {AIM:g} is the aim"]
    return report_aims([*missed, *(many if together.shop > AIM else [])])
