"""How many orders per second are imported, compared with other task queues that send the same requests?

    python -m benchmarks throughput [--orders 150] [--rounds 5] [--concurrency 16] [--latencies 0 50]

Every contender reads the shop's list; then, per order, it creates a draft in Afosto, adds the items and opens it. Each
of the others comes in two kinds: it reads every order again, as a tutorial would, or it is handed the document from the
list in its message ("handed"), which leaves the same requests as the connector's. Only the connector keeps a ledger.
All do the same number of orders at once, each with its own kind of worker (threads of one process, RQ with processes,
Taskiq with coroutines), except the tutorial's Celery, which has its defaults. The connector also runs as its Procfile
starts it: a worker process per queue, with the threads given there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import ModuleType

import click

from benchmarks.measure.bar_charts import save_bars
from benchmarks.measure.reporting import count, options
from benchmarks.measure.request_counts import requests_table
from benchmarks.measure.sql_statements import statements_of
from benchmarks.measure.statistics import aims, digits, figure, in_turn, ratio, table
from benchmarks.setup.import_setup import ImportSetup, Measurement, import_setup

NAME = "throughput"
PLAIN, CEILING = "plain Celery", "bare loop"
OURS, SHIPPED = "connector", "connector, as shipped"
CONNECTORS = {OURS: "connector", SHIPPED: "connector_shipped"}
QUEUES = {
    "Dramatiq": "on_dramatiq",
    "Procrastinate": "on_procrastinate",
    "RQ": "on_rq",
    "Huey": "on_huey",
    "Taskiq": "on_taskiq",
    "Celery, threads": "threaded_celery",
}
OTHERS = {PLAIN: "plain_celery", **QUEUES, CEILING: "bare_loop"}
CONTENDERS = {**CONNECTORS, **OTHERS}
# What is added to the name of a contender that is handed the documents; the same processes do it.
HANDED = ", handed"
KINDS = [*CONNECTORS, *(name + kind for name in OTHERS for kind in ("", HANDED))]
WARM_UP = 20  # orders that each contender imports before it is measured: connections, tokens, lazy imports
AIMED_AT = 50  # latency in milliseconds to which the aims apply


@dataclass(frozen=True)
class Options:
    """The command line: orders per import, rounds, orders at once, and the vendors' latencies in milliseconds."""

    orders: int
    rounds: int
    concurrency: int
    latencies: list[int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; return exit code 1 if it missed an aim."""
    given = _given(argv)
    with import_setup() as setup:
        modules = {name: setup.contender(module) for name, module in CONTENDERS.items()}
        modules["Procrastinate"].create_tables()
        found = {latency: _measure(setup, modules, given, latency) for latency in given.latencies}
        statements = {kind: _statements(setup, modules[_contender(kind)], given, kind) for kind in KINDS}
    return _report(given, found, {name: count / given.orders for name, count in statements.items()})


def _given(argv: Sequence[str] | None) -> Options:
    parser = options(NAME, "Compare the import with that of other task queues.")
    parser.add_argument("--orders", type=count, default=150, help="orders per import (default: 150)")
    parser.add_argument("--rounds", type=count, default=5, help="imports of each contender (default: 5)")
    parser.add_argument("--concurrency", type=count, default=16, help="orders at once (default: 16)")
    parser.add_argument("--latencies", type=int, nargs="+", default=[0, 50], help="milliseconds (default: 0 50)")
    return Options(**vars(parser.parse_args(argv)))


def _begin(setup: ImportSetup, module: ModuleType, kind: str) -> Callable[[str], None]:
    """Return what starts an import. The connector starts by itself when a store is resumed."""
    return partial(module.begin, handed=kind.endswith(HANDED)) if hasattr(module, "begin") else setup.resume


def _contender(kind: str) -> str:
    return kind.removesuffix(HANDED)


def _start(setup: ImportSetup, name: str, module: ModuleType, given: Options) -> None:
    """Start a contender and warm it up."""
    setup.start(name, module.worker(given.concurrency))
    setup.measure(name, _begin(setup, module, name), setup.shop(WARM_UP), WARM_UP)


def _measure(
    setup: ImportSetup, modules: Mapping[str, ModuleType], given: Options, latency: int
) -> dict[str, list[Measurement]]:
    def run(kind: str) -> Measurement:
        name = _contender(kind)
        # Only the measured one runs: both connectors use the same queues, and idle workers ask their broker for work.
        if not setup.runs(name):
            setup.stop_all()
        # Orders are placed before the connector starts: it needs more requests for a list that changes at that moment.
        shop = setup.shop(given.orders)
        if not setup.runs(name):
            _start(setup, name, modules[name], given)
        setup.slow(shop, latency / 1000)
        return setup.measure(name, _begin(setup, modules[name], kind), shop, given.orders)

    found = in_turn(KINDS, given.rounds, run, f"{latency} ms")
    setup.stop_all()
    setup.slow(setup.shop(0), 0)
    return found


def _statements(setup: ImportSetup, module: ModuleType, given: Options, kind: str) -> int:
    """Count the statements of one more import while no other contender runs."""
    shop, name = setup.shop(given.orders), _contender(kind)
    setup.start(name, module.worker(given.concurrency))
    count = statements_of(setup, lambda: setup.measure(name, _begin(setup, module, kind), shop, given.orders))
    setup.stop(name)
    return count


def _report(
    given: Options, found: Mapping[int, Mapping[str, list[Measurement]]], statements: Mapping[str, float]
) -> int:
    click.echo(
        f"{given.orders} orders per import, {given.rounds} rounds in turn, medians; ± is half the range. "
        f"Every contender imports {given.concurrency} orders at once and runs only while it is measured. It has one "
        "worker process with threads (the connector also beat, which only ticks), but RQ has as many processes and "
        "forks for each order, and Taskiq has coroutines that share a session of aiohttp. Plain Celery has its "
        "defaults: prefork, one child per core. The connector as shipped has the processes and threads of its "
        "Procfile. The orders were placed some seconds before. Vendors, PostgreSQL and Redis run on the same machine. "
        "Orders per second are counted from the first opened order to the last; ratios are computed per round."
    )
    for latency, runs in found.items():
        click.echo(f"\n**Vendors that take {latency} ms longer for each answer**\n")
        click.echo(_table(runs, statements))
    click.echo(
        "\nSQL statements: counted by PostgreSQL's own statement log in one more import that is not timed, including "
        "BEGIN, COMMIT and the empty statements that test a pooled connection. Server CPU is that of PostgreSQL and "
        "Redis.\n\n**Requests per order, counted by the vendors**\n"
    )
    runs = found[given.latencies[-1]]
    click.echo(requests_table(runs))
    bars = {name: [figure(run.rate for run in found[each][name]) for each in found] for name in runs}
    click.echo(f"\n{save_bars(NAME, 'Orders imported per second', [f'{each} ms' for each in found], bars)}\n")
    words, reached = _aims(found[AIMED_AT]) if AIMED_AT in found else ("", True)
    click.echo(words)
    return 0 if reached else 1


def _table(runs: Mapping[str, list[Measurement]], statements: Mapping[str, float]) -> str:
    columns = ["", "orders/s", f"× {PLAIN}", f"× {CEILING}", "CPU ms/order", "server CPU ms/order", "SQL/order"]
    columns += ["Redis commands/order", "requests/order", "first order after"]
    rates = {name: [run.rate for run in imports] for name, imports in runs.items()}
    rows = [
        [
            name,
            figure(rates[name]),
            ratio(rates[name], rates[PLAIN]),
            ratio(rates[name], rates[CEILING]),
            figure(run.cpu * 1000 / run.orders for run in imports),
            figure(run.servers_cpu * 1000 / run.orders for run in imports),
            digits(statements[name]),
            digits(figure(run.redis_commands / run.orders for run in imports).median),
            digits(figure(run.requests.total() / run.orders for run in imports).median),
            f"{figure(run.first for run in imports).median:.2f} s",
        ]
        for name, imports in runs.items()
    ]
    return table(columns, rows)


def _aims(runs: Mapping[str, list[Measurement]]) -> tuple[str, bool]:
    rates = {name: [run.rate for run in imports] for name, imports in runs.items()}
    # As shipped it does more orders at once than the others. Only the tutorial's Celery has its own defaults, too.
    wanted = {
        OURS: {**dict.fromkeys(QUEUES, 1.15), **{name + HANDED: 0.9 for name in (*QUEUES, CEILING)}},
        SHIPPED: {PLAIN: 3.0, **dict.fromkeys(QUEUES, 1.5)},
    }
    return aims(
        {
            f"{ours} : {name}": (ratio(rates[ours], rates[name]), aim)
            for ours, least in wanted.items()
            for name, aim in least.items()
        }
    )
