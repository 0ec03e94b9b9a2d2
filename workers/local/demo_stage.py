"""What the demo plays on: its servers, simulated vendors, workers and gateway, started in turn and ended together."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import requests
from psycopg import sql
from rich.console import Console

from clients.redis_client import redis_client
from ledger.database import Database
from ledger.keys import KeySet
from ledger.ledger import Ledger
from ledger.migrate import migrate
from schemas.errors import ConfigurationError, ConnectorError
from schemas.settings import Settings, load_settings
from simulators.afosto.control import AfostoControl
from simulators.epages.control import EpagesControl
from workers.local.folder import held
from workers.local.merchants import Merchant
from workers.local.processes import Command, Processes
from workers.local.server import free_port
from workers.local.services import environment, local_services
from workers.local.world import World

DATABASE = "connector_demo"
START_SECONDS = 30.0

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


@contextmanager
def set_up(console: Console, folder: Path, merchants: tuple[Merchant, ...]) -> Iterator[Stage]:
    """Everything up, the stores connected, the workers at work; everything down at the end, last started first."""
    with contextlib.ExitStack() as stack:
        try:
            yield _start_all(stack, console, folder, merchants)
        except KeyboardInterrupt:
            console.print("Stopping: the workers end what they are at, which takes some seconds …")
            raise


def _start_all(stack: contextlib.ExitStack, console: Console, folder: Path, merchants: tuple[Merchant, ...]) -> Stage:
    if not stack.enter_context(held(folder / "run")):
        # Servers in one folder are shared, and a demo begins by emptying them.
        raise ConfigurationError(f"another demo runs in {folder}; end it first")
    console.print("Starting PostgreSQL and Redis …")
    services = environment(stack.enter_context(local_services(folder, durable=False)))
    epages, afosto, gateway, flower = (free_port() for _ in range(4))
    environ = _environ(services, epages, afosto)
    settings = load_settings(environ)
    _empty(settings)
    vendors = stack.enter_context(Processes(folder / "logs"))
    world = World(*_start_vendors(vendors, environ, epages, afosto), merchants)
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


def check_alive(processes: Processes) -> None:
    """Raise ConnectorError, with its last words, when a process has ended by itself."""
    for child in processes.ended():
        raise ConnectorError(f"{child.name} ended by itself; {child.log} ends with:\n{child.last_words()}")


def _environ(services: Mapping[str, str], epages: int, afosto: int) -> dict[str, str]:
    address = urlsplit(services["CONNECTOR_DATABASE_URL"])
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("CONNECTOR_")},
        **services,
        **{f"CONNECTOR_{name}": value for name, value in PACE.items()},
        "CONNECTOR_DATABASE_URL": address._replace(path=f"/{DATABASE}").geturl(),
        "CONNECTOR_EPAGES_URL": f"http://127.0.0.1:{epages}/{{store}}/api",
        "CONNECTOR_AFOSTO_URL": f"http://127.0.0.1:{afosto}/graphql",
    }


def _empty(settings: Settings) -> None:
    """Make a fresh database of our own name, and begin with an empty Redis."""
    admin = urlsplit(settings.database_url)._replace(path="/postgres").geturl()
    with psycopg.connect(admin, autocommit=True) as connection:
        for statement in ("drop database if exists {} with (force)", "create database {}"):
            connection.execute(sql.SQL(statement).format(sql.Identifier(DATABASE)))
    for url in {settings.broker_url, settings.redis_url}:
        with contextlib.closing(redis_client(url)) as client:
            if os.environ.get("CONNECTOR_BROKER_URL") and client.dbsize():
                # An outside Redis may hold somebody's real work; the demo must not wipe it.
                raise ConfigurationError("the Redis of CONNECTOR_BROKER_URL is not empty; give the demo an empty one")
            client.flushdb()


def _start_vendors(
    processes: Processes, environ: Mapping[str, str], epages: int, afosto: int
) -> tuple[EpagesControl, AfostoControl, str]:
    for name, port in (("epages", epages), ("afosto", afosto)):
        argv = [sys.executable, "-m", "simulators", name, "--port", str(port)]
        processes.start(Command(f"simulator-{name}", argv, env=environ))
        _wait_for(f"http://127.0.0.1:{port}/_sim/{'shops' if name == 'epages' else 'tenants'}", processes)
    shops = f"http://127.0.0.1:{epages}"
    return EpagesControl(shops), AfostoControl(f"http://127.0.0.1:{afosto}"), shops


def _wait_for(url: str, processes: Processes) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        check_alive(processes)
        with contextlib.suppress(requests.RequestException):
            if requests.get(url, timeout=1, proxies={"http": ""}).ok:
                return
        time.sleep(0.1)
    raise ConnectorError(f"{url} does not answer")


def _start_workers(processes: Processes, environ: Mapping[str, str], flower: int) -> None:
    celery = (sys.executable, "-m", "celery", "-A", "workers.app")
    for name, options in WORKERS.items():
        alone = ("--without-gossip", "--without-mingle")
        processes.start(Command(name, [*celery, "worker", *alone, *options], env=environ))
    processes.start(Command("beat", [*celery, "beat"], env=environ))
    argv = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "workers.watching",
        "flower",
        f"--port={flower}",
        "--address=127.0.0.1",
    ]
    # What shows tasks to people needs the broker alone.
    seen = {name: value for name, value in environ.items() if name not in ("CONNECTOR_KEYS", "CONNECTOR_DATABASE_URL")}
    processes.start(Command("flower", argv, env=seen))


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
