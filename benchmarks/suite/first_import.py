"""How soon does a new order arrive in Afosto while a shop's whole history is being imported?

    python -m benchmarks first_import [--orders 20000] [--shop-budget 6000] [--afosto-budget 600] [--seconds 90]

Starts both simulated vendors, PostgreSQL, Redis and real workers in a temporary folder, connects a shop with that
many past orders, places a new order every ten seconds, and prints how long each took until it was opened in Afosto, how
often both vendors were called, and what that comes to for all orders. With a budget, in calls per hour of the shop and
per minute of Afosto, a vendor refuses what is beyond it.
"""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from benchmarks.measure.import_calls import ImportCalls, Sample, take_sample
from benchmarks.measure.reporting import amount, count, options, report_aims
from local.servers.services import local_services
from tests.support.connector.world import TENANT, World

NAME = "first_import"
SHOP = "history"
GAP = 10.0  # seconds between two new orders
LONGEST = 90.0  # seconds after which the benchmark ends by default, even if orders are left
GRACE = 10.0  # seconds beyond the poll interval that a new order may take
POLL_INTERVAL = 5.0
WAITS = {"POLL_INTERVAL": f"{POLL_INTERVAL:g}", "DISPATCH_INTERVAL": "1", "LEASE": "20", "LEASE_RENEWAL": "5"}
CALLS = {"CALL_DEADLINE": "10", "LONGEST_JOB": "60", "AMBIGUITY_WAIT": "60", "RESEND_AFTER": "60"}

PROGRESS = """
    select (select coalesce(sum(requests), 0)::int from attempts) as requests,
           (select count(*) from jobs where state <> 'done') as open,
           (select count(*) from cursors where kind = 'history' and next_poll_at is not null) as reading
"""
OPENED = """
    select order_key, created_at from links
    where kind = 'order' and stage = 'opened' and order_key = any(%s::text[])
"""


@dataclass
class NewOrders:
    """New orders that are not opened yet (id → order number, monotonic time), and how long the others took."""

    placed: dict[str, tuple[str, float]] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)

    def place(self, world: World) -> None:
        """Place one new order that is paid."""
        order = world.epages.place(SHOP, paid=True, test=False)
        self.placed[order["id"]] = (str(order["number"]), time.monotonic())

    def print_opened(self, world: World) -> None:
        """Print each order that was opened since the last call."""
        rows = world.ledger.database.transaction(lambda s: s.execute(OPENED, (list(self.placed),)).fetchall())
        for row in rows:
            number, placed_at = self.placed.pop(row["order_key"])
            seconds = time.monotonic() - placed_at
            self.took.append(seconds)
            click.echo(f"    new order {number} opened after {seconds:.1f} s")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; return exit code 1 if a new order took too long."""
    parser = options(NAME, "Measure new orders during a shop's first import.")
    parser.add_argument("--orders", type=count, default=20_000, help="past orders of the shop (default: 20000)")
    parser.add_argument("--shop-budget", type=count, help="calls per hour that the shop allows (default: any number)")
    parser.add_argument("--afosto-budget", type=count, help="calls per minute that Afosto allows (default: any number)")
    parser.add_argument("--seconds", type=amount, default=LONGEST, help=f"longest run, in s (default: {LONGEST:g})")
    given = parser.parse_args(argv)
    budgets = _budgets(given.shop_budget, given.afosto_budget)
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as folder,
        local_services(Path(folder) / "services", {}) as services,
        World(services, Path(folder), **WAITS, **CALLS, **budgets) as world,
    ):
        _open_shop(world, given.orders)
        _limit(world, given.shop_budget, given.afosto_budget)
        calls = ImportCalls(given.orders, given.afosto_budget)
        new_orders = _run(world, calls, given.seconds)
    return _report(new_orders, calls, aims=bool(given.shop_budget and given.afosto_budget))


def _budgets(shop: int | None, afosto: int | None) -> dict[str, str]:
    """Return the settings of a connector that expects these budgets, as in production."""
    found = {"EPAGES_CALLS_PER_WINDOW": str(shop), "EPAGES_WINDOW": "3600"} if shop else {}
    return found | ({"AFOSTO_CALLS_PER_WINDOW": str(afosto), "AFOSTO_WINDOW": "60"} if afosto else {})


def _limit(world: World, shop: int | None, afosto: int | None) -> None:
    """Let the vendors refuse what is beyond their budgets."""
    if shop:
        world.epages.set_faults(SHOP, budget={"calls": shop, "window": 3600})
    if afosto:
        world.afosto.set_faults(TENANT, budget={"calls": afosto, "window": 60})


def _open_shop(world: World, orders: int) -> None:
    now = datetime.now(UTC)
    since = now - timedelta(days=365)
    world.shop(SHOP, since=since)
    until = now - timedelta(hours=1)
    click.echo(f"{world.epages.place_many(SHOP, orders, since.isoformat(), until.isoformat(), lives=True)} past orders")


def _run(world: World, calls: ImportCalls, longest: float) -> NewOrders:
    world.start()
    new_orders, started, next_order, next_line = NewOrders(), time.monotonic(), GAP, GAP / 2
    while (elapsed := time.monotonic() - started) < longest:
        if elapsed >= next_order:
            new_orders.place(world)
            next_order += GAP
        new_orders.print_opened(world)
        if elapsed >= next_line:
            next_line += GAP
            calls.samples.append(take_sample(world, SHOP, elapsed))
            if _progress(world, calls.samples[-1]):
                break
        time.sleep(0.1)
    _finish(world, new_orders)
    return new_orders


def _finish(world: World, new_orders: NewOrders) -> None:
    """Wait for the orders that are not opened yet, as long as they may take."""
    ends = time.monotonic() + POLL_INTERVAL + GRACE
    while new_orders.placed and time.monotonic() < ends:
        new_orders.print_opened(world)
        time.sleep(0.1)


def _progress(world: World, now: Sample) -> bool:
    """Print the progress of the first import; return whether it is done."""
    row = world.ledger.database.transaction(lambda s: s.execute(PROGRESS).fetchone())
    assert row is not None
    imported = max(1, now.imported)
    click.echo(
        f"{now.seconds:5.0f} s: {now.imported} imported, {row['open']} jobs open, "
        f"{imported / now.seconds:.1f} orders/s, {row['requests'] / imported:.1f} requests per order; "
        f"calls: {now.calls.shop} to the shop, {now.calls.afosto} to Afosto"
    )
    return bool(now.imported) and not row["open"] and not row["reading"]


def _report(new_orders: NewOrders, calls: ImportCalls, *, aims: bool) -> int:
    allowed = POLL_INTERVAL + GRACE
    longest = max(new_orders.took, default=0.0)
    late = len(new_orders.placed) + sum(seconds > allowed for seconds in new_orders.took)
    click.echo(
        f"new orders: {len(new_orders.took)} opened, {len(new_orders.placed)} not; the longest took {longest:.1f} s"
    )
    click.echo(f"allowed: {POLL_INTERVAL:g} s poll interval + {GRACE:g} s = {allowed:g} s; {late} late")
    for line in calls.lines():
        click.echo(line)
    missed = [f"{late} new orders were late"] if late else []
    return report_aims([*missed, *(calls.missed() if aims else ())])
