"""How soon does a new order arrive in Afosto while a shop's whole history is being imported?

    python -m benchmarks first_import [--orders 20000]

Starts both simulated vendors, PostgreSQL, Redis and real workers in a temporary folder, connects a shop with that
many past orders, places a new order every ten seconds, and prints how long each took until it was opened in Afosto.
"""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from benchmarks.measure.reporting import count, options
from local.servers.services import local_services
from tests.support.connector.world import World

NAME = "first_import"
SHOP = "history"
GAP = 10.0  # seconds between two new orders
LONGEST = 90.0  # seconds after which the benchmark ends, even if orders are left
GRACE = 10.0  # seconds beyond the poll interval that a new order may take
POLL_INTERVAL = 5.0
WAITS = {"POLL_INTERVAL": f"{POLL_INTERVAL:g}", "DISPATCH_INTERVAL": "1", "LEASE": "20", "LEASE_RENEWAL": "5"}
CALLS = {"CALL_DEADLINE": "10", "LONGEST_JOB": "60", "AMBIGUITY_WAIT": "60", "RESEND_AFTER": "60"}

PROGRESS = """
    select (select count(*) from links where kind = 'order' and stage = 'opened') as imported,
           (select coalesce(sum(requests), 0)::int from attempts) as requests,
           (select count(*) from jobs where state <> 'done') as open,
           (select count(*) from cursors where kind = 'history' and next_poll_at is not null) as reading
"""
OPENED = """
    select order_key, created_at from links
    where kind = 'order' and stage = 'opened' and order_key = any(%s::text[])
"""


@dataclass
class NewOrders:
    """New orders that are not opened yet (id → monotonic time of their placing), and how long the others took."""

    placed: dict[str, float] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)

    def place(self, world: World) -> None:
        """Place one new order that is paid."""
        order = world.epages.place(SHOP, paid=True, test=False)
        self.placed[order["id"]] = time.monotonic()

    def print_opened(self, world: World) -> None:
        """Print each order that was opened since the last call."""
        rows = world.ledger.database.transaction(lambda s: s.execute(OPENED, (list(self.placed),)).fetchall())
        for row in rows:
            seconds = time.monotonic() - self.placed.pop(row["order_key"])
            self.took.append(seconds)
            click.echo(f"    new order {row['order_key']} opened after {seconds:.1f} s")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; return exit code 1 if a new order took too long."""
    parser = options(NAME, "Measure new orders during a shop's first import.")
    parser.add_argument("--orders", type=count, default=20_000, help="past orders of the shop (default: 20000)")
    orders = parser.parse_args(argv).orders
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as folder,
        local_services(Path(folder) / "services", {}) as services,
        World(services, Path(folder), **WAITS, **CALLS) as world,
    ):
        _open_shop(world, orders)
        return _report(_run(world))


def _open_shop(world: World, orders: int) -> None:
    now = datetime.now(UTC)
    since = now - timedelta(days=365)
    world.shop(SHOP, since=since)
    until = now - timedelta(hours=1)
    click.echo(f"{world.epages.place_many(SHOP, orders, since.isoformat(), until.isoformat(), lives=True)} past orders")


def _run(world: World) -> NewOrders:
    world.start()
    new_orders, started, next_order, next_line = NewOrders(), time.monotonic(), GAP, GAP / 2
    while (elapsed := time.monotonic() - started) < LONGEST:
        if elapsed >= next_order:
            new_orders.place(world)
            next_order += GAP
        new_orders.print_opened(world)
        if elapsed >= next_line:
            next_line += GAP
            if _progress(world, elapsed):
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


def _progress(world: World, elapsed: float) -> bool:
    """Print the progress of the first import; return whether it is done."""
    row = world.ledger.database.transaction(lambda s: s.execute(PROGRESS).fetchone())
    assert row is not None
    imported = max(1, row["imported"])
    click.echo(
        f"{elapsed:5.0f} s: {row['imported']} imported, {row['open']} jobs open, "
        f"{imported / elapsed:.1f} orders/s, {row['requests'] / imported:.1f} requests per order"
    )
    return bool(row["imported"]) and not row["open"] and not row["reading"]


def _report(new_orders: NewOrders) -> int:
    allowed = POLL_INTERVAL + GRACE
    longest = max(new_orders.took, default=0.0)
    late = len(new_orders.placed) + sum(seconds > allowed for seconds in new_orders.took)
    click.echo(
        f"new orders: {len(new_orders.took)} opened, {len(new_orders.placed)} not; the longest took {longest:.1f} s"
    )
    click.echo(f"allowed: {POLL_INTERVAL:g} s poll interval + {GRACE:g} s = {allowed:g} s; {late} late")
    return 1 if late else 0
