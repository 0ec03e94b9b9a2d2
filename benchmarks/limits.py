"""How much of a shop's budget is used, and how often does the shop have to refuse?

    python -m benchmarks limits [--quick] [--calls 100] [--window 20] [--windows 2] [--workers 1 2 4] [--down 60]

A shop with thousands of past orders to import allows so many calls in any window of so many seconds: it says so in its
headers, or refuses with a bare 429, or says nothing and answers late. The connector begins with a belief of twice the
budget. After a window to settle in, it is counted how many calls came through, how many were refused, and how often a
job was claimed, with some numbers of worker processes. Last, the shop is down for a while: how many calls that costs,
and how soon orders are imported again.

Exits with 1 when less than 95 % of a budget was used, when the shop refused although it had told its budget (or more
than once in a window without), or when a job was claimed more than twice.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.idle import EARNEST
from benchmarks.loads import CONSOLE, headline, table, verdict
from tests.world import World, wait_for
from workers.local.services import Services, local_services

NAME = "limits"
SHOP = "limited"
SHARE, CLAIMS = 0.95, 2.0
REFUSALS = {"headers": 0.0, "bare 429": 1.0, "slowness": 0.0}  # per window at most
TOLD = {
    "headers": {"headers": True, "retry_after": True},
    "bare 429": {"headers": False, "retry_after": False},
    "slowness": {"headers": False, "slows": True},
}
ORDERS = 3_000
SLOTS = 8
BACK = 130.0  # seconds after an outage within which a breaker's longest pause ends


@dataclass(frozen=True, slots=True)
class Use:
    """What came of one way to tell a budget with so many worker processes, over so many windows."""

    way: str
    workers: int
    share: float
    refused: float
    claims: float
    settled: int


@dataclass(frozen=True, slots=True)
class Outage:
    """What a shop that was down for so many seconds cost: calls in vain, and seconds until orders came again."""

    seconds: float
    calls: int
    back: float


def main(argv: list[str] | None = None) -> int:
    """Run; exit code 1 when an aim was missed."""
    given = _arguments(argv)
    headline(NAME, argv)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder, ExitStack() as stack:
        services = stack.enter_context(local_services(Path(folder) / "services", {}))
        uses = [_use(services, folder, given, way, count) for way in given.ways for count in given.workers]
        _print(given, uses)
        if given.down:
            _print_outage(_outage(services, folder, given.down))
    return verdict(_missed(uses))


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how a shop's budget is used.")
    parser.add_argument("--calls", type=int, default=100, help="calls that the shop allows (default: 100)")
    parser.add_argument("--window", type=float, default=20, help="within so many seconds (default: 20)")
    parser.add_argument("--windows", type=int, default=2, help="windows that are measured (default: 2)")
    parser.add_argument("--settle", type=float, default=10, help="seconds ahead of them (default: 10)")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 4], help="worker processes, one run each")
    parser.add_argument("--ways", nargs="+", choices=TOLD, default=list(TOLD), help="how the shop tells its budget")
    parser.add_argument("--down", type=float, default=60, help="seconds for which the shop is down; 0 leaves it out")
    parser.add_argument("--quick", action="store_true", help="one window each, one worker process, down for 20 s")
    given = parser.parse_args(argv)
    if given.quick:
        given.workers, given.windows, given.down = [1], 1, 20.0
    return given


def _use(services: Services, folder: str, given: argparse.Namespace, way: str, count: int) -> Use:
    belief = {"EPAGES_CALLS_PER_WINDOW": str(2 * given.calls), "EPAGES_WINDOW": f"{given.window:g}"}
    with World(services, Path(folder), **{**EARNEST, **belief, "AFOSTO_CALLS_PER_WINDOW": "60000"}) as world:
        _fill(world)
        world.epages.set_faults(SHOP, budget={"calls": given.calls, "window": given.window, **TOLD[way]})
        for _ in range(count):
            world.worker("orders", SLOTS)
        world.worker("dispatch", 1)
        world.beat()
        wait_for(lambda: _answers(world)["200"] > 0, 30, "the first call")
        time.sleep(given.settle)
        before, started = _answers(world), time.monotonic()
        time.sleep(given.window * given.windows)
        after, windows = _answers(world), (time.monotonic() - started) / given.window
        claims, settled = _claims(world)
        passed, refused = after["200"] - before["200"], after["429"] - before["429"]
        return Use(way, count, passed / (given.calls * windows), refused / windows, claims, settled)


def _outage(services: Services, folder: str, seconds: float) -> Outage:
    with World(services, Path(folder), **{**EARNEST, "EPAGES_CALLS_PER_WINDOW": "36000"}) as world:
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
        wait_for(lambda: _answers(world)["200"] > before, BACK, "the shop to be asked again")
        return Outage(seconds, calls, time.monotonic() - up)


def _fill(world: World) -> None:
    """A shop whose past orders are known and wait to be imported, as its first poll leaves them; no poll comes soon."""
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
    query = (
        "select avg(claims)::float8 as claims, count(*)::int as jobs from jobs where flow = 'orders' and state = 'done'"
    )
    row = world.ledger.database.transaction(lambda session: session.execute(query).fetchone())
    assert row is not None
    return row["claims"] or 0.0, row["jobs"]


_CLAIMS = """
    select avg(claims)::float8 as claims, count(*)::int as jobs from jobs where flow = 'orders' and state = 'done'
"""


def _print(given: argparse.Namespace, uses: Sequence[Use]) -> None:
    rows = [
        (u.way, u.workers, f"{100 * u.share:.1f} %", f"{u.refused:.1f}", f"{u.claims:.2f}", u.settled) for u in uses
    ]
    columns = ["told by", "workers", "budget used", "429s per window", "claims per job", "orders imported"]
    table(f"{given.calls} calls in {given.window:g} s, over {given.windows} windows", columns, rows)


def _print_outage(outage: Outage) -> None:
    CONSOLE.print(
        f"down for {outage.seconds:g} s: {outage.calls} calls in vain; "
        f"asked again {outage.back:.1f} s after it was back"
    )


def _missed(uses: Sequence[Use]) -> list[str]:
    missed = []
    for u in uses:
        who = f"{u.way}, {u.workers} workers"
        if u.share < SHARE:
            missed.append(f"{who}: {100 * u.share:.1f} % of the budget used")
        if u.refused > REFUSALS[u.way]:
            missed.append(f"{who}: {u.refused:.1f} refusals per window")
        if u.claims > CLAIMS:
            missed.append(f"{who}: {u.claims:.2f} claims per job")
    return missed
