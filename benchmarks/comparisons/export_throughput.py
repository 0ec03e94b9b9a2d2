"""How many parcels per second are carried from Afosto to the shop, compared with plain Celery and a bare loop?

    python -m benchmarks export_throughput [--orders 150] [--rounds 5] [--concurrency 16] [--latencies 0 50]

Orders were imported by the connector, and each was shipped in Afosto. For each order, every contender hears that there
is news, reads the order in Afosto and in the shop, creates the parcel in the shop and marks it as shipped. Only the
connector keeps a ledger. It has the queue of exports and dispatch in one worker process, and beat; the bare loop has as
many threads; plain Celery has its defaults.
"""

import argparse
from collections.abc import Mapping, Sequence
from functools import partial

import click

from benchmarks.contenders import connector
from benchmarks.measure.bar_charts import save_bars
from benchmarks.measure.reporting import count, options
from benchmarks.measure.request_counts import requests_table
from benchmarks.measure.statistics import digits, figure, in_turn, ratio, table
from benchmarks.setup.import_setup import ImportSetup, Measurement, import_setup
from benchmarks.setup.shipped_orders import export, shipped_orders

NAME = "export_throughput"
OURS, PLAIN, CEILING = "connector", "plain Celery", "bare loop"
OTHERS = {PLAIN: "plain_celery", CEILING: "bare_loop"}
CONTENDERS = (OURS, *OTHERS)
QUEUES = "exports,dispatch"
IMPORTER = "importer"  # the connector's worker that imports what will be exported
WARM_UP = 20  # parcels that each contender exports before it is measured: connections, tokens, lazy imports


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; raises AssertionError when an export does not end."""
    parser = options(NAME, "Compare the export of parcels with that of plain Celery and a bare loop.")
    parser.add_argument("--orders", type=count, default=150, help="orders with one parcel each (default: 150)")
    parser.add_argument("--rounds", type=count, default=5, help="exports of each contender (default: 5)")
    parser.add_argument("--concurrency", type=count, default=16, help="threads (default: 16)")
    parser.add_argument("--latencies", type=int, nargs="+", default=[0, 50], help="milliseconds (default: 0 50)")
    given = parser.parse_args(argv)
    with import_setup() as setup:
        found = {
            latency: in_turn(CONTENDERS, given.rounds, partial(_run, setup, given, latency), f"{latency} ms")
            for latency in given.latencies
        }
    _report(given, found)
    return 0


def _run(setup: ImportSetup, given: argparse.Namespace, latency: int, name: str) -> Measurement:
    """Measure one contender, while no other runs."""
    setup.start(IMPORTER, connector.worker(given.concurrency))
    first = shipped_orders(setup, IMPORTER, WARM_UP)
    shop, orders = shipped_orders(setup, IMPORTER, given.orders)
    setup.stop(IMPORTER)
    if name == OURS:
        commands = [connector.celery(QUEUES, "threads", given.concurrency), connector.beat()]
        begin = partial(export, setup)
    else:
        module = setup.contender(OTHERS[name])
        commands, begin = module.worker(given.concurrency), module.begin_exports
    setup.start(name, commands)
    setup.measure_exports(name, begin, *first)
    setup.slow(shop, latency / 1000)
    measured = setup.measure_exports(name, begin, shop, orders)
    setup.slow(shop, 0)
    setup.stop(name)
    for each in (first[0], shop):
        # So that the connector has nothing else to do in the next run.
        setup.world.ledger.stores.pause(each)
    return measured


def _report(given: argparse.Namespace, found: Mapping[int, Mapping[str, list[Measurement]]]) -> None:
    click.echo(
        f"{given.orders} orders with one parcel each, {given.rounds} rounds in turn, medians; ± is half the range. The "
        f"connector has one worker process with {given.concurrency} threads and beat, the bare loop as many threads. "
        "Plain Celery has its defaults: prefork, one child per core. Vendors, PostgreSQL and Redis run on the same "
        "machine. Parcels per second are counted from the first parcel that the shop marked as shipped to the last; "
        "ratios are computed per round."
    )
    for latency, runs in found.items():
        click.echo(f"\n**Vendors that take {latency} ms longer for each answer**\n\n{_table(runs)}")
    runs = found[given.latencies[-1]]
    click.echo(
        "\nServer CPU is that of PostgreSQL and Redis. The connector reads the order in Afosto twice: to see which "
        "exports must run, and in the export itself.\n\n"
        f"**Requests per parcel, counted by the vendors**\n\n{requests_table(runs)}"
    )
    bars = {name: [figure(run.rate for run in found[each][name]) for each in found] for name in runs}
    click.echo(f"\n{save_bars(NAME, 'Parcels exported per second', [f'{each} ms' for each in found], bars)}")


def _table(runs: Mapping[str, list[Measurement]]) -> str:
    columns = ["", "parcels/s", f"× {PLAIN}", f"× {CEILING}", "CPU ms/parcel", "server CPU ms/parcel"]
    columns += ["Redis commands/parcel", "requests/parcel", "first parcel after"]
    rates = {name: [run.rate for run in measured] for name, measured in runs.items()}
    rows = [
        [
            name,
            figure(rates[name]),
            ratio(rates[name], rates[PLAIN]),
            ratio(rates[name], rates[CEILING]),
            figure(run.cpu * 1000 / run.orders for run in measured),
            figure(run.servers_cpu * 1000 / run.orders for run in measured),
            digits(figure(run.redis_commands / run.orders for run in measured).median),
            digits(figure(run.requests.total() / run.orders for run in measured).median),
            f"{figure(run.first for run in measured).median:.2f} s",
        ]
        for name, measured in runs.items()
    ]
    return table(columns, rows)
