"""How many calls does a shop get when its stock changes ten thousand times in a burst?

    python -m benchmarks stock_burst [--changes 10000] [--skus 100]

Starts both simulated vendors, PostgreSQL, Redis and real workers in a temporary folder, and connects a shop. Afosto's
inventory then changes `--changes` times over `--skus` SKUs, while the shop sells. Prints the calls that the shop got
and how long after the last change its stock was right, and compares every SKU with what the vendors themselves
recorded.
"""

import random
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from benchmarks.measure.reporting import count, options
from local.proof.compare import Report
from local.proof.stock import StockSource, prove_stock
from local.servers.services import local_services
from simulators.afosto.control.client import AfostoControl
from tests.support.connector.world import TENANT, World, wait_for

NAME = "stock_burst"
SHOP, PLACE = "burst", "location-0"
KINDS = (1, 1, 4, 4, 1, 1, 2, 1, 2, 1)  # SKUs of ten products in a row, as the simulated shop makes them
LONGEST = 120.0  # seconds after the burst until all SKUs must be right
WAITS = {"DISPATCH_INTERVAL": "0.5", "INVENTORY_INTERVAL": "1", "POLL_INTERVAL": "2", "LEASE": "20"}
CALLS = {"LEASE_RENEWAL": "5", "CALL_DEADLINE": "10", "LONGEST_JOB": "60", "AMBIGUITY_WAIT": "60", "RESEND_AFTER": "60"}
SALES = 50


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; return exit code 1 if a SKU is not right at the end."""
    parser = options(NAME, "Change a shop's stock many times in a burst.")
    parser.add_argument("--changes", type=count, default=10_000, help="changes of inventory (default: 10000)")
    parser.add_argument("--skus", type=count, default=100, help="SKUs that change (default: 100)")
    given = parser.parse_args(argv)
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as folder,
        local_services(Path(folder) / "services", {}) as services,
        World(services, Path(folder), **WAITS, **CALLS) as world,
    ):
        return _run(world, given.changes, given.skus)


def _run(world: World, changes: int, count: int) -> int:
    products = -(-count * len(KINDS) // sum(KINDS)) + len(KINDS)
    world.shop(SHOP, publishes=True, products=products)
    skus = sorted(row["sku"] for row in world.epages.stock(SHOP))[:count]
    for sku in skus:
        world.afosto.recount(TENANT, PLACE, sku, 1_000)
    world.worker("orders,cancellations,shipments,returns,inventory,poll,dispatch,reconcile", 8)
    world.beat()
    wait_for(lambda: _right(world, skus), LONGEST, "the first publishing")
    before, started = _requests(world), time.monotonic()
    _burst(world, skus, changes)
    burst = time.monotonic() - started
    click.echo(f"{changes} changes over {count} SKUs and {SALES} sales within {burst:.1f} s")
    ended = time.monotonic()
    wait_for(lambda: _right(world, skus), LONGEST, "every SKU to be right")
    _report(world, before, changes, time.monotonic() - ended)
    differences = _proof(world).differences
    broken = world.epages.violations(SHOP)
    click.echo(f"SKUs that differ from A - U: {len(differences)}; broken invariants: {len(broken)}")
    return 1 if differences or broken else 0


def _burst(world: World, skus: list[str], changes: int) -> None:
    """Recount SKUs from four threads at once; the shop sells meanwhile."""
    url = world.afosto.graphql_url.removesuffix("/graphql")

    def count(part: int) -> None:
        afosto, rng = AfostoControl(url), random.Random(part)  # noqa: S311 - a run that can be repeated
        for _ in range(changes // 4):
            afosto.recount(TENANT, PLACE, rng.choice(skus), rng.randint(500, 1_500))

    with ThreadPoolExecutor(4) as pool:
        parts = [pool.submit(count, part) for part in range(4)]
        for sku in skus[:SALES]:
            world.epages.place(SHOP, lines=[{"sku": sku, "quantity": 2}], paid=True, pickup=False, coupon=False)
        for part in parts:
            part.result()


def _report(world: World, before: Counter[str], changes: int, seconds: float) -> None:
    made = _requests(world) - before
    stock = sum(count for name, count in made.items() if "availability" in name or "find-by-sku" in name)
    moves = sum(count for name, count in made.items() if name.startswith("POST") and "adjust" in name)
    share = f"{changes / max(1, stock):.1f} changes per call"
    click.echo(f"calls to the shop for stock: {stock}, of them {moves} moves ({share})")
    click.echo(f"all calls to the shop, polls and imports included: {sum(made.values())}")
    click.echo(f"all right {seconds:.1f} s after the last change")


def _requests(world: World) -> Counter[str]:
    rows = world.epages.stats(SHOP)["requests"]
    return Counter({f"{row['method']} {row['path']} {row['status']}": row["count"] for row in rows})


def _right(world: World, skus: list[str]) -> bool:
    published = [row for row in world.ledger.stock.list(SHOP) if row["sku"] in skus and row["checked_at"]]
    return len(published) == len(skus) and world.ledger.stock.next_due(SHOP) is None and not _proof(world).differences


def _proof(world: World) -> Report:
    report, store = Report(), world.ledger.stores.get(SHOP)
    locations = frozenset(world.ledger.stock.locations(SHOP))
    prove_stock(report, world.epages, world.afosto, TENANT, [StockSource(SHOP, locations, store.import_since)])
    return report
