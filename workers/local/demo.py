"""The demo: simulated shops trade, the real connector imports, and a proof tells whether both sides agree."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.live import Live

from schemas.display import visible
from schemas.reasons import Reason
from schemas.states import CursorKind, JobState, Lane
from workers.local.demo_figures import NOTE, figures
from workers.local.demo_stage import Stage, check_alive, set_up
from workers.local.demo_stay import handed_over
from workers.local.demo_verdict import verdict
from workers.local.demo_view import table
from workers.local.merchants import DEMO, Merchant
from workers.local.proof import Report
from workers.local.stopping import STOPPED, stopped_in_order
from workers.local.world import World

FOLDER = Path(".connector/demo")
TRADING_SECONDS = 60.0
SETTLING_SECONDS = 120.0
SWEEP_WIDTH = 86_400.0
UNSETTLED = (
    f"Not everything was settled within {SETTLING_SECONDS:g} s, so differences may be work that was only on its way.\n"
    "Is the machine busy with something else? End that, and run the demo again."
)


def run_demo(
    keep: bool,
    folder: Path = FOLDER,
    trading: float = TRADING_SECONDS,
    merchants: tuple[Merchant, ...] = DEMO,
) -> int:
    """Run the demo with so many seconds of trading of these merchants and return its exit code.

    0 when both sides agree, 1 on any difference, 130 when stopped before.

    `keep` leaves everything running after the proof until Ctrl-C. Nothing keeps running when this returns.
    """
    console = Console()
    code = STOPPED
    try:
        with stopped_in_order(), set_up(console, folder, merchants) as stage:
            code = 0 if _play(stage, trading).agrees else 1
            if keep:
                _stay(stage, folder)
    except KeyboardInterrupt:
        console.print("Stopped; nothing keeps running.")
    return code


def _play(stage: Stage, trading: float) -> Report:
    stage.console.print(
        f"Polling every {stage.settings.poll_interval:g} s for this demo; in earnest it is every 300 s.\n"
        f"{''.join(_introduced(stage.world))}Afosto loses answers.\n"
        "The shops hand over half of the orders, Afosto the other half; both cancel\n"
        "and take back, and Afosto moves the stock.\n"
        f"Flower, which shows the workers: {stage.flower}\nLogs: {stage.processes.logs}"
    )
    stage.world.trade()
    _watch(stage, "Trading", trading, lambda: False)
    stage.world.stop()
    settled = _settle(stage)
    report = stage.world.prove(stage.ledger)
    stage.console.print(verdict(report, figures(stage.world, report), NOTE))
    if not settled:
        stage.console.print(UNSETTLED, style="bold red")
    for row in stage.ledger.jobs.parked_reasons():
        parked = f"parked in {row['store']}: {row['jobs']} {row['name']}, {row['reason']}: {row['message']}"
        stage.console.print(visible(parked), markup=False)
    return report


def _introduced(world: World) -> Iterator[str]:
    for merchant in world.merchants:
        if merchant.equal_ids:
            shops = " and ".join(shop.name for shop in merchant.shops)
            yield f"{shops} sell the stock of {merchant.tenant}, whose ids are counted from 1;\n"
    for shop in world.shops:
        if shop.temper.words:
            yield f"{shop.name} {shop.temper.words};\n"


def _settle(stage: Stage) -> bool:
    """Poll, sweep and look at every order once more, then wait until only payments and people are waited for."""
    unpaid = stage.world.unpaid()
    # One more poll of each store reads what happened last, before the sweep reads what no poll can see.
    time.sleep(stage.settings.poll_interval + stage.settings.clock_margin)
    for shop in stage.world.shops:
        stage.ledger.cursors.start_sweep(shop.name, datetime.now(UTC), SWEEP_WIDTH)
        opened = stage.ledger.walks.all_opened(shop.name)
        stage.ledger.jobs.request_runs(shop.name, "export", "looks", opened, lane=Lane.BACKGROUND)
    settled = _watch(stage, "Settling", SETTLING_SECONDS, lambda: _is_settled(stage, unpaid))
    stage.ledger.stock.publish_all_again()
    return settled and _watch(stage, "Settling stock", SETTLING_SECONDS, lambda: _is_settled(stage, unpaid))


def _is_settled(stage: Stage, unpaid: frozenset[tuple[str, str]]) -> bool:
    ledger = stage.ledger
    for shop in stage.world.shops:
        cursors = ledger.stores.overview(shop.name)["cursors"]
        if any(cursor["kind"] != CursorKind.LIVE and cursor["next_poll_at"] is not None for cursor in cursors):
            return False
        watched = ledger.stock.cursor(shop.name)
        if watched is None or watched["position"] is None or ledger.stock.next_due(shop.name) is not None:
            return False
    states = (JobState.QUEUED, JobState.RUNNING, JobState.WAITING)
    jobs = (job for state in states for job in ledger.jobs.search(state=state, limit=100_000))
    return all((job["store"], job["order_key"]) in unpaid or job["reason"] == Reason.BLOCKED for job in jobs)


def _watch(stage: Stage, what: str, seconds: float, ended: Callable[[], bool]) -> bool:
    """Show the table until `ended` (True) or for so many seconds (False); raises when a process has died."""
    until = time.monotonic() + seconds
    with _live(stage.console) as live:
        while (left := until - time.monotonic()) > 0:
            live.update(table(f"{what}: {left:.0f} s left", _shops(stage.world), stage.ledger), refresh=True)
            check_alive(stage.processes)
            if ended():
                return True
            time.sleep(min(1.0, left))
    return False


@contextmanager
def _live(console: Console) -> Iterator[Live]:
    try:
        with Live(console=console, auto_refresh=False) as live:
            yield live
    finally:
        # Only on a terminal does it end its last line by itself.
        if not console.is_terminal:
            console.line()


def _shops(world: World) -> Iterator[tuple[str, str, int]]:
    for shop in world.shops:
        yield shop.name, shop.temper.name, int(world.epages.stats(shop.name)["orders"])


def _stay(stage: Stage, folder: Path) -> None:
    stage.world.trade()
    with handed_over(folder, stage.environ, stage.gateway, stage.world.shops[0].name) as words:
        stage.console.print(words, soft_wrap=True)
        while True:
            check_alive(stage.processes)
            time.sleep(1)
