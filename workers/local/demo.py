"""The demo: three simulated shops trade, the real connector imports, and a proof tells whether both sides agree."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import psycopg
import redis
import requests
from psycopg import sql
from rich.console import Console
from rich.live import Live

from ledger.database import Database
from ledger.keys import KeySet
from ledger.ledger import Ledger
from ledger.migrate import migrate
from schemas.errors import ConfigurationError, ConnectorError
from schemas.settings import Settings, load_settings
from simulators.afosto.control import AfostoControl
from simulators.epages.control import EpagesControl
from workers.local.demo_figures import figures
from workers.local.demo_stay import handed_over
from workers.local.demo_verdict import verdict
from workers.local.demo_view import table
from workers.local.folder import held
from workers.local.processes import Command, Processes
from workers.local.proof import Report, prove
from workers.local.server import free_port
from workers.local.services import environment, local_services
from workers.local.stock_proof import prove_stock
from workers.local.world import SHOPS, TENANT, World

FOLDER = Path(".connector/demo")
DATABASE = "connector_demo"
TRADING_SECONDS = 60.0
SETTLING_SECONDS = 120.0
START_SECONDS = 30.0
SWEEP_WIDTH = 86_400.0
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOPPED = 130  # the exit code of what Ctrl-C has ended

# A day of a shop in a minute: everything that takes time in earnest is shrunk together.
PACE = {
    "POLL_INTERVAL": "3",
    "POLL_OVERLAP": "10",
    "CLOCK_MARGIN": "1",
    "INVENTORY_INTERVAL": "3",
    "LEASE": "5",
    "LEASE_RENEWAL": "1",
    "CALL_DEADLINE": "3",
    "AMBIGUITY_WAIT": "6",
    "WALK_INTERVAL": "3",
    "WALK_PERIOD": "15",
    "LONGEST_JOB": "30",
    "RESEND_AFTER": "10",
    "RETRY_BASE": "0.5",
    "EPAGES_CALLS_PER_WINDOW": "30000",
    "EPAGES_WINDOW": "60",
    "AFOSTO_CALLS_PER_WINDOW": "30000",
    "AFOSTO_WINDOW": "60",
    "LOG_FORMAT": "console",
}
WORKERS = {
    "imports": ("-Q", "orders,cancellations,shipments,returns", "--pool", "threads", "--concurrency", "8"),
    "exports": ("-Q", "exports", "--pool", "threads", "--concurrency", "8"),
    "inventory": ("-Q", "inventory", "--pool", "threads", "--concurrency", "4"),
    "poll": ("-Q", "poll,reconcile", "--pool", "threads", "--concurrency", "4"),
    "dispatch": ("-Q", "dispatch", "--pool", "threads", "--concurrency", "1"),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """All that a running demo consists of."""

    console: Console
    settings: Settings
    ledger: Ledger
    world: World
    processes: Processes
    environ: Mapping[str, str]
    flower: str
    gateway: str


def run_demo(keep: bool, folder: Path = FOLDER, trading: float = TRADING_SECONDS) -> int:
    """Run the demo with so many seconds of trading and return its exit code.

    0 when both sides agree, 1 on any difference, 130 when stopped before.

    `keep` leaves everything running after the proof until Ctrl-C. Nothing keeps running when this returns.
    """
    console = Console()
    code = STOPPED
    try:
        with _stopped_in_order(), _stage(console, folder) as stage:
            code = 0 if _play(stage, trading).agrees else 1
            if keep:
                _stay(stage, folder)
    except KeyboardInterrupt:
        console.print("Stopped; nothing keeps running.")
    return code


@contextmanager
def _stopped_in_order() -> Iterator[None]:
    """Let a SIGTERM, and the end of the terminal, do what Ctrl-C does; once is enough."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in STOPS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    # What nohup or a shell in the background ignores stays ignored.
    heard = [number for number in STOPS if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _play(stage: Stage, trading: float) -> Report:
    stage.console.print(
        f"Polling every {stage.settings.poll_interval:g} s for this demo; in earnest it is every 300 s.\n"
        "leipzig answers slowly, fails and loses answers; utrecht allows 60 calls\n"
        "per 10 s; Afosto loses answers. The shops hand over half of the orders,\n"
        "Afosto the other half; both cancel and take back, and Afosto moves the stock.\n"
        f"Flower, which shows the workers: {stage.flower}\nLogs: {stage.processes.logs}"
    )
    stage.world.trade()
    _watch(stage, "Trading", trading, lambda: False)
    stage.world.stop()
    settled = _settle(stage)
    report = prove(stage.world.epages, stage.world.afosto, [shop.name for shop in SHOPS], TENANT)
    sellers = [stage.world.seller(stage.ledger, shop.name) for shop in SHOPS]
    prove_stock(report, stage.world.epages, stage.world.afosto, TENANT, sellers)
    stage.console.print(verdict(report, figures(stage.world, report)))
    if not settled:
        stage.console.print(f"Not everything was settled within {SETTLING_SECONDS:g} s.", style="bold red")
    for row in stage.ledger.jobs.parked_reasons():
        stage.console.print(f"parked in {row['store']}: {row['jobs']} {row['name']}, {row['reason']}: {row['message']}")
    return report


def _settle(stage: Stage) -> bool:
    """Poll, sweep and look at every order once more, then wait until only what waits for a payment is left to do."""
    unpaid = stage.world.unpaid()
    # One more poll of each store reads what happened last, before the sweep reads what no poll can see.
    time.sleep(stage.settings.poll_interval + stage.settings.clock_margin)
    for shop in SHOPS:
        stage.ledger.cursors.start_sweep(shop.name, datetime.now(UTC), SWEEP_WIDTH)
        opened = stage.ledger.walks.all_opened(shop.name)
        stage.ledger.jobs.hint_all(shop.name, "export", "looks", opened, lane=2)
    settled = _watch(stage, "Settling", SETTLING_SECONDS, lambda: _is_settled(stage.ledger, unpaid))
    stage.ledger.stock.anew()
    return settled and _watch(stage, "Settling stock", SETTLING_SECONDS, lambda: _is_settled(stage.ledger, unpaid))


def _is_settled(ledger: Ledger, unpaid: frozenset[str]) -> bool:
    for shop in SHOPS:
        cursors = ledger.stores.overview(shop.name)["cursors"]
        if any(cursor["kind"] != "live" and cursor["next_poll_at"] is not None for cursor in cursors):
            return False
        watched = ledger.stock.cursor(shop.name)
        if watched is None or watched["position"] is None or ledger.stock.next_due(shop.name) is not None:
            return False
    states = ("queued", "running", "waiting")
    jobs = (job for state in states for job in ledger.jobs.search(state=state, limit=100_000))
    return all(job["order_key"] in unpaid for job in jobs)


def _watch(stage: Stage, what: str, seconds: float, ended: Callable[[], bool]) -> bool:
    """Show the table until `ended` (True) or for so many seconds (False); raises when a process has died."""
    until = time.monotonic() + seconds
    with _live(stage.console) as live:
        while (left := until - time.monotonic()) > 0:
            live.update(table(f"{what}: {left:.0f} s left", _shops(stage.world), stage.ledger), refresh=True)
            _check_alive(stage.processes)
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
    for shop in SHOPS:
        yield shop.name, shop.character, int(world.epages.stats(shop.name)["orders"])


def _check_alive(processes: Processes) -> None:
    for child in processes.ended():
        raise ConnectorError(f"{child.name} ended by itself; {child.log} ends with:\n{child.last_words()}")


def _stay(stage: Stage, folder: Path) -> None:
    stage.world.trade()
    with handed_over(folder, stage.environ, stage.gateway, SHOPS[0].name) as words:
        stage.console.print(words, soft_wrap=True)
        while True:
            _check_alive(stage.processes)
            time.sleep(1)


@contextmanager
def _stage(console: Console, folder: Path) -> Iterator[Stage]:
    """Everything up, the stores connected, the workers at work; everything down at the end, last started first."""
    with contextlib.ExitStack() as stack:
        try:
            yield _set_up(stack, console, folder)
        except KeyboardInterrupt:
            console.print("Stopping: the workers end what they are at, which takes some seconds …")
            raise


def _set_up(stack: contextlib.ExitStack, console: Console, folder: Path) -> Stage:
    if not stack.enter_context(held(folder / "run")):
        # Servers in one folder are shared, and a demo begins by emptying them.
        raise ConfigurationError(f"another demo runs in {folder}; end it first")
    console.print("Starting PostgreSQL and Redis …")
    services = environment(stack.enter_context(local_services(folder, durable=False)))
    epages, afosto, gateway, flower = (free_port() for _ in range(4))
    environ = _environ(services, afosto)
    settings = load_settings(environ)
    _empty(settings)
    vendors = stack.enter_context(Processes(folder / "logs"))
    world = _start_vendors(vendors, environ, epages, afosto)
    ledger = Ledger(Database(settings.database_url), KeySet(settings.keys))
    stack.callback(ledger.close)
    migrate(ledger.database)
    console.print("Opening the shops with their past orders, connecting the stores …")
    world.open()
    world.connect(ledger, settings)
    workers = stack.enter_context(Processes(folder / "logs"))
    _start_workers(workers, environ, flower)
    _start_gateway(workers, environ, gateway)
    door = f"http://127.0.0.1:{gateway}"
    world.register_webhooks(ledger, door)
    return Stage(console, settings, ledger, world, workers, environ, f"http://127.0.0.1:{flower}", door)


def _environ(services: Mapping[str, str], afosto: int) -> dict[str, str]:
    address = urlsplit(services["CONNECTOR_DATABASE_URL"])
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("CONNECTOR_")},
        **services,
        **{f"CONNECTOR_{name}": value for name, value in PACE.items()},
        "CONNECTOR_DATABASE_URL": address._replace(path=f"/{DATABASE}").geturl(),
        "CONNECTOR_AFOSTO_URL": f"http://127.0.0.1:{afosto}/graphql",
    }


def _empty(settings: Settings) -> None:
    """Make a fresh database of our own name, and begin with an empty Redis."""
    admin = urlsplit(settings.database_url)._replace(path="/postgres").geturl()
    with psycopg.connect(admin, autocommit=True) as connection:
        for statement in ("drop database if exists {} with (force)", "create database {}"):
            connection.execute(sql.SQL(statement).format(sql.Identifier(DATABASE)))
    for url in {settings.broker_url, settings.redis_url}:
        with contextlib.closing(redis.Redis.from_url(url)) as client:
            if os.environ.get("CONNECTOR_BROKER_URL") and client.dbsize():
                # An outside Redis may hold somebody's real work; the demo must not wipe it.
                raise ConfigurationError("the Redis of CONNECTOR_BROKER_URL is not empty; give the demo an empty one")
            client.flushdb()


def _start_vendors(processes: Processes, environ: Mapping[str, str], epages: int, afosto: int) -> World:
    for name, port in (("epages", epages), ("afosto", afosto)):
        argv = [sys.executable, "-m", "simulators", name, "--port", str(port)]
        processes.start(Command(f"simulator-{name}", argv, env=environ))
        _wait_for(f"http://127.0.0.1:{port}/_sim/{'shops' if name == 'epages' else 'tenants'}", processes)
    shops = f"http://127.0.0.1:{epages}"
    return World(EpagesControl(shops), AfostoControl(f"http://127.0.0.1:{afosto}"), shops)


def _wait_for(url: str, processes: Processes) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        _check_alive(processes)
        with contextlib.suppress(requests.RequestException):
            if requests.get(url, timeout=1, proxies={"http": ""}).ok:
                return
        time.sleep(0.1)
    raise ConnectorError(f"{url} does not answer")


def _start_workers(processes: Processes, environ: Mapping[str, str], flower: int) -> None:
    celery = (sys.executable, "-m", "celery", "-A", "workers.app")
    for name, options in WORKERS.items():
        alone = ("--without-gossip", "--without-mingle")
        processes.start(Command(name, [*celery, "worker", "-n", f"{name}@%h", *alone, *options], env=environ))
    processes.start(Command("beat", [*celery, "beat"], env=environ))
    argv = [*celery, "flower", f"--port={flower}", "--address=127.0.0.1"]
    processes.start(Command("flower", argv, env=environ))


def _start_gateway(processes: Processes, environ: Mapping[str, str], port: int) -> None:
    argv = [
        sys.executable,
        "-m",
        "gateway",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--workers",
        "1",
        "--threads",
        "8",
    ]
    processes.start(Command("gateway", argv, env=environ))
    _wait_for(f"http://127.0.0.1:{port}/healthz", processes)
