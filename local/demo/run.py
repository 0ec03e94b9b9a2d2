"""The demo: simulated shops trade, the real connector imports, and a proof checks whether both sides agree."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.live import Live

from local.demo.dashboard import render_dashboard
from local.demo.figures import NOTE, figures
from local.demo.keep_running import environment_file
from local.demo.live_view import table
from local.demo.merchants import DEMO, Merchant
from local.demo.result import render_result
from local.demo.simulation import Simulation
from local.demo.start import RunningDemo, check_alive, start_demo
from local.proof.compare import Report
from local.servers.stop_signals import INTERRUPTED, graceful_stop
from schemas.reasons import Reason
from schemas.states import CursorKind, JobState
from schemas.wording.display import visible

FOLDER = Path(".connector/demo")
TRADING_SECONDS = 60.0
SETTLING_SECONDS = 120.0
SWEEP_WIDTH = 86_400.0
UNSETTLED = (
    f"Some jobs were not finished after {SETTLING_SECONDS:g} s, so a difference may be unfinished work.\n"
    "Is the machine busy with something else? Stop that, and run the demo again."
)


def run_demo(
    keep: bool,
    folder: Path = FOLDER,
    trading: float = TRADING_SECONDS,
    merchants: tuple[Merchant, ...] = DEMO,
) -> int:
    """Run the demo: these merchants trade for `trading` seconds. Return its exit code.

    The code is 0 when both sides agree, 1 on any difference, and 130 when the demo was stopped before the proof.

    With `keep`, everything goes on running after the proof until Ctrl-C. Nothing runs any more when this returns.
    """
    console = Console()
    code = INTERRUPTED
    try:
        with graceful_stop(), start_demo(console, folder, merchants) as demo:
            code = 0 if _run(demo, trading).agrees else 1
            if keep:
                _keep_running(demo, folder)
    except KeyboardInterrupt:
        console.print("Stopped; nothing keeps running.")
    return code


def _run(demo: RunningDemo, trading: float) -> Report:
    demo.console.print(
        f"Polling every {demo.settings.poll_interval:g} s for this demo; in production it is every 300 s.\n"
        f"{''.join(_introduced(demo.simulation))}Afosto loses answers.\n"
        "The shops hand over half of the orders, Afosto the other half; both cancel\n"
        "and take back, and Afosto moves the stock.\n"
        f"The console: {demo.pages.url}  name: {demo.pages.user}  password: {demo.pages.password}\n"
        f"Flower, which shows the workers: {demo.flower}\n"
        f"{_monitoring(demo.prometheus)}Logs: {demo.processes.logs}"
    )
    demo.simulation.trade()
    _watch(demo, "Trading", trading, lambda: False)
    demo.simulation.stop()
    settled = _settle(demo)
    dashboard = render_dashboard(demo.prometheus)
    report = demo.simulation.prove(demo.ledger)
    demo.console.print(render_result(report, figures(demo.simulation, report), NOTE))
    demo.console.print(dashboard, soft_wrap=True)
    if not settled:
        demo.console.print(UNSETTLED, style="bold red")
    for row in demo.ledger.jobs.parked_reasons():
        parked = f"parked in {row['store']}: {row['jobs']} {row['name']}, {row['reason']}: {row['message']}"
        demo.console.print(visible(parked), markup=False)
    return report


def _monitoring(prometheus: str | None) -> str:
    return f"Prometheus, which has the figures of the dashboard: {prometheus}\n" if prometheus else ""


def _introduced(simulation: Simulation) -> Iterator[str]:
    for merchant in simulation.merchants:
        if merchant.equal_ids:
            shops = " and ".join(shop.name for shop in merchant.shops)
            yield f"{shops} sell the stock of {merchant.tenant}, whose ids are counted from 1;\n"
    for shop in simulation.shops:
        if shop.character.description:
            yield f"{shop.name} {shop.character.description};\n"


def _settle(demo: RunningDemo) -> bool:
    """Poll, sweep and compare every order once more; then wait until open jobs wait for payments or people only."""
    unpaid = demo.simulation.unpaid()
    # One more poll of each store reads the last changes; then the sweep reads what no poll can see.
    time.sleep(demo.settings.poll_interval + demo.settings.clock_margin)
    for shop in demo.simulation.shops:
        demo.ledger.cursors.start_sweep(shop.name, datetime.now(UTC), SWEEP_WIDTH)
        opened = demo.ledger.scans.all_opened(shop.name)
        demo.ledger.jobs.request_runs(shop.name, "export", "looks", opened, lane=2)
    settled = _watch(demo, "Settling", SETTLING_SECONDS, lambda: _is_settled(demo, unpaid))
    demo.ledger.stock.publish_all_again()
    return settled and _watch(demo, "Settling stock", SETTLING_SECONDS, lambda: _is_settled(demo, unpaid))


def _is_settled(demo: RunningDemo, unpaid: frozenset[tuple[str, str]]) -> bool:
    ledger = demo.ledger
    for shop in demo.simulation.shops:
        cursors = ledger.stores.overview(shop.name)["cursors"]
        if any(cursor["kind"] != CursorKind.LIVE and cursor["next_poll_at"] is not None for cursor in cursors):
            return False
        watched = ledger.stock.cursor(shop.name)
        if watched is None or watched["position"] is None or ledger.stock.next_due(shop.name) is not None:
            return False
    states = (JobState.QUEUED, JobState.RUNNING, JobState.WAITING)
    jobs = (job for state in states for job in ledger.jobs.search(state=state, limit=100_000))
    return all((job["store"], job["order_key"]) in unpaid or job["reason"] == Reason.BLOCKED for job in jobs)


def _watch(demo: RunningDemo, what: str, seconds: float, ended: Callable[[], bool]) -> bool:
    """Show the table until `ended` (returns True) or for `seconds` (False). Raises when a process has died."""
    until = time.monotonic() + seconds
    with _live(demo.console) as live:
        while (left := until - time.monotonic()) > 0:
            live.update(table(f"{what}: {left:.0f} s left", _shops(demo.simulation), demo.ledger), refresh=True)
            check_alive(demo.processes)
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
        # It ends its last line by itself on a terminal only.
        if not console.is_terminal:
            console.line()


def _shops(simulation: Simulation) -> Iterator[tuple[str, str, int]]:
    for shop in simulation.shops:
        yield shop.name, shop.character.name, int(simulation.epages.stats(shop.name)["orders"])


def _keep_running(demo: RunningDemo, folder: Path) -> None:
    demo.simulation.trade()
    with environment_file(folder, demo.environ, demo.gateway, demo.simulation.shops[0].name) as instructions:
        demo.console.print(instructions, soft_wrap=True)
        while True:
            check_alive(demo.processes)
            time.sleep(1)
