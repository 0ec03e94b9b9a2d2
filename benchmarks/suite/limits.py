"""How much of a shop's call budget is used, and how often does the shop refuse a call?

    python -m benchmarks limits [--quick] [--calls 100] [--window 20] [--windows 5] [--workers 1 2 4] [--down 600]

A shop with thousands of past orders to import allows `--calls` calls in any `--window` seconds. It says so in its
headers, or refuses with a bare 429, or says nothing and answers late. The connector starts by assuming twice the
budget. After `--settle` seconds (`--search` with a bare 429) the benchmark counts the accepted calls, the refused calls
and the claims per job, for each number of worker processes. At the end the shop is down for a while: the benchmark
counts the calls that this costs, and measures how soon orders are imported again.

Exits with 1 if less than 95 % of a budget was used, if the shop refused a call although it announces its budget (or
more than once in a window if it does not), or if a job was claimed more than twice.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from benchmarks.measure.bar_charts import save_bars
from benchmarks.measure.reporting import amount, count, options, report_aims, show
from benchmarks.measure.statistics import Figure, figure, tracked
from benchmarks.suite.idle import PRODUCTION_SETTINGS
from local.servers.services import Services, local_services
from schemas.wording.lists import counted
from tests.support.connector.world import World, wait_for

NAME = "limits"
SHOP = "limited"
SHARE, CLAIMS = 0.95, 2.0
REFUSALS = {"headers": 0.0, "bare 429": 1.0, "slowness": 0.0}  # per window at most
BUDGET_SIGNALS = {
    "headers": {"headers": True, "retry_after": True},
    "bare 429": {"headers": False, "retry_after": False},
    "slowness": {"headers": False, "slows": True},
}
ORDERS = 3_000
SLOTS = 8
LONGEST_BREAKER_PAUSE = 130.0  # seconds after an outage by which a breaker's longest pause has ended


@dataclass(frozen=True, slots=True)
class Use:
    """The result for one way to show a budget and one number of worker processes; `refused` is per window."""

    way: str
    workers: int
    share: Figure
    refused: float
    claims: float
    settled: int


@dataclass(frozen=True, slots=True)
class Outage:
    """A shop was down for `seconds`: the failed calls, and the seconds until it was called again (`back`)."""

    seconds: float
    calls: int
    back: float


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark; return exit code 1 if it missed an aim."""
    given = _arguments(argv)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder, ExitStack() as stack:
        services = stack.enter_context(local_services(Path(folder) / "services", {}))
        runs = [(way, count) for way in given.ways for count in given.workers]
        uses = [_use(services, folder, given, way, count) for way, count in tracked(runs, NAME)]
        _print(given, uses)
        if given.down:
            _print_outage(_outage(services, folder, given.down))
    return report_aims(_missed(uses))


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = options(NAME, "Measure how a shop's call budget is used.")
    parser.add_argument("--calls", type=count, default=100, help="calls that the shop allows (default: 100)")
    parser.add_argument("--window", type=amount, default=20, help="within this many seconds (default: 20)")
    parser.add_argument("--windows", type=count, default=5, help="measured windows (default: 5)")
    parser.add_argument("--settle", type=amount, default=10, help="seconds before the first window (default: 10)")
    parser.add_argument("--search", type=amount, default=180, help="the same with a bare 429 (default: 180)")
    parser.add_argument("--workers", type=count, nargs="+", default=[1, 2, 4], help="worker processes, one run each")
    parser.add_argument(
        "--ways", nargs="+", choices=BUDGET_SIGNALS, default=list(BUDGET_SIGNALS), help="how the shop shows its budget"
    )
    parser.add_argument("--down", type=amount, default=600, help="seconds for which the shop is down; 0: not at all")
    parser.add_argument("--quick", action="store_true", help="one window each, one worker process, down for 20 s")
    given = parser.parse_args(argv)
    if given.quick:
        given.workers, given.windows, given.search, given.down = [1], 1, 60.0, 20.0
    return given


def _use(services: Services, folder: str, given: argparse.Namespace, way: str, count: int) -> Use:
    belief = {"EPAGES_CALLS_PER_WINDOW": str(2 * given.calls), "EPAGES_WINDOW": f"{given.window:g}"}
    with World(
        services, Path(folder), **{**PRODUCTION_SETTINGS, **belief, "AFOSTO_CALLS_PER_WINDOW": "60000"}
    ) as world:
        _fill(world)
        world.epages.set_faults(SHOP, budget={"calls": given.calls, "window": given.window, **BUDGET_SIGNALS[way]})
        for _ in range(count):
            world.worker("orders", SLOTS)
        world.worker("dispatch", 1)
        world.beat()
        wait_for(lambda: _answers(world)["200"] > 0, 30, "the first call")
        time.sleep(given.search if way == "bare 429" else given.settle)
        windows = [_window(world, given.calls, given.window) for _ in range(given.windows)]
        shares, refused = [share for share, _ in windows], sum(count for _, count in windows)
        share = Figure(sum(shares) / len(shares), figure(shares).noise)
        return Use(way, count, share, refused / given.windows, *_claims(world))


def _window(world: World, calls: int, seconds: float) -> tuple[float, int]:
    """Return the share of the budget that one window used, and its refusals."""
    before, started = _answers(world), time.monotonic()
    time.sleep(seconds)
    after, windows = _answers(world), (time.monotonic() - started) / seconds
    return (after["200"] - before["200"]) / (calls * windows), after["429"] - before["429"]


def _outage(services: Services, folder: str, seconds: float) -> Outage:
    with World(services, Path(folder), **{**PRODUCTION_SETTINGS, "EPAGES_CALLS_PER_WINDOW": "36000"}) as world:
        _fill(world)
        world.worker("orders", SLOTS)
        world.worker("dispatch", 1)
        world.beat()
        wait_for(lambda: _answers(world)["200"] > 0, 30, "the first call")
        world.epages.set_faults(SHOP, faults=[{"kind": "503"}])
        time.sleep(seconds)
        calls = _answers(world)["503"]
        world.epages.set_faults(SHOP, faults=[])
        up, before = time.monotonic(), _answers(world)["200"]
        wait_for(lambda: _answers(world)["200"] > before, LONGEST_BREAKER_PAUSE, "the shop to be called again")
        return Outage(seconds, calls, time.monotonic() - up)


def _fill(world: World) -> None:
    """Connect a shop with a waiting import job for each past order, as after its first poll; no poll is due soon."""
    world.shop(SHOP)
    now = datetime.now(UTC)
    world.epages.place_many(SHOP, ORDERS, (now - timedelta(days=2)).isoformat(), (now - timedelta(days=1)).isoformat())
    ids = [order["id"] for order in world.epages.orders(SHOP)]
    insert = """
        insert into jobs (store, direction, flow, subject, order_key, lane)
        select %s, 'import', 'orders', id, id, 2 from unnest(%s::text[]) as id
    """
    world.ledger.database.transaction(lambda session: session.execute(insert, (SHOP, ids)))


def _answers(world: World) -> dict[str, int]:
    rows = world.epages.stats(SHOP)["requests"]
    return {status: sum(row["count"] for row in rows if row["status"] == status) for status in ("200", "429", "503")}


def _claims(world: World) -> tuple[float, int]:
    """Return claims per job that is done, and how many are."""
    row = world.ledger.database.transaction(lambda session: session.execute(_CLAIMS).fetchone())
    assert row is not None
    return row["claims"] or 0.0, row["jobs"]


_CLAIMS = """
    select avg(claims)::float8 as claims, count(*)::int as jobs from jobs where flow = 'orders' and state = 'done'
"""


def _print(given: argparse.Namespace, uses: Sequence[Use]) -> None:
    rows = [
        (
            u.way,
            u.workers,
            f"{u.share.median:.1%} ± {u.share.noise:.1%}",
            f"{u.refused:.1f}",
            f"{u.claims:.2f}",
            u.settled,
        )
        for u in uses
    ]
    columns = [
        "budget shown by",
        "worker processes",
        "budget used",
        "429s per window",
        "claims per job",
        "orders imported",
    ]
    show(f"{given.calls} calls in {given.window:g} s, over {given.windows} windows", columns, rows)
    bars = {way: [Figure(100 * u.share.median, u.share.noise) for u in uses if u.way == way] for way in given.ways}
    series = [f"{count} processes" for count in given.workers]
    click.echo(f"{save_bars(NAME, 'Percent of the budget that was used', series, bars)}\n")


def _print_outage(outage: Outage) -> None:
    click.echo(
        f"Down for {outage.seconds:g} s: {outage.calls} failed calls; "
        f"called again {outage.back:.1f} s after it was back.\n"
    )


def _missed(uses: Sequence[Use]) -> list[str]:
    missed = []
    for u in uses:
        who = f"{u.way}, {counted(u.workers, 'worker')}"
        if u.share.median < SHARE:
            missed.append(f"{who}: {u.share.median:.1%} of the budget used")
        if u.refused > REFUSALS[u.way]:
            missed.append(f"{who}: {u.refused:.1f} refusals per window")
        if round(u.claims, 2) > CLAIMS:
            missed.append(f"{who}: {u.claims:.2f} claims per job")
    return missed
