"""Do workers that an autoscaler starts and stops keep up with ten thousand orders, and is any order lost or doubled?

    python -m benchmarks autoscaler [--orders 10000] [--rate 40] [--slots 8] [--speed 10]

The queries, targets and limits are those of deploy/kubernetes/pools/orders.yaml, and the formula is that of KEDA and
the HPA (tests/support/deploy/autoscaler.py). Everything goes `--speed` times as fast: the queries run every 1.5 s
instead of 15 s, the targets are a tenth, and an age of 12 s stands for 120 s. Workers are processes, started as in
production and stopped by SIGTERM. Each has `--slots` slots, and each answer of a vendor takes 250 ms longer, so that a
worker mostly waits.

A tenth of the orders come at a quarter of `--rate`, seven tenths at `--rate`, the last fifth at a quarter. Prints the
workers and the age of what was due in each phase. Exits with 1 if an order is lost or doubled, if a worker was killed,
or if in more than one of 20 looks the age was above its target.
"""

import argparse
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import click

from benchmarks.measure.reporting import amount, count, options, report_aims, show
from benchmarks.measure.statistics import percentile
from local.servers.services import local_services
from tests.support.connector.world import World
from tests.support.deploy.autoscaler import faster
from tests.support.deploy.kubernetes import scaling
from tests.support.deploy.scaled_pool import POOL, UNHURRIED, Sample, ScaledPool

NAME = "autoscaler"
# Parts of the orders, and of the rate at which they come.
PHASES = (("quiet", 0.1, 0.25), ("busy", 0.7, 1.0), ("quiet again", 0.2, 0.25))
POLL_INTERVAL = 1.5
TIMEOUT = 1800.0
GRACE = 90.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; return exit code 1 if it missed an aim."""
    given = _arguments(argv)
    rates = [(round(part * given.orders), share * given.rate) for _, part, share in PHASES]
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder, ExitStack() as stack:
        services = stack.enter_context(local_services(Path(folder) / "services", {}))
        waits = {**UNHURRIED, "POLL_INTERVAL": f"{POLL_INTERVAL:g}"}
        world = stack.enter_context(World(services, Path(folder), **waits))
        world.shop("scaled")
        pool = ScaledPool(world, faster(scaling(POOL), given.speed), given.slots)
        pool.run(rates, TIMEOUT)
        killed = [code for code in pool.fleet.exit_codes(GRACE) if code]
        world.settle(300)
        return _report(pool, rates, killed, world)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = options(NAME, "Scale the pool of orders by its own figures while orders come.")
    parser.add_argument("--orders", type=count, default=10_000, help="orders in all (default: 10000)")
    parser.add_argument("--rate", type=amount, default=40.0, help="orders per second in the busy phase (default: 40)")
    parser.add_argument("--slots", type=count, default=8, help="jobs that a worker runs at once (default: 8)")
    parser.add_argument("--speed", type=amount, default=10.0, help="times as fast as in production (default: 10)")
    return parser.parse_args(argv)


def _report(pool: ScaledPool, rates: Sequence[tuple[int, float]], killed: Sequence[int], world: World) -> int:
    target = next(trigger.target for trigger in pool.scaling.triggers if trigger.name == "age")
    ends = _ends(rates)
    rows = []
    for (name, *_), (orders, rate), (begin, end) in zip(PHASES, rates, pairwise([0.0, *ends]), strict=True):
        rows.append((name, orders, f"{rate:g}", *_figures([each for each in pool.samples if begin <= each.at < end])))
    rows.append(("after the last order", "", "", *_figures([each for each in pool.samples if each.at >= ends[-1]])))
    columns = ["phase", "orders", "per second", "workers", "jobs p95", "age p50", "age p95", "longest age"]
    show(f"the pool, with an age of {target:g} s as its target", columns, rows)
    steps = [after.workers - before.workers for before, after in pairwise(pool.samples)]
    click.echo(
        f"- workers started: {sum(step for step in steps if step > 0)}, stopped by SIGTERM: {len(pool.fleet.stopped)}"
    )
    report, orders = world.prove(), sum(number for number, _ in rates)
    click.echo(f"- orders placed: {orders}, open in Afosto: {report.counts['opened']}")
    click.echo(f"- differences between the two sides: {len(report.differences)}")
    missed = [str(each) for each in report.differences[:5]]
    if report.counts["opened"] != orders:
        missed.append(f"{report.counts['opened']} orders are open instead of {orders}")
    if killed:
        missed.append(f"workers ended with {killed}")
    if (age := percentile([each.age for each in pool.samples], 95)) > target:
        missed.append(f"in 1 of 20 looks the first job had been due for more than {age:.1f} s")
    return report_aims(missed)


def _ends(rates: Sequence[tuple[int, float]]) -> list[float]:
    """Return when each phase ends, in seconds since the start."""
    lasting = [orders / rate for orders, rate in rates]
    return [sum(lasting[: number + 1]) for number in range(len(lasting))]


def _figures(samples: Sequence[Sample]) -> tuple[str, ...]:
    if not samples:
        return ("",) * 5
    ages, workers = [each.age for each in samples], [each.workers for each in samples]
    return (
        f"{min(workers)} to {max(workers)}",
        f"{percentile([each.jobs for each in samples], 95):.0f}",
        *(f"{percentile(ages, part):.1f} s" for part in (50, 95)),
        f"{max(ages):.1f} s",
    )
