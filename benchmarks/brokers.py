"""Which broker carries the connector's imports better: Redis, or RabbitMQ with quorum queues?

    python -m benchmarks brokers [--orders 150] [--rounds 5] [--concurrency 16]

Two equal worlds, each with its own PostgreSQL and Redis (limiter and breaker need one in any case). They differ in one
variable: CONNECTOR_BROKER_URL.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from benchmarks.contenders import connector
from benchmarks.measuring import figure, in_turn, ratio, table
from benchmarks.plotting import save_bars
from benchmarks.rabbitmq import rabbitmq
from benchmarks.reporting import count, options
from benchmarks.scene import Import, Scene, scene

NAME = "brokers"
REDIS, RABBITMQ = "Redis", "RabbitMQ, quorum queues"
WARM_UP = 20  # orders imported before anything is measured
WORKER = "connector"


def main(argv: Sequence[str] | None = None) -> int:
    """Run; exit code 1 when an import did not end."""
    parser = options(NAME, "Import by way of Redis and by way of RabbitMQ.")
    parser.add_argument("--orders", type=count, default=150, help="orders per import (default: 150)")
    parser.add_argument("--rounds", type=count, default=5, help="imports by way of each (default: 5)")
    parser.add_argument("--concurrency", type=count, default=16, help="threads of the worker (default: 16)")
    given = parser.parse_args(argv)
    with (
        TemporaryDirectory(prefix="rabbitmq-") as folder,
        rabbitmq(Path(folder)) as (url, pid),
        scene() as redis,
        scene(BROKER_URL=url) as rabbit,
    ):
        rabbit.servers.add(pid)
        scenes = {REDIS: redis, RABBITMQ: rabbit}
        for made in scenes.values():
            made.start(WORKER, connector.worker(given.concurrency))
            _import(made, WARM_UP)
        found = in_turn(list(scenes), given.rounds, lambda name: _import(scenes[name], given.orders), NAME)
    _report(given, found)
    return 0


def _import(made: Scene, orders: int) -> Import:
    return made.measure(WORKER, made.resume, made.shop(orders), orders)


def _report(given: argparse.Namespace, found: dict[str, list[Import]]) -> None:
    click.echo(
        f"{given.orders} orders per import, {given.rounds} rounds in turn, one worker process with {given.concurrency} "
        "threads and beat; only CONNECTOR_BROKER_URL differs. Server CPU is that of PostgreSQL, Redis and, for its "
        "rows, RabbitMQ.\n"
    )
    rates = {name: [run.rate for run in runs] for name, runs in found.items()}
    rows = [
        [
            name,
            figure(rates[name]),
            ratio(rates[name], rates[REDIS]),
            figure(run.cpu * 1000 / run.orders for run in runs),
            figure(run.servers_cpu * 1000 / run.orders for run in runs),
            figure(run.first for run in runs),
        ]
        for name, runs in found.items()
    ]
    columns = ["", "orders/s", f"× {REDIS}", "CPU ms/order", "server CPU ms/order", "first order after, s"]
    click.echo(table(columns, rows))
    bars = {name: [figure(rates[name])] for name in found}
    click.echo(f"\n{save_bars(NAME, 'Orders imported per second, by broker', ['0 ms'], bars)}")
