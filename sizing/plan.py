"""From the work of the busiest hour to processes and servers."""

import math
from dataclasses import dataclass

from sizing import measured as m
from sizing.load import (
    CANCELED_SHARE,
    DAY_SECONDS,
    EXPORTS_PER_ORDER,
    LOOKS_WITHOUT_NEWS,
    RETURNED_SHARE,
    WEBHOOKS_PER_ORDER,
    Demand,
    Load,
    load_of,
)

# Headroom: how busy a process, its threads and a server's cores may be in the busiest hour. A Python process uses one
# core.
PROCESS_BUSY, THREADS_BUSY, SERVER_BUSY = 0.6, 0.7, 0.5
# Seconds that a job takes besides its calls to vendors.
OWN_SECONDS = 0.1
# Most connections to PostgreSQL of a process, and how many it accepts without a pooler (docs/running.md).
CONNECTIONS_PER_PROCESS, CONNECTIONS_WITHOUT_POOLER = 20, 300
# Rows of `jobs` that stay of an order: import, look, the parcel's import and export, and its shares.
JOBS_KEPT_PER_ORDER = 4 + CANCELED_SHARE + RETURNED_SHARE
# Jobs of an order that dispatch sends. The gateway sends looks, and the worker that ends a look sends what follows it.
JOBS_BY_DISPATCH_PER_ORDER = 2 + CANCELED_SHARE + RETURNED_SHARE
# The disk of a database: room for its log, for rows not yet cleaned up, and for a copy of the largest table.
DISK_FACTOR = 2.0
# Orders of so many days are worked on again and again: their rows stay in memory.
WARM_DAYS = 7
# An export takes this many times the processor of an import; both were measured in one run.
EXPORT_FACTOR = m.POOL_EXPORT_MS.value / m.POOL_IMPORT_MS.value
# A look makes one call of an import's three; half of its cost is assumed.
LOOK_FACTOR = 0.5
_THIRD = 1 / 3  # a poll, a scan and a reading of inventory were measured together

MEMORY_GB = (4, 8, 16, 32, 64, 128, 256, 512)
CORES = (2, 4, 8, 16, 32, 48, 64, 96, 128)


@dataclass(frozen=True, slots=True)
class Pool:
    """Processes of one line of the Procfile: how many, with how many threads; cores and threads used at the peak."""

    name: str
    processes: int
    threads: int
    cores: float
    slots: float

    @property
    def busiest(self) -> str:
        """What decides about the number of processes, in words."""
        by_threads = self.slots / (THREADS_BUSY * max(1, self.threads))
        return "the threads that wait for vendors" if by_threads > self.cores / PROCESS_BUSY else "the processor time"


@dataclass(frozen=True, slots=True)
class Servers:
    """PostgreSQL and Redis; `…_used` are cores used at the peak."""

    postgres_cores: int
    postgres_used: float
    postgres_gb: int
    disk_gb: int
    connections: int
    redis_used: float
    redis_mb: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a demand needs."""

    demand: Demand
    load: Load
    pools: tuple[Pool, ...]
    servers: Servers

    @property
    def processes(self) -> int:
        """All processes."""
        return sum(pool.processes for pool in self.pools)

    @property
    def cores_used(self) -> float:
        """Cores that all processes use at the peak, without servers."""
        return sum(pool.cores for pool in self.pools)

    @property
    def memory_gb(self) -> float:
        """Memory of all processes."""
        return self.processes * m.WORKER_MB.value / 1024

    @property
    def past_minutes(self) -> float:
        """Minutes until the past of one store is imported: its budget at Afosto decides."""
        return self.demand.past_orders / m.PAST_PER_MINUTE.value

    @property
    def stores_per_day(self) -> float:
        """Stores whose past can be imported in a day beside the average work, with the processes for orders."""
        orders = next(pool for pool in self.pools if pool.name == "orders")
        spare = orders.processes * PROCESS_BUSY * 1000 / m.IMPORT_MS.value - self.demand.average
        return spare * DAY_SECONDS / max(1, self.demand.past_orders)


def plan_for(demand: Demand) -> Plan:
    """Return the processes and servers for a demand."""
    load = load_of(demand)
    pools = _pools(demand, load)
    return Plan(demand, load, pools, _servers(demand, load, sum(pool.processes for pool in pools)))


def _pools(demand: Demand, load: Load) -> tuple[Pool, ...]:
    answer = demand.answer_ms / 1000
    orders, import_ms = load.orders, m.IMPORT_MS.value
    look_ms, export_ms = LOOK_FACTOR * import_ms, EXPORT_FACTOR * import_ms
    act_ms = import_ms * m.CANCELED_CALLS_AFOSTO.value / m.IMPORT_CALLS_AFOSTO.value
    export_calls = m.PARCEL_CALLS_SHOP.value + m.PARCEL_CALLS_AFOSTO.value
    stock_calls = m.STOCK_CALLS_SHOP.value + m.STOCK_CALLS_AFOSTO.value
    exports = (
        EXPORTS_PER_ORDER * orders * export_ms + LOOKS_WITHOUT_NEWS * orders * look_ms + load.readings * m.SCAN_MS.value
    )
    waits_of_exports = EXPORTS_PER_ORDER * orders * (export_calls * answer + OWN_SECONDS) + (
        LOOKS_WITHOUT_NEWS * orders + load.readings
    ) * (answer + OWN_SECONDS)
    inventory = orders * export_ms + load.readings * m.INVENTORY_MS.value
    waits_of_inventory = orders * (stock_calls * answer + OWN_SECONDS) + load.readings * (answer + OWN_SECONDS)
    polls = load.polls * m.POLL_MS.value + orders * m.FOUND_MS.value
    sent = load.messages + orders * JOBS_BY_DISPATCH_PER_ORDER
    dispatch = sent * _THIRD * m.DISPATCH_MS.value
    webhooks = WEBHOOKS_PER_ORDER * orders * m.WEBHOOK_MS.value

    def acts(share: float, calls: float) -> tuple[float, float]:
        return share * orders * act_ms, share * orders * (calls * answer + OWN_SECONDS)

    return (
        _pool("orders", 32, orders * import_ms, orders * (m.IMPORT_CALLS_AFOSTO.value * answer + OWN_SECONDS)),
        _pool("cancellations", 32, *acts(CANCELED_SHARE, m.CANCELED_CALLS_AFOSTO.value)),
        _pool("shipments", 32, *acts(0.0, m.SHIPPED_CALLS_AFOSTO.value)),
        _pool("returns", 32, *acts(RETURNED_SHARE, m.RETURNED_CALLS_AFOSTO.value)),
        _pool("exports", 32, exports, waits_of_exports),
        _pool("inventory", 32, inventory, waits_of_inventory),
        _pool("poll", 16, polls, load.polls * (answer + OWN_SECONDS)),
        _pool("dispatch", 16, dispatch, 0.0),
        _pool("reconcile", 16, 0.0, 0.0),
        _pool("gateway", 8, webhooks, webhooks / 1000, least=2),
        *(Pool(name, 1, 0, 0.0, 0.0) for name in ("beat", "console", "exporter", "flower")),
    )


def _pool(name: str, threads: int, milliseconds: float, slots: float, least: int = 1) -> Pool:
    """Return a pool for so many CPU milliseconds per second and so many jobs at once."""
    cores = milliseconds / 1000
    needed = max(cores / PROCESS_BUSY, slots / (THREADS_BUSY * threads))
    return Pool(name, max(least, math.ceil(needed)), threads, cores, slots)


def _servers(demand: Demand, load: Load, processes: int) -> Servers:
    per_order = m.IMPORT_SERVERS_MS.value * (
        1 + EXPORT_FACTOR * (EXPORTS_PER_ORDER + 1) + LOOK_FACTOR * LOOKS_WITHOUT_NEWS + CANCELED_SHARE + RETURNED_SHARE
    )
    redis = (load.messages + load.jobs) * _THIRD * m.REDIS_MS.value / 1000
    postgres = (load.messages * _THIRD * m.POSTGRES_MS.value + load.orders * per_order) / 1000
    job_gb = m.TEN_MILLION_JOBS_GB.value / 10_000_000
    per_day = demand.stores * demand.orders_per_day * JOBS_KEPT_PER_ORDER * job_gb
    kept = per_day * 365 * demand.years + demand.stores * demand.past_orders * JOBS_KEPT_PER_ORDER * job_gb
    warm = WARM_DAYS * per_day + m.POSTGRES_MB.value / 1024 * demand.stores / 10_000
    return Servers(
        postgres_cores=_at_least(CORES, postgres / SERVER_BUSY),
        postgres_used=postgres,
        postgres_gb=_at_least(MEMORY_GB, 2 * warm),
        disk_gb=max(20, math.ceil(kept * DISK_FACTOR / 10) * 10),
        connections=CONNECTIONS_PER_PROCESS * (processes - 2),
        redis_used=redis,
        redis_mb=max(256, math.ceil(4 * m.REDIS_MB.value * demand.stores / 10_000 / 256) * 256),
    )


def _at_least(sizes: tuple[int, ...], needed: float) -> int:
    """Return the smallest of the usual sizes that is enough; the need itself, rounded up, above the largest."""
    return next((size for size in sizes if size >= needed), math.ceil(needed))
