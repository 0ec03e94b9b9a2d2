"""Which pool and how many jobs at once serve which queue best?

    python -m benchmarks pools [--orders 120] [--rounds 5] [--concurrencies 8 16] [--latency 50]

The connector's import with one worker for the queue that is looked at, in each pool of Celery's; the other queues have
a worker with threads beside it, the same in all runs.
"""

import argparse
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

import click

from benchmarks.contenders import connector
from benchmarks.costs import cpu_seconds
from benchmarks.measuring import Figure, figure, in_turn, table
from benchmarks.plotting import save_bars
from benchmarks.reporting import count, options
from benchmarks.scene import Scene, scene
from tests.world import TENANT, wait_for

NAME = "pools"
POOLS = ("threads", "prefork", "gevent")
BESIDE = 4  # threads for the queues that are not looked at
SHOPS = 4  # polled at the same time
WARM_UP = 10  # orders imported ahead of the measured ones, which open every connection
LONGEST = 60.0  # seconds for one run
# How many orders the polls have seen, and in how many seconds from the first kept slice to the last.
SEEN = """
    select count(*) as orders, extract(epoch from max(created_at) - min(created_at))::float as seconds
    from jobs where flow = 'orders' and direction = 'import' and store = any(%s::text[])
"""

# Orders per second and CPU milliseconds per order of one run.
Result = tuple[float, float]


def main(argv: Sequence[str] | None = None) -> int:
    """Run; exit code 1 when an import did not end."""
    parser = options(NAME, "Compare Celery's pools, queue by queue.")
    parser.add_argument("--orders", type=count, default=120, help="orders per import (default: 120)")
    parser.add_argument("--rounds", type=count, default=5, help="imports with each pool (default: 5)")
    parser.add_argument("--concurrencies", type=count, nargs="+", default=[8, 16], help="jobs at once (default: 8 16)")
    parser.add_argument("--latency", type=int, default=50, help="milliseconds of the vendors (default: 50)")
    given = parser.parse_args(argv)
    click.echo(
        f"{given.orders} orders per import, {given.rounds} rounds in turn, vendors that answer after {given.latency} "
        "ms more than they need; CPU is that of the worker looked at. "
        f"Polls: {SHOPS} shops with that many orders at once. Exports: as many parcels, each looked up in Afosto and "
        "written to the shop. The queues cancellations, shipments, returns and inventory do as these do: they wait for "
        "calls."
    )
    runs: dict[str, Callable[[Scene, argparse.Namespace, str], Result]] = {
        "orders": _orders,
        "poll": _polls,
        "exports": _exports,
    }
    bars = {queue: _queue(queue, run, given) for queue, run in runs.items()}
    for queue, found in bars.items():
        click.echo(f"\n{save_bars(f'{NAME}-{queue}', f'Queue {queue}: orders per second', [queue], found)}")
    return 0


def _queue(
    queue: str, run: Callable[[Scene, argparse.Namespace, str], Result], given: argparse.Namespace
) -> dict[str, list[Figure]]:
    ways = [f"{pool} {slots}" for pool in POOLS for slots in given.concurrencies]
    with scene() as made:
        made.start("beat", [connector.beat()])
        found = in_turn(ways, given.rounds, partial(run, made, given), queue)
    rates = {way: figure(rate for rate, _ in runs) for way, runs in found.items()}
    rows = [[way, rates[way], figure(cpu for _, cpu in runs)] for way, runs in found.items()]
    click.echo(f"\n**Queue {queue}**\n\n{table(['pool and jobs at once', 'orders/s', 'CPU ms/order'], rows)}")
    return {way: [rate] for way, rate in rates.items()}


def _orders(made: Scene, given: argparse.Namespace, way: str) -> Result:
    shop = made.shop(given.orders)
    _start(made, "orders", "poll,dispatch", way)
    made.measure("orders", made.resume, made.shop(WARM_UP), WARM_UP)
    made.slow(shop, given.latency / 1000)
    run = made.measure("orders", made.resume, shop, given.orders)
    made.slow(shop, 0)
    _stop(made, "orders")
    return run.rate, run.cpu * 1000 / run.orders


def _polls(made: Scene, given: argparse.Namespace, way: str) -> Result:
    shops = [made.shop(given.orders) for _ in range(SHOPS)]
    _start(made, "poll", "dispatch", way)
    _seen(made, [made.shop(WARM_UP)], WARM_UP)
    for shop in shops:
        made.slow(shop, given.latency / 1000)
    used = cpu_seconds(made.pids("poll"))
    seconds = _seen(made, shops, SHOPS * given.orders)
    cpu = cpu_seconds(made.pids("poll")) - used
    _stop(made, "poll")
    return SHOPS * given.orders / seconds, cpu * 1000 / (SHOPS * given.orders)


def _exports(made: Scene, given: argparse.Namespace, way: str) -> Result:
    _start(made, "exports", "orders,poll,dispatch", way)
    _ship(made, WARM_UP)
    shop, orders = _imported(made, given.orders)
    made.slow(shop, given.latency / 1000)
    used = cpu_seconds(made.pids("exports"))
    seconds = _shipped(made, shop, orders)
    cpu = cpu_seconds(made.pids("exports")) - used
    made.slow(shop, 0)
    _stop(made, "exports")
    return (given.orders - 1) / seconds, cpu * 1000 / given.orders


def _ship(made: Scene, count: int) -> None:
    _shipped(made, *_imported(made, count))


def _imported(made: Scene, count: int) -> tuple[str, list[str]]:
    """Import a shop and let all its orders be shipped in Afosto, of which nobody tells; return it and the orders."""
    shop, world = made.shop(count), made.world
    made.measure("beside", made.resume, shop, count)
    orders = [order for order in world.afosto.orders(TENANT) if order["reference"].startswith(f"{shop}/")]
    for number, order in enumerate(orders):
        world.afosto.ship(TENANT, order["id"], code=f"{shop}-{number}")
    return shop, [order["reference"].removeprefix(f"{shop}/") for order in orders]


def _shipped(made: Scene, shop: str, orders: list[str]) -> float:
    """Ask for a look at orders until all their parcels are in the shop; return seconds from the first to the last."""
    made.world.ledger.jobs.request_runs(shop, "export", "looks", orders, lane=1)
    wait_for(lambda: len(_parcels(made, shop)) == len(orders), LONGEST, f"{len(orders)} parcels to be in the shop")
    times = _parcels(made, shop)
    return (max(times) - min(times)).total_seconds()


def _parcels(made: Scene, shop: str) -> list[datetime]:
    causes = made.world.epages.causes(shop)
    return [datetime.fromisoformat(cause["at"]) for cause in causes if cause["action"] == "ship"]


def _seen(made: Scene, shops: list[str], orders: int) -> float:
    """Let shops be polled until all their orders are known; return the seconds that took."""
    for shop in shops:
        made.resume(shop)
    wait_for(lambda: _count(made, shops)[0] == orders, LONGEST, f"{orders} orders to be seen")
    return _count(made, shops)[1]


def _count(made: Scene, shops: list[str]) -> tuple[int, float]:
    row = made.world.ledger.database.transaction(lambda session: session.execute(SEEN, (shops,)).fetchone())
    assert row is not None
    return row["orders"], row["seconds"]


def _start(made: Scene, queue: str, others: str, way: str) -> None:
    pool, slots = way.split()
    made.start("beside", [connector.celery(others, "threads", BESIDE)])
    made.start(queue, [connector.celery(queue, pool, int(slots))])


def _stop(made: Scene, queue: str) -> None:
    made.stop(queue)
    made.stop("beside")
