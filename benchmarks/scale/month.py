"""Do the tables of stores in which nothing happens grow, or do they level off?

    python -m benchmarks month [--stores 2000] [--interval 4] [--minutes 8] [--workers 2] [--server autovacuum=off]

A poll inserts no row, but it changes rows, and each change leaves a dead row until PostgreSQL's autovacuum removes it.
A month of polls is pressed into minutes: `--stores` stores are polled every `--interval` seconds instead of every 300,
by the connector's own dispatch; stub workers settle the polls in the ledger without any request. Orders and inventory
in Afosto are read as well. Autovacuum looks at the tables once a second instead of once a minute, which is all that
PostgreSQL allows; so per look, more rows have died than in production, and the tables are larger than there.

Prints the size of each table with its indexes, and its dead rows, at the start, in the middle and at the end. Exits
with 1 if a table was more than a fifth and more than 1 MB larger at the end than in the middle: then it has not
leveled off.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import click

from benchmarks.measure.reporting import amount, count, options, report_aims, show
from benchmarks.measure.statistics import tracked
from benchmarks.setup.quiet_stores import QuietStores, quiet_stores
from benchmarks.suite.idle import PRODUCTION_SETTINGS

NAME = "month"
LEAD = 12.0  # seconds for the processes to start
HALVES = 2
PIECES = 10  # samples of each half, of which the largest counts: autovacuum makes the dead rows a sawtooth
PRODUCTION_INTERVAL, MONTH = 300.0, 30 * 86_400.0
GROWTH, SMALL_GROWTH = 1.2, 2**20  # an increase by more than this part, and by more bytes than this
SERVER = {"autovacuum_naptime": "1s"}
# The scans of Afosto come as often as the polls.
PRESSED = {"INVENTORY_INTERVAL": "4", "WALK_INTERVAL": "4"}


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes of a table with its indexes, its dead rows, and how often autovacuum has cleaned it."""

    size: int
    dead: int
    vacuums: int


Sizes = Mapping[str, Size]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; return exit code 1 if a table has not leveled off."""
    given = _arguments(argv)
    server = {**SERVER, **dict(each.split("=", 1) for each in given.server)}
    with quiet_stores(given.stores, given.interval, {**PRODUCTION_SETTINGS, **PRESSED}, server) as stores:
        stores.start(given.workers, 8, LEAD, scans=True)
        start, polled = _sizes(stores), _polls(stores)
        halves = [_largest(stores, 30 * given.minutes) for _ in tracked(range(HALVES), NAME)]
        polls = _polls(stores) - polled
    _print(given, [start, *halves], polls)
    return report_aims(_missed(*halves))


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = options(NAME, "Measure the tables' sizes under very many polls.")
    parser.add_argument("--stores", type=count, default=2_000, help="number of stores (default: 2000)")
    parser.add_argument("--interval", type=amount, default=4.0, help="seconds between two polls (default: 4)")
    parser.add_argument("--minutes", type=amount, default=8.0, help="length of the measurement (default: 8)")
    parser.add_argument("--workers", type=count, default=2, help="stub worker processes (default: 2)")
    parser.add_argument("--server", nargs="*", default=[], metavar="NAME=VALUE", help="settings of PostgreSQL")
    return parser.parse_args(argv)


def _largest(stores: QuietStores, seconds: float) -> Sizes:
    """Return the largest figures of each table within the next seconds."""
    found = list[Sizes]()
    for _ in range(PIECES):
        time.sleep(seconds / PIECES)
        found.append(_sizes(stores))
    return {
        table: Size(
            max(each[table].size for each in found),
            max(each[table].dead for each in found),
            max(each[table].vacuums for each in found),
        )
        for table in found[0]
    }


def _sizes(stores: QuietStores) -> Sizes:
    return {row["name"]: Size(row["size"], row["dead"], row["vacuums"]) for row in stores.rows(_SIZES)}


def _polls(stores: QuietStores) -> int:
    return sum(1 for _ in stores.polled())


_SIZES = """
    select relname as name, pg_total_relation_size(relid) as size, n_dead_tup as dead, autovacuum_count as vacuums
    from pg_stat_user_tables where n_tup_upd > 0 order by relname
"""


def _print(given: argparse.Namespace, found: Sequence[Sizes], polls: int) -> None:
    start, middle, end = found
    rows = [
        (
            table,
            *(f"{each[table].size / 2**20:.2f}" if table in each else "0" for each in found),
            *(f"{each[table].dead:,}" if table in each else "0" for each in (start, middle, end)),
            end[table].vacuums,
        )
        for table in end
    ]
    columns = ["table", "MB at the start", "first half", "second half", "dead rows at the start", "first half"]
    show("largest sizes", [*columns, "second half", "vacuums"], rows)
    each = polls / given.stores
    hours = each * PRODUCTION_INTERVAL / 3600
    click.echo(
        f"{polls:,} polls of {given.stores:,} stores within {given.minutes:g} minutes: {each:.0f} polls per store, "
        f"as many as in {hours:.1f} hours with a poll every {PRODUCTION_INTERVAL:g} s. A month has "
        f"{MONTH / PRODUCTION_INTERVAL:,.0f} polls per store; a table whose second half is no larger than its first "
        "stays as it is."
    )


def _missed(middle: Sizes, end: Sizes) -> list[str]:
    return [
        f"{table} grew from {middle[table].size:,} to {size.size:,} bytes in the second half"
        for table, size in end.items()
        if table in middle and size.size > GROWTH * middle[table].size and size.size - middle[table].size > SMALL_GROWTH
    ]
