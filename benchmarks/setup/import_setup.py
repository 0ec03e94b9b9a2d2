"""The setup in which imports are measured: simulators, servers, shops with orders, and the contenders' processes."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg

from benchmarks.measure.process_costs import below, cpu_seconds
from local.servers.postgres import superuser_url
from local.servers.processes import Child, Command
from local.servers.services import Services, local_services
from tests.hosts.support.host import ROOT
from tests.support.connector.world import CHANNEL, CLIENT_ID, CLIENT_SECRET, KEY, TENANT, World, wait_for

# As in production, except that budgets have no influence and there is one poll per run.
SETTINGS = {
    "POLL_INTERVAL": "600",
    "POLL_OVERLAP": "300",
    "CLOCK_MARGIN": "5",
    "DISPATCH_INTERVAL": "1",
    "LEASE": "20",
    "LEASE_RENEWAL": "5",
    "CALL_DEADLINE": "10",
    "LONGEST_JOB": "60",
    "AMBIGUITY_WAIT": "60",
    "RESEND_AFTER": "60",
    "EPAGES_CALLS_PER_WINDOW": "600000",
    "AFOSTO_CALLS_PER_WINDOW": "600000",
}
PLAIN = {"paid": True, "pickup": False, "test": False, "payment": "PayPal"}
LONGEST = 120.0  # seconds that one import or export may take
# The request that is the last one of an order's import or export, as `Measurement.requests` names it.
OPENED = "openOrder"
SHIPPED = "POST /orders/{id}/processes/shippings/{id}/mark-shipped"
SERVERS = ("postgres", "redis-server")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One import or export of a shop's orders, all together: times and CPU in seconds, requests by kind."""

    orders: int
    first: float
    last: float
    cpu: float
    servers_cpu: float
    redis_commands: int
    requests: Counter[str]

    @property
    def rate(self) -> float:
        """Orders per second, from the first order that was done to the last; the time to start is in `first`."""
        return (self.orders - 1) / (self.last - self.first)


class ImportSetup:
    """A world, and the processes of contenders in it. `env` is their environment.

    `servers` are the ids of the processes whose CPU time counts as that of the servers.
    """

    def __init__(self, world: World, folder: Path, env: dict[str, str]) -> None:
        self.world = world
        self._folder = folder
        self.env = env
        services = folder / "services"
        self.postgres_log = services / "logs" / "postgres.log"
        self.superuser_url = superuser_url(services / "postgres", world.settings.database_url)
        self._running: dict[str, list[Child]] = {}
        self._causes = 0
        self.servers: set[int] = set()

    def shop(self, orders: int) -> str:
        """Open a shop with this many paid orders, connect it, and pause it."""
        name = f"shop-{uuid4().hex[:8]}"
        self.world.shop(name)
        self.world.ledger.stores.pause(name)
        for _ in range(orders):
            self.world.epages.place(name, **PLAIN)
        return name

    def resume(self, shop: str) -> None:
        """Start the connector's import of a shop: its next tick polls the shop.

        A tick between connecting and pausing may have sent polls that found the shop paused. So the cursors are made
        due.
        """
        for kind in ("live", "history"):
            self.world.ledger.cursors.make_due(shop, kind)
        self.world.ledger.stores.resume(shop)

    def start(self, name: str, commands: Sequence[Sequence[str]]) -> None:
        """Start the processes of a contender; they end with this process, however it ends."""
        for number, argv in enumerate(commands):
            command = Command(f"{name}-{number}", argv, env=self.env, cwd=ROOT)
            self._running.setdefault(name, []).append(Child(command, self._folder / f"{command.name}.log"))

    def runs(self, name: str) -> bool:
        """Return whether a contender's processes were started and not stopped."""
        return name in self._running

    def pids(self, name: str) -> list[int]:
        """Return the ids of a contender's processes."""
        return [child.pid for child in self._running[name]]

    def stop(self, name: str) -> None:
        """Stop the processes of a contender and their children."""
        for child in self._running.pop(name, []):
            child.kill()

    def stop_all(self) -> None:
        """Stop the processes of all contenders."""
        for name in list(self._running):
            self.stop(name)

    def contender(self, module: str) -> ModuleType:
        """Import a contender's module; it reads this setup's addresses from the environment."""
        os.environ.update(self.env)
        return import_module(f"benchmarks.contenders.{module}")

    def slow(self, shop: str, seconds: float) -> None:
        """Make both vendors take this many seconds longer for every answer."""
        faults = [{"kind": "latency", "seconds": seconds}] if seconds else []
        self.world.epages.set_faults(shop, faults=faults)
        self.world.afosto.set_faults(TENANT, *faults)

    def measure(self, name: str, begin: Callable[[str], None], shop: str, orders: int) -> Measurement:
        """Make a contender import a shop, and measure until all orders are open in Afosto."""
        self._new_causes()
        return self._measure(name, lambda: begin(shop), shop, orders, OPENED, self._opened)

    def measure_exports(
        self, name: str, begin: Callable[[str, Mapping[str, str]], None], shop: str, orders: Mapping[str, str]
    ) -> Measurement:
        """Make a contender export one parcel of each order, and measure until all are shipped in the shop.

        `orders` are those of the shop: its id → Afosto's id.
        """
        return self._measure(name, lambda: begin(shop, orders), shop, len(orders), SHIPPED, lambda: self._shipped(shop))

    def _measure(
        self,
        name: str,
        begin: Callable[[], None],
        shop: str,
        orders: int,
        last: str,
        times: Callable[[], list[float]],
    ) -> Measurement:
        """Measure until the request `last` was made for all orders; `times` returns when (in seconds since 1970)."""
        before, used, commands = self._requests(shop), self._cpu(name), self._commands()
        begun = time.time()
        begin()
        wait_for(
            lambda: self._requests(shop)[last] - before[last] >= orders,
            LONGEST,
            f"{name} to carry over {orders} orders",
            lambda: f"{self._requests(shop) - before}; logs in {self._folder}",
        )
        time.sleep(0.3)
        now, after = self._cpu(name), self._requests(shop)
        done = [at - begun for at in times()]
        return Measurement(
            orders=orders,
            first=min(done),
            last=max(done),
            cpu=now[0] - used[0],
            servers_cpu=now[1] - used[1],
            redis_commands=self._commands() - commands,
            requests=after - before,
        )

    def _opened(self) -> list[float]:
        return [cause["at"] / 1000 for cause in self._new_causes() if cause["action"] == "open_order"]

    def _shipped(self, shop: str) -> list[float]:
        causes = self.world.epages.causes(shop)
        return [datetime.fromisoformat(cause["at"]).timestamp() for cause in causes if cause["action"] == "ship"]

    def _new_causes(self) -> list[dict[str, Any]]:
        found = self.world.afosto.causes(TENANT, self._causes)
        self._causes += len(found)
        return found

    def _requests(self, shop: str) -> Counter[str]:
        found: Counter[str] = Counter(self.world.afosto.stats(TENANT)["requests"])
        for row in self.world.epages.stats(shop)["requests"]:
            found[f"{row['method']} {row['path'].replace(f'/{shop}/api', '')}"] += row["count"]
        return found

    def _cpu(self, name: str) -> tuple[float, float]:
        own = cpu_seconds(self.pids(name))
        return own, cpu_seconds(self.servers)

    def _commands(self) -> int:
        return int(self.world.redis.info("stats")["total_commands_processed"])


@contextmanager
def import_setup(**settings: str) -> Iterator[ImportSetup]:
    """Run a setup until the block ends; `settings` are the connector's, without their prefix."""
    others = below(os.getpid(), SERVERS)
    with (
        TemporaryDirectory(prefix="benchmark-") as folder,
        local_services(Path(folder) / "services", {}) as services,
        World(services, Path(folder), **SETTINGS, **settings) as world,
    ):
        setup = ImportSetup(world, Path(folder), _environment(world, services, Path(folder)))
        setup.servers = set(below(os.getpid(), SERVERS)) - set(others)
        try:
            yield setup
        finally:
            setup.stop_all()


def _environment(world: World, services: Services, folder: Path) -> dict[str, str]:
    database, pipe = f"procrastinate_{uuid4().hex[:8]}", folder / "shops"
    with psycopg.connect(services.database_url, autocommit=True) as connection:
        connection.execute(f'create database "{database}"'.encode())
    os.mkfifo(pipe)
    redis = services.redis_url.removesuffix("/0")
    mine = {
        "CELERY_BROKER": f"{redis}/1",
        "CELERY_RESULTS": f"{redis}/2",
        "DRAMATIQ_BROKER": f"{redis}/3",
        "RQ_REDIS": f"{redis}/4",
        "HUEY_REDIS": f"{redis}/5",
        "TASKIQ_REDIS": f"{redis}/6",
        "PROCRASTINATE_DATABASE": urlsplit(services.database_url)._replace(path=f"/{database}").geturl(),
        "PIPE": str(pipe),
        "CLIENT_ID": CLIENT_ID,
        "CLIENT_SECRET": CLIENT_SECRET,
        "AFOSTO_KEY": KEY,
        "CHANNEL": CHANNEL,
    }
    return {**world.env, **{f"BENCHMARK_{name}": value for name, value in mine.items()}}
