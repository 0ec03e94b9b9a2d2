"""Starts and stops what the demo needs: servers, simulated vendors, workers and the gateway."""

import contextlib
import os
import secrets
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
from ledger.ledger import Ledger
from ledger.people.users import Role
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet
from ledger.postgres.migrate import migrate
from local.demo.dashboard import watched
from local.demo.merchants import Merchant
from local.demo.simulation import Simulation
from local.servers.folder import folder_lock
from local.servers.processes import Command, Processes
from local.servers.services import environment, local_services
from local.servers.startup import free_port
from schemas.errors import ConfigurationError, ConnectorError
from schemas.settings import Settings, load_settings
from simulators.afosto.control.client import AfostoControl
from simulators.epages.control.client import EpagesControl

DATABASE = "connector_demo"
START_SECONDS = 30.0

# The intervals and deadlines of production, all shortened together: a minute shows a shop's day.
SHORT_INTERVALS = {
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
    "METRICS_PORT": "9471",
}
WORKERS = {
    "imports": ("-Q", "orders,cancellations,shipments,returns", "--pool", "threads", "--concurrency", "8"),
    "exports": ("-Q", "exports", "--pool", "threads", "--concurrency", "8"),
    "inventory": ("-Q", "inventory", "--pool", "threads", "--concurrency", "4"),
    "poll": ("-Q", "poll,reconcile", "--pool", "threads", "--concurrency", "4"),
    "dispatch": ("-Q", "dispatch", "--pool", "threads", "--concurrency", "1"),
}


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of the demo's simulators and of the processes that answer requests."""

    epages: int
    afosto: int
    gateway: int
    flower: int
    console: int
    exporter: int


@dataclass(frozen=True, slots=True)
class Pages:
    """The address of the console, and a user that may do everything there, with a password made for this demo."""

    url: str
    user: str
    password: str


@dataclass(frozen=True, slots=True)
class RunningDemo:
    """All parts of a running demo; `prometheus` is None if none is installed."""

    console: Console
    settings: Settings
    ledger: Ledger
    simulation: Simulation
    processes: Processes
    environ: Mapping[str, str]
    flower: str
    gateway: str
    pages: Pages
    prometheus: str | None


@contextmanager
def start_demo(console: Console, folder: Path, merchants: tuple[Merchant, ...]) -> Iterator[RunningDemo]:
    """Start everything and connect the stores; stop everything at the end of the block, the last started first."""
    with contextlib.ExitStack() as stack:
        try:
            yield _start_all(stack, console, folder, merchants)
        except KeyboardInterrupt:
            console.print("Stopping: the workers finish their current jobs, which takes some seconds …")
            raise


def _start_all(
    stack: contextlib.ExitStack, console: Console, folder: Path, merchants: tuple[Merchant, ...]
) -> RunningDemo:
    if not stack.enter_context(folder_lock(folder / "run")):
        # Demos in one folder share its servers, and a demo begins by emptying them.
        raise ConfigurationError(f"another demo runs in {folder}; stop it first")
    console.print("Starting PostgreSQL and Redis …")
    services = environment(stack.enter_context(local_services(folder, durable=False)))
    ports = Ports(*(free_port() for _ in range(6)))
    environ = demo_environment(services, ports)
    settings = load_settings(environ)
    _empty(settings)
    vendors = stack.enter_context(Processes(folder / "logs"))
    simulation = Simulation(*_start_vendors(vendors, environ, ports), merchants)
    ledger = Ledger(Database(settings.database_url), KeySet(settings.keys))
    stack.callback(ledger.close)
    migrate(ledger.database)
    console.print("Opening the shops with their past orders, connecting the stores …")
    simulation.open()
    simulation.connect(ledger, settings)
    workers = stack.enter_context(Processes(folder / "logs"))
    _start_workers(workers, environ, ports.flower)
    _start_gateway(workers, environ, ports.gateway)
    simulation.register_webhooks(ledger, settings.gateway_url)
    pages = _start_console(workers, environ, ports.console, ledger)
    exporter = _start_exporter(workers, environ, ports.exporter)
    return RunningDemo(
        console=console,
        settings=settings,
        ledger=ledger,
        simulation=simulation,
        processes=workers,
        environ=environ,
        flower=_at(ports.flower),
        gateway=settings.gateway_url,
        pages=pages,
        prometheus=stack.enter_context(watched(folder, exporter)),
    )


def check_alive(processes: Processes) -> None:
    """Raise ConnectorError, with the end of its log, when a process has ended by itself."""
    for child in processes.ended():
        raise ConnectorError(f"{child.name} ended by itself; {child.log} ends with:\n{child.log_tail()}")


def demo_environment(services: Mapping[str, str], ports: Ports) -> dict[str, str]:
    """Return the environment of every process of the demo, with the addresses at which its parts are reached."""
    address = urlsplit(services["CONNECTOR_DATABASE_URL"])
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("CONNECTOR_")},
        **services,
        **{f"CONNECTOR_{name}": value for name, value in SHORT_INTERVALS.items()},
        "CONNECTOR_DATABASE_URL": address._replace(path=f"/{DATABASE}").geturl(),
        "CONNECTOR_EPAGES_URL": f"{_at(ports.epages)}/{{store}}/api",
        "CONNECTOR_AFOSTO_URL": f"{_at(ports.afosto)}/graphql",
        "CONNECTOR_GATEWAY_URL": _at(ports.gateway),
        "CONNECTOR_CONSOLE_URL": _at(ports.console),
    }


def _at(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _empty(settings: Settings) -> None:
    """Recreate the demo's own database, and empty Redis."""
    admin = urlsplit(settings.database_url)._replace(path="/postgres").geturl()
    with psycopg.connect(admin, autocommit=True) as connection:
        for statement in ("drop database if exists {} with (force)", "create database {}"):
            connection.execute(sql.SQL(statement).format(sql.Identifier(DATABASE)))
    for url in {settings.broker_url, settings.redis_url}:
        with contextlib.closing(redis_client(url)) as client:
            if os.environ.get("CONNECTOR_BROKER_URL") and client.dbsize():
                # A Redis that is not ours may hold real work; the demo must not delete it.
                raise ConfigurationError("the Redis of CONNECTOR_BROKER_URL is not empty; give the demo an empty one")
            client.flushdb()


def _start_vendors(
    processes: Processes, environ: Mapping[str, str], ports: Ports
) -> tuple[EpagesControl, AfostoControl, str]:
    for name, port in (("epages", ports.epages), ("afosto", ports.afosto)):
        argv = [sys.executable, "-m", "simulators", name, "--port", str(port)]
        processes.start(Command(f"simulator-{name}", argv, env=environ))
        _wait_for(f"{_at(port)}/_sim/{'shops' if name == 'epages' else 'tenants'}", processes)
    shops = _at(ports.epages)
    return EpagesControl(shops), AfostoControl(_at(ports.afosto)), shops


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
    # Flower needs the broker only.
    flower_environ = {
        name: value for name, value in environ.items() if name not in ("CONNECTOR_KEYS", "CONNECTOR_DATABASE_URL")
    }
    processes.start(Command("flower", argv, env=flower_environ))


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
    _wait_for(f"{_at(port)}/healthz", processes)


def _start_console(processes: Processes, environ: Mapping[str, str], port: int, ledger: Ledger) -> Pages:
    pages = Pages(_at(port), "demo", secrets.token_urlsafe(12))
    ledger.users.add(pages.user, Role.ADMIN, pages.password)
    argv = [sys.executable, "-m", "console", "--bind", f"127.0.0.1:{port}", "--plain-http"]
    processes.start(Command("console", argv, env=environ))
    _wait_for(f"{pages.url}/healthz", processes)
    return pages


def _start_exporter(processes: Processes, environ: Mapping[str, str], port: int) -> str:
    bind = f"127.0.0.1:{port}"
    processes.start(Command("exporter", [sys.executable, "-m", "exporter", "--bind", bind], env=environ))
    _wait_for(f"{_at(port)}/healthz", processes)
    return bind
