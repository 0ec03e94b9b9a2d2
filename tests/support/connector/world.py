"""A complete small world for fault tests: both vendors, a database, a broker, and real Celery processes."""

import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import psycopg

from clients.redis_client import redis_client
from ledger.ledger import Ledger
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet
from ledger.postgres.migrate import migrate
from local.demo.simulation import LOCATIONS
from local.proof.compare import Report, prove
from local.servers.services import Services
from local.servers.startup import free_port
from schemas.settings import Settings, load_settings
from simulators.afosto.control.client import AfostoControl
from simulators.epages.control.client import EpagesControl
from sync.connecting.connect_store import NewStore, connect_store
from tests.hosts.support.host import ROOT, THIS_HOST, Host
from tests.support.connector.two_code_warnings import missing_two_code_warnings

TENANT, KEY, CHANNEL = "tenant", "afosto-key-for-tests", "channel-1"
PLACES = [{"id": f"location-{n}", "name": name} for n, name in enumerate(LOCATIONS)]
CLIENT_ID, CLIENT_SECRET = "client", "client-secret-for-tests"

# Leases, waits and deadlines, all shortened together; they keep the order that start-up checks.
SHRUNK = {
    "POLL_INTERVAL": "1.5",
    "POLL_OVERLAP": "6",
    "CLOCK_MARGIN": "0.5",
    "DISPATCH_INTERVAL": "0.4",
    "LEASE": "2",
    "LEASE_RENEWAL": "0.5",
    "CALL_DEADLINE": "1",
    "AMBIGUITY_WAIT": "3",
    "LONGEST_JOB": "20",
    "RESEND_AFTER": "3",
    "RETRY_BASE": "0.2",
    "RETRY_CAP": "2",
    "FAILURES_TO_PARK": "1000",
    "EPAGES_CALLS_PER_WINDOW": "60000",
    "EPAGES_WINDOW": "60",
    "AFOSTO_CALLS_PER_WINDOW": "60000",
    "AFOSTO_WINDOW": "60",
}

# For tests that lose answers: a call takes effect within the second before it is repeated. A busy machine can stop a
# process for most of a second, which must not look like a lost answer. A run begins no call that may outlast its lease.
LOSES_ANSWERS = {"CALL_DEADLINE": "1.8", "AMBIGUITY_WAIT": "2", "LEASE": "6", "LEASE_RENEWAL": "1"}

# Prefix of a command that makes it end when its parent is killed, for example when a test takes too long.
DIES_WITH_PARENT = ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()

JOB_QUEUES = "orders,cancellations,shipments,returns,exports,inventory"


class World:
    """Use it as `with World(services, folder) as world`; everything in it ends with the block."""

    def __init__(self, services: Services, folder: Path, host: Host = THIS_HOST, /, **overrides: str) -> None:
        """`host` runs the vendors, and each process for which no other host is given."""
        self._services = services
        self.folder = folder
        self._host = host
        self._overrides = overrides
        self._stack = ExitStack()
        self.workers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self.env = self._environment()
        self.settings: Settings = load_settings(self.env)
        migrate(self.database())
        self.ledger = Ledger(self.database(), KeySet(self.settings.keys))
        self.redis = redis_client(self.settings.redis_url, decode_responses=True)
        self.redis.flushdb()
        self.epages = EpagesControl(self._simulator("epages", self.epages_port))
        self.afosto = AfostoControl(self._simulator("afosto", self.afosto_port))
        self.afosto.create(TENANT, KEY, channels=[{"id": CHANNEL, "name": "Shop"}], locations=PLACES)
        self.afosto.set_switches(TENANT, orders_list=False)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.workers:
            process.kill()
            process.wait(30)
        self.ledger.close()
        self.redis.close()
        self._stack.close()

    def database(self) -> Database:
        """Open the world's database with a new pool."""
        database = Database(self.settings.database_url)
        self._stack.callback(database.close)
        return database

    def _environment(self) -> dict[str, str]:
        name = f"world_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self._services.database_url, autocommit=True) as connection:
            connection.execute(f'create database "{name}"'.encode())
        self.epages_port, self.afosto_port = free_port(), free_port()
        mine = {
            **SHRUNK,
            "DATABASE_URL": _with_database(self._services.database_url, name),
            "BROKER_URL": self._services.broker_url,
            "REDIS_URL": self._services.redis_url,
            "KEYS": self._services.keys,
            "EPAGES_URL": f"http://{self._host.address}:{self.epages_port}/{{store}}/api",
            "AFOSTO_URL": f"http://{self._host.address}:{self.afosto_port}/graphql",
            **self._overrides,
        }
        connector = {f"CONNECTOR_{name}": value for name, value in mine.items()}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, **connector, "PATH": path, "PYTHONPATH": str(ROOT), "C_FORCE_ROOT": "1"}

    def _simulator(self, vendor: str, port: int) -> str:
        options = ["--host", self._host.address, "--port", str(port)]
        self._spawn(vendor, [sys.executable, "-m", "simulators", vendor, *options])
        url = f"http://{self._host.address}:{port}"
        wait_for(lambda: _listens(port, self._host.address), 20, f"the simulated {vendor} to listen")
        return url

    def _spawn(self, name: str, argv: list[str], host: Host | None = None) -> subprocess.Popen[bytes]:
        host = host or self._host
        env = {**self.env, "PYTHONPATH": str(host.tree), **host.env}
        log = self._stack.enter_context((self.folder / f"{name}-{uuid.uuid4().hex[:6]}.log").open("wb"))
        process = subprocess.Popen(
            [*host.prefix, *DIES_WITH_PARENT, *argv],
            env=env,
            cwd=host.tree,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        self._stack.callback(_end, process)
        return process

    def shop(
        self,
        name: str,
        since: datetime | None = None,
        *,
        tenant: str = TENANT,
        key: str = KEY,
        publishes: bool = False,
        confirmed: bool = True,
        **settings: Any,
    ) -> None:
        """Open a shop and connect it to a tenant by its key; orders from `since` (default: an hour ago) are imported.

        Only with `publishes` its stock is published and every move of it checked: in most tests the tenant has no
        inventory.
        """
        self.epages.open_shop(name, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, **settings)
        connect_store(
            self.ledger,
            self.settings,
            NewStore(
                name=name,
                base_url=self.settings.epages_url.format(store=name),
                client_id=CLIENT_ID,
                client_secret=CLIENT_SECRET,
                afosto_key=key,
                channel_id=CHANNEL,
                import_since=since or datetime.now(UTC) - timedelta(hours=1),
                publish_stock=confirmed,
            ),
        )
        if publishes:
            url, since = self.afosto.graphql_url.removesuffix("/graphql"), self.ledger.stores.get(name).import_since
            self.epages.check_overselling(name, url, tenant, [row["id"] for row in PLACES], since.isoformat())
        else:
            self.ledger.stores.switch_flow(name, "inventory.publish", enabled=False)

    def tenant(self, name: str, **switches: Any) -> str:
        """Open another tenant with the same channel and locations; return its key."""
        key = f"key-of-{name}"
        channels = [{"id": CHANNEL, "name": "Shop"}]
        self.afosto.create(name, key, channels=channels, locations=PLACES, switches={"orders_list": False, **switches})
        return key

    def worker(
        self, queues: str, concurrency: int = 4, host: Host | None = None, nice: int = 0, pool: str = "threads"
    ) -> subprocess.Popen[bytes]:
        """Start a Celery worker in a session of its own, as a Procfile runner may do."""
        options = ["-Q", queues, "--pool", pool, "-c", str(concurrency), "-l", "INFO"]
        options += ["--without-gossip", "--without-mingle"]
        command = ["nice", "-n", str(nice), "celery", "-A", (host or self._host).app, "worker", *options]
        process = self._spawn("worker", command, host)
        self.workers.append(process)
        return process

    def beat(self, host: Host | None = None) -> subprocess.Popen[bytes]:
        """Start Celery beat."""
        process = self._spawn("beat", ["celery", "-A", (host or self._host).app, "beat", "-l", "INFO"], host)
        self.workers.append(process)
        return process

    def process(self, host: Host, argv: list[str]) -> subprocess.Popen[bytes]:
        """Start another program of the connector on a host."""
        return self._spawn(argv[0], argv, host)

    def start(self, concurrency: int = 4) -> None:
        """Start beat and one worker for everything."""
        self.worker(f"{JOB_QUEUES},poll,dispatch,reconcile", concurrency + 2)
        self.beat()

    def gateway(self, store: str) -> subprocess.Popen[bytes]:
        """Start the gateway and send it all of Afosto's webhooks, for all stores of the tenant."""
        port, secret = free_port(), uuid.uuid4().hex
        options = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--threads", "8"]
        process = self._spawn("gateway", [sys.executable, "-m", "gateway", *options])
        wait_for(lambda: _listens(port), 20, "the gateway to listen")
        endpoint = self.ledger.webhooks.add(store, secret)
        self.afosto.listen(TENANT, f"http://127.0.0.1:{port}/webhooks/afosto/{endpoint}", secret)
        return process

    def sweep(self) -> None:
        """Start a sweep of every store."""
        for name in self.ledger.stores.names():
            self.ledger.cursors.start_sweep(name, datetime.now(UTC), 86_400)

    def settle(self, timeout: float = 30) -> None:
        """Wait until no job is open; repeat this twice, each time after another poll."""
        for _ in range(2):
            wait_for(self._quiet, timeout, "all jobs to settle", lambda: str(self.open_jobs()))
            time.sleep(self.settings.poll_interval * 1.5)
        wait_for(self._quiet, timeout, "all jobs to settle", lambda: str(self.open_jobs()))

    def _quiet(self) -> bool:
        reading = self.ledger.database.transaction(
            lambda session: session.execute(
                "select kind from cursors where kind <> 'live' and next_poll_at is not null"
            ).fetchone()
        )
        return reading is None and not self.open_jobs()

    def open_jobs(self) -> list[tuple[str, str, str, str | None]]:
        """Return (flow, order, state, message) of the jobs that are not done."""
        jobs = self.ledger.jobs.search(limit=100_000)
        return [
            (j["flow"], j["order_key"], j["state"], j["message"]) for j in jobs if j["state"] not in ("done", "parked")
        ]

    def parked(self) -> list[dict[str, Any]]:
        """Return the parked jobs."""
        return self.ledger.jobs.search(state="parked", limit=100_000)

    def prove(self) -> Report:
        """Compare effects with causes in all shops."""
        shops = self.epages.shops()
        return prove(
            self.epages, self.afosto, shops, TENANT, extra=[partial(missing_two_code_warnings, self.ledger, shops)]
        )


def wait_for(condition: Callable[[], bool], timeout: float, what: str, details: Callable[[], str] = lambda: "") -> None:
    """Wait until a condition holds; otherwise fail with what was expected."""
    ends = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > ends:
            raise AssertionError(f"after {timeout} s still waiting for {what} {details()[:2000]}")
        time.sleep(0.1)


def _listens(port: int, address: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((address, port)) == 0


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait(30)


def _with_database(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()
