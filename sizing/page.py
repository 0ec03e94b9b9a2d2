"""The table of docs/sizing.md: what usual sizes need."""

from collections.abc import Iterator

from sizing.load import Demand
from sizing.plan import Plan, plan_for

SIZES = (100, 1_000, 5_000, 20_000, 100_000)
ORDERS_PER_DAY = 20.0
BEGIN, END = "<!-- table: python -m sizing -->", "<!-- end of table -->"


def with_table(page: str) -> str:
    """Return the page with the table as it is computed now."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n" + "\n".join(_table()) + f"\n\n{END}{after}"


def _table() -> Iterator[str]:
    plans = [plan_for(Demand(stores=stores, orders_per_day=ORDERS_PER_DAY)) for stores in SIZES]
    yield "| | " + " | ".join(f"{plan.demand.stores:,} stores" for plan in plans) + " |"
    yield "|---|" + "---:|" * len(plans)
    for name, cells in _rows(plans):
        yield f"| {name} | " + " | ".join(cells) + " |"


def _rows(plans: list[Plan]) -> Iterator[tuple[str, list[str]]]:
    yield "orders per second in the busiest hour", [f"{plan.load.orders:.2f}" for plan in plans]
    for at, pool in enumerate(plans[0].pools):
        yield f"processes `{pool.name}`", [str(plan.pools[at].processes) for plan in plans]
    yield "all processes", [str(plan.processes) for plan in plans]
    yield "cores they use", [f"{plan.cores_used:.1f}" for plan in plans]
    yield "their memory, GB", [f"{plan.memory_gb:.1f}" for plan in plans]
    yield "PostgreSQL: cores", [str(plan.servers.postgres_cores) for plan in plans]
    yield "PostgreSQL: memory, GB", [str(plan.servers.postgres_gb) for plan in plans]
    yield "PostgreSQL: disk for 3 years, GB", [f"{plan.servers.disk_gb:,}" for plan in plans]
    yield "PostgreSQL: connections", [f"{plan.servers.connections:,}" for plan in plans]
    yield "Redis: cores used", [f"{plan.servers.redis_used:.2f}" for plan in plans]
    yield "Redis: memory, MB", [f"{plan.servers.redis_mb:,}" for plan in plans]
    yield "seconds between readings of Afosto", [f"{plan.load.reading_interval:.0f}" for plan in plans]
