"""How long does each page of the console take with ten thousand stores and a million jobs?

    python -m benchmarks console_pages [--stores 10000] [--jobs 1000000] [--times 11]

Fills the tables of an empty PostgreSQL as `growth` does. A fifth of the orders belongs to one big store, which also has
20,000 SKUs; in a third of all days each store missed a window of freshness. Then an administrator and a merchant with
one store, that big one, open each page. No page is kept from one time to the next.

Exits with 1 if the median of a page is above 200 ms.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import LiteralString

import click
import psycopg
from flask import Flask

from benchmarks.measure.reporting import count, options, report_aims, show
from benchmarks.measure.statistics import digits, tracked
from benchmarks.setup.filled_tables import fill
from benchmarks.setup.idle_stores import StubVendors, connect_idle
from benchmarks.suite.idle import PRODUCTION_SETTINGS
from console.app import Access, create_app
from console.runtime import build_runtime
from ledger.people.users import Role
from local.servers.processes import Processes
from local.servers.services import local_services
from tests.support.connector.world import World
from tests.support.console.pages import PAGES
from tests.support.console.people import OWN_STORE, PASSWORD, Person

NAME = "console_pages"
BIG = "idle-00000"
AIM = 0.2
MORE = {
    "stores-last-page": "/stores?page=200",
    "stores-behind": "/stores?state=behind",
    "search-number": "/search?find=40",
    "search-afosto-id": "/search?find=afosto-order40",
    "search-store": f"/search?find={BIG}",
    "order": f"/stores/{BIG}/orders/order-40",
    "sku": f"/stores/{BIG}/stock/sku-19999",
    "comparison-last-page": f"/stores/{BIG}/comparison/?page=100",
    "parked-jobs": "/parked/jobs?reason=drift",
    "stock-of-a-sku": f"/stores/{BIG}/stock?q=sku-19999",
}
_MORE_ROWS: tuple[LiteralString, ...] = (
    """insert into stock (store, sku, done, published, available, outcome, checked_at)
       select %(big)s, 'sku-' || n, 1, n, n, 'published', now() from generate_series(1, 20000) as n""",
    """insert into missed_windows (store, day, windows)
       select name, current_date - d, set_bit(0::bit(288), 17, 1)
       from stores cross join generate_series(0, 27, 3) as d""",
    "insert into comparisons (store, asked_by, orders, skus, ended_at) values (%(big)s, 'anna', 50000, 20000, now())",
    """insert into differences (comparison_id, key, subject, kind, shop, afosto, state, cause, advice, repair)
       select c.id, 'order-' || n, n::text, 'missing', 'paid', 'none', 'repairable', 'no job was ever created for it',
              '', '[["import", "orders"]]' from comparisons c cross join generate_series(1, 5000) as n""",
    """insert into sweeps (store, began_at, documents, jobs, ended_at)
       select name, now() - d * interval '1 day', 100, 1, now() from stores cross join generate_series(1, 30) as d""",
    # A usual day: all but a hundred stores were read just now, and still are when the last page is measured.
    "update cursors set polled_at = now() + interval '1 hour' where kind = 'live' and store >= 'idle-00100'",
    "vacuum analyze",
)


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark; return exit code 1 if it missed an aim."""
    given = _arguments(argv)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder, ExitStack() as stack:
        services = stack.enter_context(local_services(Path(folder) / "services", {}, durable=False))
        vendors = StubVendors(stack.enter_context(Processes(Path(folder) / "logs")))
        world = stack.enter_context(World(services, Path(folder), **PRODUCTION_SETTINGS))
        connect_idle(world, given.stores, vendors.base_url, 300)
        size = fill(world.settings.database_url, given.jobs)
        click.echo(f"{given.stores:,} stores, {given.jobs:,} jobs, {size:.1f} GB")
        add_more(world)
        runtime = build_runtime(world.settings)
        stack.callback(runtime.close)
        app = create_app(runtime, Access(plain_http=True))
        found = {role: time_all(_signed_in(app, role), given.times) for role in (Role.ADMIN, Role.MERCHANT)}
        _print(found)
        return report_aims(_missed(found))


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = options(NAME, "Measure the pages of the console.")
    parser.add_argument("--stores", type=count, default=10_000)
    parser.add_argument("--jobs", type=count, default=1_000_000)
    parser.add_argument("--times", type=count, default=11, help="measurements of each, of which the median counts")
    return parser.parse_args(argv)


def add_more(world: World) -> None:
    """Add what the console shows beside stores and jobs, and a user of every role."""
    with psycopg.connect(world.settings.database_url, autocommit=True) as connection:
        for statement in _MORE_ROWS:
            connection.execute(statement, {"big": BIG} if "%(big)s" in statement else None)
    for role in Role:
        world.ledger.users.add(role, role, PASSWORD, [BIG] if role is Role.MERCHANT else [])


def _signed_in(app: Flask, role: Role) -> Person:
    person = Person(app.test_client())
    assert person.sign_in(role).status_code == 303
    return person


def time_all(person: Person, times: int) -> dict[str, list[float]]:
    """Return the seconds that each page takes which this person may open."""
    pages = {name: path.replace(OWN_STORE, BIG) for name, path in {**PAGES, **MORE}.items()}
    # The first time it comes from the disk, and a role does not have every page.
    open_to = [name for name, path in pages.items() if person.get(path).status_code == 200]
    return {name: [_timed(person, pages[name]) for _ in range(times)] for name in tracked(open_to, NAME)}


def _timed(person: Person, path: str) -> float:
    started = time.perf_counter()
    assert person.get(path).status_code == 200
    return time.perf_counter() - started


def _print(found: Mapping[Role, Mapping[str, Sequence[float]]]) -> None:
    columns = ["page", *(f"{role}: {which}" for role in found for which in ("median", "slowest"))]
    names = dict.fromkeys(name for pages in found.values() for name in pages)
    rows = [(name, *(cell for pages in found.values() for cell in _cells(pages.get(name)))) for name in names]
    show("milliseconds", columns, rows)


def _cells(seconds: Sequence[float] | None) -> tuple[str, str]:
    if seconds is None:
        return "", ""
    return digits(1000 * statistics.median(seconds)), digits(1000 * max(seconds))


def _missed(found: Mapping[Role, Mapping[str, Sequence[float]]]) -> list[str]:
    return [
        f"{name}, as {role}: {1000 * middle:.0f} ms, where {1000 * AIM:.0f} ms is the aim"
        for role, pages in found.items()
        for name, seconds in pages.items()
        if (middle := statistics.median(seconds)) > AIM
    ]
