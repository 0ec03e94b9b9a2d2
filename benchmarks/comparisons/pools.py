"""Which pool and how many jobs at once are best for each queue?

    python -m benchmarks pools [--orders 120] [--rounds 5] [--concurrencies 8 16] [--latency 50]

Runs the connector's import with one worker for the measured queue, in each of Celery's pools. The other queues have a
worker with threads, the same in all runs.
"""

import argparse
from collections.abc import Callable, Sequence
from functools import partial

import click

from benchmarks.contenders import connector
from benchmarks.measure.bar_charts import save_bars
from benchmarks.measure.process_costs import cpu_seconds
from benchmarks.measure.reporting import count, options
from benchmarks.measure.statistics import Figure, figure, in_turn, table
from benchmarks.setup.import_setup import ImportSetup, import_setup
from benchmarks.setup.shipped_orders import export, shipped_orders
from tests.support.connector.world import wait_for

NAME = "pools"
POOLS = ("threads", "prefork", "gevent")
BESIDE = 4  # threads for the queues that are not measured
SHOPS = 4  # polled at the same time
WARM_UP = 10  # orders imported before the measured ones, to open every connection
LONGEST = 60.0  # seconds that one run may take
# How many orders the polls have read, and the seconds from the first stored slice to the last.
SEEN = """
    select count(*) as orders, extract(epoch from max(created_at) - min(created_at))::float as seconds
    from jobs where flow = 'orders' and direction = 'import' and store = any(%s::text[])
"""

# Orders per second and CPU milliseconds per order of one run.
Result = tuple[float, float]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; raises AssertionError when an import does not end."""
    parser = options(NAME, "Compare Celery's pools for each queue.")
    parser.add_argument("--orders", type=count, default=120, help="orders per import (default: 120)")
    parser.add_argument("--rounds", type=count, default=5, help="imports with each pool (default: 5)")
    parser.add_argument("--concurrencies", type=count, nargs="+", default=[8, 16], help="jobs at once (default: 8 16)")
    parser.add_argument("--latency", type=int, default=50, help="additional milliseconds per answer (default: 50)")
    given = parser.parse_args(argv)
    click.echo(
        f"{given.orders} orders per import, {given.rounds} rounds in turn; the vendors take {given.latency} ms longer "
        "for each answer; CPU is that of the measured worker. "
        f"Polls: {SHOPS} shops with that many orders each, at once. Exports: as many parcels, each read in Afosto and "
        "written to the shop. The queues cancellations, shipments, returns and inventory behave alike: they wait for "
        "calls."
    )
    runs: dict[str, Callable[[ImportSetup, argparse.Namespace, str], Result]] = {
        "orders": _orders,
        "poll": _polls,
        "exports": _exports,
    }
    bars = {queue: _queue(queue, run, given) for queue, run in runs.items()}
    for queue, found in bars.items():
        click.echo(f"\n{save_bars(f'{NAME}-{queue}', f'Queue {queue}: orders per second', [queue], found)}")
    return 0


def _queue(
    queue: str, run: Callable[[ImportSetup, argparse.Namespace, str], Result], given: argparse.Namespace
) -> dict[str, list[Figure]]:
    ways = [f"{pool} {slots}" for pool in POOLS for slots in given.concurrencies]
    with import_setup() as setup:
        setup.start("beat", [connector.beat()])
        found = in_turn(ways, given.rounds, partial(run, setup, given), queue)
    rates = {way: figure(rate for rate, _ in runs) for way, runs in found.items()}
    rows = [[way, rates[way], figure(cpu for _, cpu in runs)] for way, runs in found.items()]
    click.echo(f"\n**Queue {queue}**\n\n{table(['pool and jobs at once', 'orders/s', 'CPU ms/order'], rows)}")
    return {way: [rate] for way, rate in rates.items()}


def _orders(setup: ImportSetup, given: argparse.Namespace, way: str) -> Result:
    shop = setup.shop(given.orders)
    _start(setup, "orders", "poll,dispatch", way)
    setup.measure("orders", setup.resume, setup.shop(WARM_UP), WARM_UP)
    setup.slow(shop, given.latency / 1000)
    run = setup.measure("orders", setup.resume, shop, given.orders)
    setup.slow(shop, 0)
    _stop(setup, "orders")
    return run.rate, run.cpu * 1000 / run.orders


def _polls(setup: ImportSetup, given: argparse.Namespace, way: str) -> Result:
    shops = [setup.shop(given.orders) for _ in range(SHOPS)]
    _start(setup, "poll", "dispatch", way)
    _seen(setup, [setup.shop(WARM_UP)], WARM_UP)
    for shop in shops:
        setup.slow(shop, given.latency / 1000)
    used = cpu_seconds(setup.pids("poll"))
    seconds = _seen(setup, shops, SHOPS * given.orders)
    cpu = cpu_seconds(setup.pids("poll")) - used
    _stop(setup, "poll")
    return SHOPS * given.orders / seconds, cpu * 1000 / (SHOPS * given.orders)


def _exports(setup: ImportSetup, given: argparse.Namespace, way: str) -> Result:
    _start(setup, "exports", "orders,poll,dispatch", way)
    begin = partial(export, setup)
    setup.measure_exports("exports", begin, *shipped_orders(setup, "beside", WARM_UP))
    shop, orders = shipped_orders(setup, "beside", given.orders)
    setup.slow(shop, given.latency / 1000)
    run = setup.measure_exports("exports", begin, shop, orders)
    setup.slow(shop, 0)
    _stop(setup, "exports")
    return run.rate, run.cpu * 1000 / run.orders


def _seen(setup: ImportSetup, shops: list[str], orders: int) -> float:
    """Resume shops until polls have read all their orders; return the seconds from the first slice to the last."""
    for shop in shops:
        setup.resume(shop)
    wait_for(lambda: _count(setup, shops)[0] == orders, LONGEST, f"{orders} orders to be read")
    return _count(setup, shops)[1]


def _count(setup: ImportSetup, shops: list[str]) -> tuple[int, float]:
    row = setup.world.ledger.database.transaction(lambda session: session.execute(SEEN, (shops,)).fetchone())
    assert row is not None
    return row["orders"], row["seconds"]


def _start(setup: ImportSetup, queue: str, others: str, way: str) -> None:
    pool, slots = way.split()
    setup.start("beside", [connector.celery(others, "threads", BESIDE)])
    setup.start(queue, [connector.celery(queue, pool, int(slots))])


def _stop(setup: ImportSetup, queue: str) -> None:
    setup.stop(queue)
    setup.stop("beside")
