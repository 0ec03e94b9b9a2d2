"""How large does a worker of inventory get that reads hundreds of new orders for each publishing?

    python -m benchmarks crowded_stock [--shops 8] [--orders 240] [--rounds 40] [--default-allocator]

Shops that sell one stock have `--orders` orders each that no poll has read yet. In each round the stock changes in
Afosto, and all shops publish it at once, each in a thread of its own: every run reads the new orders of all shops, a
page of up to 200 at a time. The jobs run in this process, with the allocator set up as in a worker; with
`--default-allocator` it is left as it is.

Prints the memory of this process after a fifth, three fifths and all of the rounds, and how much of it Python's objects
take. Exits with 1 if it grows by more than a tenth from the first to the last.
"""

import gc
import logging
import random
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import psutil
import structlog

from benchmarks.measure.reporting import count, options, report_aims, show
from benchmarks.measure.statistics import tracked
from benchmarks.suite.idle import PRODUCTION_SETTINGS
from jobs.runtime import build_runtime
from local.servers.services import local_services
from serving.freed_memory import return_freed_memory
from tests.support.connector.stock_world import HERE, StockWorld
from tests.support.connector.world import TENANT, World

NAME = "crowded_stock"
MOST = 1.1
PARTS = (0.2, 0.6, 1.0)
PRODUCTS, PIECES, CHANGES = 20, 1_000, 3
SETTLING = 40  # turns of a shop until its catalog is read and published
HIGH_BUDGETS = {"EPAGES_CALLS_PER_WINDOW": "1000000", "AFOSTO_CALLS_PER_WINDOW": "1000000"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; return exit code 1 if memory grew."""
    parser = options(NAME, "Measure the memory of publishing beside many new orders.")
    parser.add_argument("--shops", type=count, default=8, help="shops that sell one stock (default: 8)")
    parser.add_argument("--orders", type=count, default=240, help="new orders of each shop (default: 240)")
    parser.add_argument("--rounds", type=count, default=40, help="how often all shops publish (default: 40)")
    parser.add_argument("--default-allocator", action="store_true", help="leave the allocator as it is")
    given = parser.parse_args(argv)
    if not given.default_allocator:
        return_freed_memory()
    # Standard output is the report.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder, ExitStack() as stack:
        services = stack.enter_context(local_services(Path(folder) / "services", {}, durable=False))
        world = stack.enter_context(World(services, Path(folder), **{**PRODUCTION_SETTINGS, **HIGH_BUDGETS}))
        runtime = build_runtime(world.settings, lambda *_: None, lambda _: 0)
        stack.callback(runtime.close)
        shops = [StockWorld.open(world, runtime, pieces=PIECES, products=PRODUCTS) for _ in range(given.shops)]
        return _report(_rounds(shops, given.orders, given.rounds), given.rounds)


def _rounds(shops: Sequence[StockWorld], orders: int, rounds: int) -> list[tuple[int, float, int]]:
    """Return the round, the resident MB and the number of Python's memory blocks after each of PARTS."""
    seen = []
    with ThreadPoolExecutor(len(shops)) as pool:
        list(pool.map(lambda shop: shop.settle(SETTLING), shops))
        list(pool.map(lambda shop: _sell(shop, orders), shops))
        marks = {max(1, round(part * rounds)) for part in PARTS}
        for number in tracked(range(1, rounds + 1), NAME):
            list(pool.map(_publish, shops))
            if number in marks:
                gc.collect()
                seen.append((number, psutil.Process().memory_info().rss / 2**20, sys.getallocatedblocks()))
    return seen


def _sell(shop: StockWorld, orders: int) -> None:
    skus = sorted(shop.figures())
    for number in range(orders):
        shop.sell(skus[number % len(skus)])


def _publish(shop: StockWorld) -> None:
    """Change some SKUs in Afosto and publish them; an answer that is late is as good, only memory counts."""
    for sku in sorted(shop.figures())[:CHANGES]:
        pieces = random.randint(PIECES // 2, PIECES)  # noqa: S311 - any change will do
        shop.world.afosto.recount(TENANT, HERE, sku, pieces)
    shop.watch()
    shop.publish()


def _report(seen: Sequence[tuple[int, float, int]], rounds: int) -> int:
    rows = [(f"{number} of {rounds}", f"{resident:.1f}", f"{blocks:,}") for number, resident, blocks in seen]
    show("memory after rounds", ["round", "resident MB", "blocks of Python"], rows)
    first, last = seen[0][1], seen[-1][1]
    return report_aims([f"it grows from {first:.0f} to {last:.0f} MB"] if last > MOST * first else [])
