"""How soon does a change in Afosto show in the shop while another shop's past orders are imported?

    python -m benchmarks export_latency [--orders 10000] [--acts 240]

Starts both simulated vendors, PostgreSQL, Redis, the gateway and real workers in a temporary folder. First it imports
one shop's orders. Then it connects another shop with many past orders. While these are imported, people in Afosto ship,
deliver and cancel orders of the first shop, four actions a second. Prints the percentiles of the time from each action
to its effect in the shop, and how fast the import was meanwhile. Exits with 1 if the 95th percentile is above one
second or the 99th above two.
"""

import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from benchmarks.measure.bar_charts import save_bars
from benchmarks.measure.reporting import count, options, report_aims
from benchmarks.measure.statistics import Figure, table, tracked
from local.demo.latency import Percentiles, measure
from local.servers.services import local_services
from tests.support.connector.world import TENANT, World

NAME = "export_latency"
QUIET, BUSY = "quiet", "busy"
AIM, LONGEST = 1.0, 2.0  # seconds within which 95 and 99 of 100 actions show in the shop
ACTION_INTERVAL = 0.25  # seconds between two actions
SEED = 7
# Leases and waits as in production; shorter poll intervals, so that a short run sees many polls.
WAITS = {"POLL_INTERVAL": "5", "DISPATCH_INTERVAL": "1", "LEASE": "20", "LEASE_RENEWAL": "5", "WALK_INTERVAL": "60"}
CALLS = {"CALL_DEADLINE": "10", "LONGEST_JOB": "60", "AMBIGUITY_WAIT": "60", "RESEND_AFTER": "60"}
IMPORT_QUEUES = "orders,cancellations,shipments,returns"
NICE = 10  # niceness of the import workers, as in the Procfile
LAST_EFFECTS = 10.0  # seconds for the effects of the last actions


@dataclass(frozen=True, slots=True)
class Run:
    """How long actions took to show in the shop, and orders imported per second meanwhile."""

    how: str
    took: Percentiles
    imported: float


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; return exit code 1 if it missed its aim."""
    parser = options(NAME, "Measure how long a change takes from Afosto to the shop during an import.")
    parser.add_argument("--orders", type=count, default=10_000, help="past orders imported meanwhile (default: 10000)")
    parser.add_argument(
        "--acts", type=count, default=240, help="actions in Afosto, alone and during the import (default: 240 each)"
    )
    given = parser.parse_args(argv)
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as folder,
        local_services(Path(folder) / "services", {}) as services,
        World(services, Path(folder), **WAITS, **CALLS) as world,
    ):
        _start(world, given.acts)
        people = People(world)
        runs = [_run(world, people, given.acts, "alone")]
        _open_busy_shop(world, given.orders)
        runs.append(_run(world, people, given.acts, f"beside the import of {given.orders:,} orders"))
    return _report(runs)


def _report(runs: Sequence[Run]) -> int:
    rows = [[run.how, run.took.count, *(f"{part:.2f}" for part in _parts(run)), f"{run.imported:.1f}"] for run in runs]
    click.echo(table(["", "actions", "p50 s", "p95 s", "p99 s", "orders imported/s meanwhile"], rows))
    bars = {run.how: [Figure(part, 0.0) for part in _parts(run)] for run in runs}
    click.echo(f"\n{save_bars(NAME, 'Seconds from an action in Afosto to its effect', ['p50', 'p95', 'p99'], bars)}\n")
    _, p95, p99 = _parts(runs[-1])
    aims = {"p95": (p95, AIM), "p99": (p99, LONGEST)}
    return report_aims([f"{name}: {found:.2f} s of {most:g} s" for name, (found, most) in aims.items() if found > most])


def _parts(run: Run) -> tuple[float, float, float]:
    return run.took.p50, run.took.p95, run.took.p99


def _start(world: World, acts: int) -> None:
    """Start a worker for each kind of work, as in the Procfile, and place the orders to act on."""
    world.shop(QUIET)
    world.gateway(QUIET)
    for queues in (IMPORT_QUEUES, "poll,reconcile"):
        world.worker(queues, 8, nice=NICE)
    for queues in ("exports", "inventory", "dispatch"):
        world.worker(queues, 1 if queues == "dispatch" else 8)
    world.beat()
    for _ in range(2 * acts):
        world.epages.place(QUIET, paid=True, test=False, pickup=False, payment="PayPal")
    world.settle(240)


def _open_busy_shop(world: World, orders: int) -> None:
    now = datetime.now(UTC)
    since, until = now - timedelta(days=365), now - timedelta(hours=1)
    world.shop(BUSY, since=since)
    world.epages.place_many(BUSY, orders, since.isoformat(), until.isoformat(), lives=True)


def _run(world: World, people: "People", acts: int, how: str) -> Run:
    begun = len(world.afosto.causes(TENANT))
    imported, started = _imported(world), time.monotonic()
    for _ in tracked(range(acts), f"{NAME}, {how}"):
        people.act()
        time.sleep(ACTION_INTERVAL)
    rate = (_imported(world) - imported) / (time.monotonic() - started)
    time.sleep(LAST_EFFECTS)
    return Run(how, measure(world.epages, world.afosto, [QUIET], TENANT, after=begun)["all"], rate)


class People:
    """The people in Afosto who ship, deliver and cancel orders of the quiet shop. They read single orders only."""

    def __init__(self, world: World) -> None:
        self._afosto = world.afosto
        self._random = random.Random(SEED)  # noqa: S311 - a seed, so that a run can be repeated
        self._new = [order["id"] for order in world.afosto.orders(TENANT) if order["status"] == "OPEN"]
        self._shipped: list[str] = []
        self._random.shuffle(self._new)

    def act(self) -> None:
        """Deliver a parcel that is on its way, ship a new order, or cancel one piece of it."""
        chance = self._random.random()
        if self._shipped and chance < 0.4:
            self._afosto.deliver(TENANT, self._shipped.pop(0))
            return
        order = self._new.pop()
        if chance < 0.6:
            unit = self._afosto.order(TENANT, order)["units"][0]["id"]
            self._afosto.cancel(TENANT, order, [unit])
        else:
            self._afosto.ship(TENANT, order, code=f"T{self._random.randrange(10**9)}")
            self._shipped.append(order)


def _imported(world: World) -> int:
    row = world.ledger.database.transaction(
        lambda s: s.execute("select count(*) as n from links where kind = 'order' and stage = 'opened'").fetchone()
    )
    assert row is not None
    return int(row["n"])
