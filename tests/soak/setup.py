"""The setup of a soak test: moderate trade both ways, the connector's processes, and relays to cut each server off."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any
from urllib.parse import urlsplit

from local.servers.services import local_services
from tests.hosts.support.host import Host
from tests.soak.growth import CONNECTIONS, KEYS, Series, memory_of
from tests.support.connector.world import JOB_QUEUES, TENANT, World
from tests.support.servers.relay import Relay

SHOP = "soak"
# As in production, except that polls, scans of orders and scans of the inventory run more often.
INTERVALS = {
    "POLL_INTERVAL": "5",
    "POLL_OVERLAP": "60",
    "CLOCK_MARGIN": "1",
    "WALK_INTERVAL": "10",
    "INVENTORY_INTERVAL": "10",
    "DISPATCH_INTERVAL": "1",
    "LEASE": "20",
    "LEASE_RENEWAL": "5",
    "CALL_DEADLINE": "10",
    "AMBIGUITY_WAIT": "60",
    "LONGEST_JOB": "60",
    "RESEND_AFTER": "60",
    "RETRY_BASE": "2",
    "RETRY_CAP": "60",
}


@dataclass
class SoakSetup:
    """A running world. `relays` lead to each kind of server; `processes` are the connector's."""

    world: World
    relays: Mapping[str, tuple[Relay, ...]]
    processes: Mapping[str, Popen[bytes]]

    def trade(self, rate: float) -> None:
        """Make the shop sell `rate` orders per second, on which both sides act."""
        self.world.epages.trade(SHOP, rate=rate, fulfills=0.5)
        self.world.afosto.trade(TENANT, 0, share=0.5)

    def stop(self) -> None:
        """Stop the trade, and read and compare every order once more."""
        world = self.world
        world.epages.stop_trading(SHOP)
        world.afosto.stop_trading(TENANT)
        world.sweep()
        world.ledger.jobs.request_runs(SHOP, "export", "looks", world.ledger.scans.all_opened(SHOP), lane=2)

    def figures(self) -> list[Series]:
        """Return the figures that must not grow."""
        return [
            *memory_of(self.processes),
            Series("connections to Postgres", "", CONNECTIONS, self._connections),
            Series("keys in Redis", "", KEYS, lambda: float(self.world.redis.dbsize())),
        ]

    def consumed(self, since: Any) -> dict[str, bool]:
        """Return for each worker whether it has done something since a moment of the database's clock."""
        jobs = self._rows("select distinct split_part(worker, '/', 2) as pid from attempts where at > %s", since)
        pids = {row["pid"] for row in jobs}
        polls = self._rows(
            "select exists (select 1 from dispatches where ran_at > %s) "
            "and exists (select 1 from cursors where polled_at > %s) as works",
            since,
            since,
        )
        workers = {name: str(self.processes[name].pid) in pids for name in ("jobs-1", "jobs-2")}
        return {"polls": bool(polls[0]["works"]), **workers}

    def now(self) -> Any:
        """Return the time of the database's clock."""
        return self._rows("select now() as at")[0]["at"]

    def _connections(self) -> float:
        sql = "select count(*) as n from pg_stat_activity where datname = current_database() and pid <> %s"
        return float(self._rows(sql, 0)[0]["n"])

    def _rows(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        return self.world.ledger.database.transaction(lambda s: s.execute(sql.encode(), parameters).fetchall())


@contextmanager
def soak_setup(folder: Path) -> Iterator[SoakSetup]:
    """Start everything; stop it at the end of the block."""
    with ExitStack() as stack:
        services = stack.enter_context(local_services(folder, {}, durable=False))
        epages, afosto, postgres, redis = (stack.enter_context(Relay()) for _ in range(4))
        routed: dict[str, str] = {}
        urls = {
            "EPAGES_URL": f"http://127.0.0.1:{epages.port}/{{store}}/api",
            "AFOSTO_URL": f"http://127.0.0.1:{afosto.port}/graphql",
        }
        world = stack.enter_context(World(services, folder, Host(env=routed), **INTERVALS, **urls))
        epages.target, afosto.target = world.epages_port, world.afosto_port
        postgres.target = urlsplit(world.settings.database_url).port or 0
        redis.target = urlsplit(world.settings.redis_url).port or 0
        routed["CONNECTOR_DATABASE_URL"] = _via(world.settings.database_url, postgres)
        routed["CONNECTOR_BROKER_URL"] = _via(world.settings.broker_url, redis)
        routed["CONNECTOR_REDIS_URL"] = routed["CONNECTOR_BROKER_URL"]
        world.afosto.set_switches(TENANT, orders_list=True)
        world.shop(SHOP)
        processes = {
            "polls": world.worker("poll,dispatch,reconcile", 4),
            "jobs-1": world.worker(JOB_QUEUES, 8),
            "jobs-2": world.worker(JOB_QUEUES, 8),
            "beat": world.beat(),
            "gateway": world.gateway(SHOP),
        }
        yield SoakSetup(world, {"redis": (redis,), "postgres": (postgres,), "vendors": (epages, afosto)}, processes)


def _via(url: str, relay: Relay) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{relay.port}").geturl()
