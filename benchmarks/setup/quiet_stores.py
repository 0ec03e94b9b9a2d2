"""Quiet stores with the connector's own dispatch, and workers that answer their polls from memory."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory
from typing import LiteralString

import psycopg

from benchmarks.measure.process_costs import Costs
from benchmarks.setup.idle_stores import connect_idle
from ledger.postgres.database import Row
from local.servers.postgres import superuser_url
from local.servers.services import local_services
from tests.hosts.support.host import THIS_HOST
from tests.support.connector.world import World

NOWHERE = "http://127.0.0.1:9"  # the vendors' address: nobody calls it
DISPATCH_SLOTS = 16  # as in the Procfile
_SPREAD = """
    update cursors set next_poll_at = now() + (%(lead)s + right(store, 5)::int * %(interval)s::float8 / %(count)s)
                                              * interval '1 second'
"""
_WITHOUT_SCANS = (
    "update walks set next_at = 'infinity'",
    "update stock_cursors set next_poll_at = 'infinity'",
)
_SCANS = (
    "update walks set next_at = c.next_poll_at from cursors c where c.store = walks.store",
    "update stock_cursors s set next_poll_at = c.next_poll_at from cursors c where c.store = s.store",
)


@dataclass
class QuietStores:
    """`count` stores, each polled every `interval` seconds by `processes` memory workers.

    `dues` is when each store's poll is due first, in seconds since 1970.
    """

    world: World
    folder: Path
    count: int
    interval: float
    costs: Costs = field(default_factory=Costs)
    dues: dict[str, float] = field(default_factory=dict)
    _files: list[Path] = field(default_factory=list)

    def start(self, processes: int, threads: int, lead: float, *, scans: bool) -> None:
        """Start everything; the first poll is due after `lead` seconds, the others within an interval from then.

        With `scans`, the stores' orders and inventory in Afosto are read as well, as often as those of quiet stores.
        """
        spread = {"lead": lead, "interval": self.interval, "count": self.count}
        with psycopg.connect(self.world.settings.database_url, autocommit=True) as connection:
            connection.execute(_SPREAD.encode(), spread)
            for statement in _SCANS if scans else _WITHOUT_SCANS:
                connection.execute(statement.encode())
            connection.execute("vacuum analyze")
            found = connection.execute("select store, extract(epoch from next_poll_at)::float8 from cursors")
            self.dues = {store: float(at) for store, at in found.fetchall()}
        for number in range(processes):
            self.costs.watch(f"stub {number}", self._memory_worker(number, threads).pid)
        self.costs.watch("dispatch", self.world.worker("dispatch", DISPATCH_SLOTS).pid)
        self.costs.watch("beat", self.world.beat().pid)
        self.costs.watch_command("postgres", "postgres", "-D")
        self.costs.watch_command("redis", "redis")
        time.sleep(lead)

    def polled(self) -> Iterator[tuple[str, float, float]]:
        """Yield the store of each poll so far, when its message was taken and when it was settled, in that order."""
        lines = [line.split() for path in self._files for line in path.read_text().splitlines()]
        whole = [(line[0], float(line[1]), float(line[2])) for line in lines if len(line) == 3]
        yield from sorted(whole, key=lambda poll: poll[2])

    def tick_log(self) -> str:
        """Return what the worker of dispatch has logged."""
        return "".join(path.read_text(errors="replace") for path in self.folder.glob("worker-*.log"))

    def rows(self, query: LiteralString, *values: object) -> list[Row]:
        """Return the rows of a query."""
        return self.world.ledger.database.transaction(lambda session: session.execute(query, values).fetchall())

    def _memory_worker(self, number: int, threads: int) -> "Popen[bytes]":
        path = self.folder / f"polled-{number}"
        self._files.append(path)
        argv = [sys.executable, "-m", "benchmarks.setup.memory_worker", str(path), "--threads", str(threads)]
        return self.world.process(THIS_HOST, argv)


@contextmanager
def quiet_stores(
    count: int, interval: float, settings: Mapping[str, str], server: Mapping[str, str]
) -> Iterator[QuietStores]:
    """Connect `count` quiet stores, on servers of their own, until the block ends.

    `settings` are those of the connector, without their prefix; `server` are settings of PostgreSQL.
    """
    with TemporaryDirectory(prefix="benchmark-") as name, ExitStack() as stack:
        folder = Path(name)
        services = stack.enter_context(local_services(folder / "services", {}))
        world = stack.enter_context(World(services, folder, **{**settings, "POLL_INTERVAL": f"{interval:g}"}))
        _set(superuser_url(folder / "services" / "postgres", world.settings.database_url), server)
        connect_idle(world, count, NOWHERE, interval)
        yield QuietStores(world, folder, count, interval)


def _set(url: str, server: Mapping[str, str]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for name, value in server.items():
            connection.execute(f"alter system set {name} = '{value}'".encode())
        connection.execute("select pg_reload_conf()")
