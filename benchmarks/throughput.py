"""How many orders per second are imported, beside other task queues that do the same requests and keep no ledger?

    python -m benchmarks throughput [--orders 150] [--rounds 5] [--concurrency 16] [--latencies 0 50]

Every contender reads the shop's list, then per order: reads it, makes a draft in Afosto, adds the items, opens it.
All have one worker process with the same number of threads, but the tutorial's Celery, which has its defaults. The
connector comes a second time as its Procfile starts it: a worker process per queue, with the threads it has there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

import click

from benchmarks.measuring import aims, digits, figure, in_turn, progress, ratio, table
from benchmarks.plotting import save_bars
from benchmarks.reporting import count, options
from benchmarks.scene import Import, Scene, scene
from benchmarks.statements import statements_of

NAME = "throughput"
PLAIN, CEILING = "plain Celery", "bare loop"
# They share queues, so that each runs only while it is measured.
OURS, SHIPPED = "connector", "connector, as shipped"
CONNECTORS = {OURS: "connector", SHIPPED: "connector_shipped"}
OTHERS = {"Dramatiq": "on_dramatiq", "Procrastinate": "on_procrastinate", "Celery, threads": "threaded_celery"}
CONTENDERS = {**CONNECTORS, PLAIN: "plain_celery", **OTHERS, CEILING: "bare_loop"}
WARM_UP = 20  # orders that each contender imports before it is measured: connections, tokens, lazy imports
AIMED_AT = 50  # milliseconds at which the aims hold


@dataclass(frozen=True)
class Given:
    """The command line: orders per import, rounds, threads, and the vendors' latencies in milliseconds."""

    orders: int
    rounds: int
    concurrency: int
    latencies: list[int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run; exit code 1 when an aim was missed."""
    given = _given(argv)
    with scene() as made:
        modules = {name: made.contender(module) for name, module in CONTENDERS.items()}
        modules["Procrastinate"].create_tables()
        others = {name: module for name, module in modules.items() if name not in CONNECTORS}
        with progress() as bar:
            for name in bar.track(others, description="warming up"):
                _start(made, name, others[name], given)
        found = {latency: _measure(made, modules, given, latency) for latency in given.latencies}
        made.stop_all()
        statements = {name: _statements(made, modules[name], given, name) for name in modules}
    return _report(given, found, {name: count / given.orders for name, count in statements.items()})


def _given(argv: Sequence[str] | None) -> Given:
    parser = options(NAME, "Compare imports with those of other task queues.")
    parser.add_argument("--orders", type=count, default=150, help="orders per import (default: 150)")
    parser.add_argument("--rounds", type=count, default=5, help="imports of each contender (default: 5)")
    parser.add_argument("--concurrency", type=count, default=16, help="threads of each worker (default: 16)")
    parser.add_argument("--latencies", type=int, nargs="+", default=[0, 50], help="milliseconds (default: 0 50)")
    return Given(**vars(parser.parse_args(argv)))


def _begin(made: Scene, module: ModuleType) -> Callable[[str], None]:
    """The connector begins by itself with a store that is no longer paused."""
    found: Callable[[str], None] = getattr(module, "begin", made.resume)
    return found


def _start(made: Scene, name: str, module: ModuleType, given: Given) -> None:
    """Start a contender and let it warm up."""
    made.start(name, module.worker(given.concurrency))
    made.measure(name, _begin(made, module), made.shop(WARM_UP), WARM_UP)


def _measure(made: Scene, modules: Mapping[str, ModuleType], given: Given, latency: int) -> dict[str, list[Import]]:
    def run(name: str) -> Import:
        # Placed before the connector starts: a list that is changing in this very second takes it more requests.
        shop = made.shop(given.orders)
        if name in CONNECTORS:
            _start(made, name, modules[name], given)
        made.slow(shop, latency / 1000)
        found = made.measure(name, _begin(made, modules[name]), shop, given.orders)
        if name in CONNECTORS:
            made.stop(name)
        return found

    found = in_turn(list(modules), given.rounds, run, f"{latency} ms")
    made.slow(made.shop(0), 0)
    return found


def _statements(made: Scene, module: ModuleType, given: Given, name: str) -> int:
    """Count while no other contender runs: the connector's beat ticks for ever."""
    shop = made.shop(given.orders)
    made.start(name, module.worker(given.concurrency))
    count = statements_of(made, lambda: made.measure(name, _begin(made, module), shop, given.orders))
    made.stop(name)
    return count


def _report(given: Given, found: Mapping[int, Mapping[str, list[Import]]], statements: Mapping[str, float]) -> int:
    click.echo(
        f"{given.orders} orders per import, {given.rounds} rounds in turn, medians; ± is half of the way from the "
        f"least to the most. Every contender has one worker process with {given.concurrency} threads (the connector "
        "beat as well, which only ticks), plain Celery its defaults: prefork, one child per core; the connector as "
        "shipped has the processes and threads of its Procfile. The orders were placed some seconds before. Vendors, "
        "PostgreSQL and Redis run on the same machine. "
        "Orders per second from the first opened order to the last; ratios round by round."
    )
    for latency, runs in found.items():
        click.echo(f"\n**Vendors that answer after {latency} ms more than they need**\n")
        click.echo(_table(runs, statements))
    click.echo(
        "\nSQL statements: counted by PostgreSQL's own log of statements in one more import that is not timed, BEGIN, "
        "COMMIT and the empty ones that test a pooled connection included. Server CPU is that of PostgreSQL and "
        "Redis.\n\n**Requests per order, as the vendors "
        "counted them**\n"
    )
    runs = found[given.latencies[-1]]
    click.echo(_requests(runs))
    bars = {name: [figure(run.rate for run in found[each][name]) for each in found] for name in runs}
    click.echo(f"\n{save_bars(NAME, 'Orders imported per second', [f'{each} ms' for each in found], bars)}\n")
    words, reached = _aims(found[AIMED_AT]) if AIMED_AT in found else ("", True)
    click.echo(words)
    return 0 if reached else 1


def _table(runs: Mapping[str, list[Import]], statements: Mapping[str, float]) -> str:
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


def _requests(runs: Mapping[str, list[Import]]) -> str:
    kinds = sorted({kind for imports in runs.values() for run in imports for kind in run.requests})
    rows = [
        [name, *(digits(figure(run.requests[kind] / run.orders for run in imports).median) for kind in kinds)]
        for name, imports in runs.items()
    ]
    return table(["", *kinds], rows)


def _aims(runs: Mapping[str, list[Import]]) -> tuple[str, bool]:
    rates = {name: [run.rate for run in imports] for name, imports in runs.items()}
    # As shipped it has more threads than those others: only the tutorial's Celery has its own defaults as well.
    wanted = {OURS: {PLAIN: 3.0, **dict.fromkeys(OTHERS, 1.0), CEILING: 0.7}, SHIPPED: {PLAIN: 3.0}}
    return aims(
        {
            f"{ours} : {name}": (ratio(rates[ours], rates[name]), aim)
            for ours, least in wanted.items()
            for name, aim in least.items()
        }
    )
