"""Which broker is better for the connector's imports: Redis, or RabbitMQ with quorum queues?

    python -m benchmarks brokers [--orders 150] [--rounds 5] [--concurrency 16]

Runs two equal worlds, each with its own PostgreSQL and Redis (limiter and breaker always need a Redis). They differ in
one variable: CONNECTOR_BROKER_URL.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from benchmarks.contenders import connector
from benchmarks.measure.bar_charts import save_bars
from benchmarks.measure.reporting import count, options
from benchmarks.measure.statistics import figure, in_turn, ratio, table
from benchmarks.setup.import_setup import ImportSetup, Measurement, import_setup
from benchmarks.setup.rabbitmq import rabbitmq

NAME = "brokers"
REDIS, RABBITMQ = "Redis", "RabbitMQ, quorum queues"
WARM_UP = 20  # orders imported before anything is measured
WORKER = "connector"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; raises AssertionError when an import does not end."""
    parser = options(NAME, "Import orders with Redis and with RabbitMQ as the broker.")
    parser.add_argument("--orders", type=count, default=150, help="orders per import (default: 150)")
    parser.add_argument("--rounds", type=count, default=5, help="imports with each (default: 5)")
    parser.add_argument("--concurrency", type=count, default=16, help="threads of the worker (default: 16)")
    given = parser.parse_args(argv)
    with (
        TemporaryDirectory(prefix="rabbitmq-") as folder,
        rabbitmq(Path(folder)) as (url, pid),
        import_setup() as redis,
        import_setup(BROKER_URL=url) as rabbit,
    ):
        rabbit.servers.add(pid)
        setups = {REDIS: redis, RABBITMQ: rabbit}
        for setup in setups.values():
            setup.start(WORKER, connector.worker(given.concurrency))
            _import(setup, WARM_UP)
        found = in_turn(list(setups), given.rounds, lambda name: _import(setups[name], given.orders), NAME)
    _report(given, found)
    return 0


def _import(setup: ImportSetup, orders: int) -> Measurement:
    return setup.measure(WORKER, setup.resume, setup.shop(orders), orders)


def _report(given: argparse.Namespace, found: dict[str, list[Measurement]]) -> None:
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
