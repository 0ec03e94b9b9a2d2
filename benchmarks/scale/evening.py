"""What do ten thousand trading stores cost, and how fresh are their orders on the evening's peak?

    python -m benchmarks evening [--stores 10000] [--shops 200] [--orders 5] [--peak 4] [--minutes 5] [--quiet 120]

A whole day of 10,000 stores with 5 orders each has 50,000 orders, which this machine cannot press into minutes. So a
slice of the evening is traded in real time: the orders of all stores come at `--peak` times the day's average rate
(2.3 per second), in `--shops` simulated shops. The other stores are connected, polled and read in Afosto like any, with
news as long ago as if they too had `--orders` orders a day. Each store is polled every 300 s. The processes of the
Procfile run, with its numbers of threads.

First `--quiet` seconds pass without orders; then orders come for `--minutes`; then the last ones are waited for. Prints
the seconds from an order's placing in the shop until it is open in Afosto, and the same without the wait until the
store's poll was due; the cores; and the calls. What a whole day and its peak need is computed from the cost of the
quiet stores and the cost per order. Exits with 1 if an order was not opened, if 99 in 100 took more than 15 s besides
the wait for the poll, or if the peak needs more than the machine's cores.
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any, LiteralString

import click

from benchmarks.measure.process_costs import Costs
from benchmarks.measure.reporting import amount, count, options, report_aims, show
from benchmarks.measure.statistics import percentile, tracked
from benchmarks.measure.vendor_calls import TOKENS
from benchmarks.setup.idle_stores import StubVendors, connect_idle
from benchmarks.suite.idle import PRODUCTION_SETTINGS
from ledger.postgres.database import Row
from local.servers.processes import Processes
from local.servers.services import local_services
from tests.support.connector.world import PLACES, World, wait_for

NAME = "evening"
INTERVAL, DAY = 300.0, 86_400.0
LONGEST_OWN = 15.0  # seconds that an order may take besides the wait for its poll, in 99 of 100 cases
SETTLING = 90.0  # seconds that are left for the last order after its poll
PIECES, PRODUCTS = 10_000, 3
OTHERS = "idle-merchants"
# Queues of one worker process → its threads, as in the Procfile; the flows without work share one.
WORKERS = {
    "orders": 32,
    "cancellations,shipments,returns": 32,
    "exports": 32,
    "inventory": 32,
    "poll": 16,
    "dispatch": 16,
    "reconcile": 16,
}
PLAIN: dict[str, Any] = {"paid": True, "pickup": False, "test": False, "payment": "PayPal"}


@dataclass
class Evening:
    """A world in which shops trade: `placed` is order id → (shop, seconds since 1970)."""

    world: World
    shops: Sequence[str]
    costs: Costs = field(default_factory=Costs)
    placed: dict[str, tuple[str, float]] = field(default_factory=dict)
    dues: dict[tuple[str, int], float] = field(default_factory=dict)
    done: Event = field(default_factory=Event)

    def rows(self, query: LiteralString, *values: object) -> list[Row]:
        """Return the rows of a query."""
        return self.world.ledger.database.transaction(lambda session: session.execute(query, values).fetchall())

    def watch_polls(self) -> None:
        """Note when each shop's next poll is due, until `done`: by its store and the fence before that poll."""
        while not self.done.wait(1.0):
            for row in self.rows(_DUE, list(self.shops)):
                self.dues[row["store"], row["fence"]] = row["due"]

    def sell(self, rate: float, seconds: float) -> None:
        """Place `rate` orders per second at random moments in random shops."""
        rng, moment = random.Random(1), time.time()  # noqa: S311 - a run that can be repeated
        ends = moment + seconds
        while (moment := moment + rng.expovariate(rate)) < ends:
            time.sleep(max(0.0, moment - time.time()))
            shop = rng.choice(self.shops)
            order = self.world.epages.place(shop, **PLAIN)
            self.placed[order["id"]] = (shop, time.time())

    def opened(self) -> int:
        """Return how many orders are linked to an open one in Afosto."""
        return int(self.rows("select count(*) as n from links where kind = 'order' and stage = 'opened'")[0]["n"])

    def freshness(self) -> tuple[list[float], list[float]]:
        """Return the seconds of each order from its placing until it was open, and the same without the wait."""
        at = {}
        for shop in self.shops:
            for cause in self.world.afosto.causes(shop):
                if cause["action"] == "open_order":
                    at[str(cause["detail"]["reference"]).partition("/")[2]] = cause["at"] / 1000
        seen = {row["id"]: row["seen"] for row in self.rows(_SEEN)}
        whole, own = [], []
        for order, (shop, placed) in self.placed.items():
            if order in at and order in seen:
                due = max((due for (store, _), due in self.dues.items() if store == shop and due <= seen[order]))
                whole.append(at[order] - placed)
                own.append(at[order] - max(placed, due))
        return whole, own

    def calls(self) -> "Calls":
        """Return the calls so far."""
        rows = [row for shop in self.shops for row in self.world.epages.stats(shop)["requests"]]
        shops = sum(row["count"] for row in rows if not row["path"].endswith(TOKENS))
        afosto = sum(self.world.afosto.stats(shop)["total"] for shop in self.shops)
        polls = self.rows("select sum(requests)::int as n from cursors where store = any(%s)", list(self.shops))
        return Calls(shops, polls[0]["n"], afosto, self.world.afosto.stats(OTHERS)["total"])


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls to the trading shops, those of them that were polls, calls to their tenants, and to the others' tenant."""

    shops: int
    polls: int
    afosto: int
    others: int

    def __sub__(self, other: "Calls") -> "Calls":
        pairs = zip(self._all(), other._all(), strict=True)
        return Calls(*(mine - earlier for mine, earlier in pairs))

    def _all(self) -> tuple[int, int, int, int]:
        return self.shops, self.polls, self.afosto, self.others


@dataclass(frozen=True, slots=True)
class Span:
    """CPU seconds by process and calls, in so many seconds."""

    seconds: float
    cpu: dict[str, float]
    calls: Calls

    @property
    def cores(self) -> float:
        """CPU seconds per second."""
        return sum(self.cpu.values()) / self.seconds


_DUE = """
    select store, fence, extract(epoch from next_poll_at)::float8 as due from cursors
    where store = any(%s) and kind = 'live' and running_until is null
"""
_SEEN = "select id, extract(epoch from first_seen_at)::float8 as seen from orders"
_SPREAD = """
    update cursors set next_poll_at = now() + (%s::float8 + random() * %s::float8) * interval '1 second'
    where kind = 'live'
"""
# The time since the last of orders that come at random moments.
_NEWS = """
    with last as (select store, now() + ln(1 - random()) * interval '1 second' * %s::float8 as at from walks)
    , walked as (update walks w set news_at = l.at, next_at = now() + random() * interval '60 seconds'
                 from last l where l.store = w.store)
    update stock_cursors c set news_at = l.at, next_poll_at = now() + random() * interval '60 seconds'
    from last l where l.store = c.store
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; return exit code 1 if it missed an aim."""
    given = _arguments(argv)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder, ExitStack() as stack:
        services = stack.enter_context(local_services(Path(folder) / "services", {}))
        waits = {**PRODUCTION_SETTINGS, "POLL_INTERVAL": f"{INTERVAL:g}"}
        world = stack.enter_context(World(services, Path(folder), **waits))
        vendors = StubVendors(stack.enter_context(Processes(Path(folder) / "logs")))
        return _report(given, *_run(given, _open(world, vendors, given)))


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = options(NAME, "Measure a slice of the evening of many trading stores.")
    parser.add_argument("--stores", type=count, default=10_000, help="connected stores (default: 10000)")
    parser.add_argument("--shops", type=count, default=200, help="of them in simulated shops, which trade")
    parser.add_argument("--orders", type=amount, default=5.0, help="orders per store and day (default: 5)")
    parser.add_argument("--peak", type=amount, default=4.0, help="times the day's average rate (default: 4)")
    parser.add_argument("--minutes", type=amount, default=5.0, help="minutes of trade (default: 5)")
    parser.add_argument("--quiet", type=amount, default=120.0, help="seconds before, without orders (default: 120)")
    return parser.parse_args(argv)


def _open(world: World, vendors: StubVendors, given: argparse.Namespace) -> Evening:
    """Connect all stores, start the processes, and wait until the trading shops' catalogs are read."""
    places = [{"id": PLACES[0]["id"], "name": "Here"}]
    world.afosto.create(OTHERS, "key", channels=[{"id": "channel", "name": "Shop"}], locations=places)
    world.afosto.set_switches(OTHERS, orders_list=True)
    connect_idle(world, max(2, given.stores - given.shops), vendors.base_url, INTERVAL)
    shops = [f"{first}{second}{number:04d}" for number, (first, second) in enumerate(_letters(given.shops))]
    for shop in tracked(shops, f"{NAME}: shops"):
        key = world.tenant(shop, orders_list=True)
        world.shop(shop, datetime.now(UTC), tenant=shop, key=key, publishes=True, products=PRODUCTS)
        for row in world.epages.stock(shop):
            world.afosto.recount(shop, PLACES[0]["id"], row["sku"], PIECES)
    evening = Evening(world, shops)
    evening.rows(_SPREAD + " returning store", 5.0, INTERVAL)
    evening.rows(_NEWS + " returning c.store", DAY / given.orders)
    for queues, threads in WORKERS.items():
        evening.costs.watch(queues, world.worker(queues, threads).pid)
    evening.costs.watch("beat", world.beat().pid)
    evening.costs.watch_command("postgres", "postgres", "-D")
    evening.costs.watch_command("redis", "redis")
    wait_for(
        lambda: not evening.rows("select 1 from stock_cursors where position is null"), 2 * INTERVAL, "the catalogs"
    )
    return evening


def _letters(number: int) -> list[tuple[str, str]]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return [(letters[n // 26 % 26], letters[n % 26]) for n in range(number)]


def _run(given: argparse.Namespace, evening: Evening) -> tuple[Evening, Span, Span]:
    Thread(target=evening.watch_polls, daemon=True).start()
    quiet = _Meter(evening)
    time.sleep(given.quiet)
    before = quiet.read()
    trade = _Meter(evening)
    evening.sell(given.orders * given.stores * given.peak / DAY, 60 * given.minutes)
    ends = time.time() + INTERVAL + SETTLING
    while evening.opened() < len(evening.placed) and time.time() < ends:
        time.sleep(1)
    traded = trade.read()
    evening.done.set()
    return evening, before, traded


class _Meter:
    """Reads what was used since it was made."""

    def __init__(self, evening: Evening) -> None:
        self._evening = evening
        self._cpu, self._calls, self._began = evening.costs.seconds(), evening.calls(), time.monotonic()

    def read(self) -> Span:
        """Return what was used since then."""
        used = {name: now - self._cpu[name] for name, now in self._evening.costs.seconds().items()}
        return Span(time.monotonic() - self._began, used, self._evening.calls() - self._calls)


def _report(given: argparse.Namespace, evening: Evening, quiet: Span, trade: Span) -> int:
    whole, own = evening.freshness()
    orders = len(evening.placed)
    rows = [
        (name, *(f"{percentile(values or [0.0], part):.1f}" for part in (50, 95, 99)), f"{max(values, default=0):.1f}")
        for name, values in {"from placed to open": whole, "without the wait until the poll was due": own}.items()
    ]
    show(f"seconds of {orders} orders", ["", "p50", "p95", "p99", "longest"], rows)
    cost = {name: max(0.0, used - quiet.cpu[name] / quiet.seconds * trade.seconds) for name, used in trade.cpu.items()}
    each = sum(cost.values()) / max(1, orders)
    parts = [
        (
            name,
            f"{quiet.cpu[name] / quiet.seconds:.3f}",
            f"{used / trade.seconds:.3f}",
            f"{1000 * cost[name] / max(1, orders):.1f}",
        )
        for name, used in trade.cpu.items()
    ]
    parts.append(("all", f"{quiet.cores:.3f}", f"{trade.cores:.3f}", f"{1000 * each:.1f}"))
    show("cores", ["process", "without orders", "with orders", "CPU ms per order"], parts)
    average = given.orders * given.stores / DAY
    peak = quiet.cores + given.peak * average * each
    day = quiet.cores + average * each
    calls = trade.calls
    click.echo(f"- orders: {orders} within {60 * given.minutes:.0f} s, {orders / 60 / given.minutes:.2f} per second")
    click.echo(f"- computed: {peak:.2f} cores at {given.peak:g} times the average rate, {day:.2f} on a day's average")
    click.echo(f"- calls to the shops per poll: {calls.polls / max(1, _polls(trade, given)):.2f}")
    click.echo(f"- calls to the shops per order, besides polls: {(calls.shops - calls.polls) / max(1, orders):.2f}")
    click.echo(f"- calls to Afosto per order, with scans of the trading stores: {calls.afosto / max(1, orders):.2f}")
    click.echo(f"- calls to Afosto for stores without orders: {quiet.calls.others / quiet.seconds:.1f} per second")
    missed = [f"{orders - len(whole)} orders were not opened"] if len(whole) < orders else []
    if (late := percentile(own or [0.0], 99)) > LONGEST_OWN:
        missed.append(f"1 in 100 orders took more than {late:.1f} s besides the wait for its poll")
    if peak > (os.cpu_count() or 1):
        missed.append(f"the peak needs {peak:.2f} cores")
    return report_aims(missed)


def _polls(span: Span, given: argparse.Namespace) -> float:
    """Return how many polls of the trading shops fell into a span."""
    return float(given.shops * span.seconds / INTERVAL)
