"""A plan in words: what limits it, what was assumed, and what would change it."""

from collections.abc import Iterator
from dataclasses import replace

from sizing import measured as m
from sizing.load import (
    CANCELED_SHARE,
    DAY_SECONDS,
    HOUR_SECONDS,
    READING_INTERVALS,
    RETURNED_SHARE,
    SHOP_CALLS_PER_HOUR,
    WEBHOOKS_PER_ORDER,
    Demand,
    calls_to_shop,
)
from sizing.plan import (
    CONNECTIONS_WITHOUT_POOLER,
    PROCESS_BUSY,
    SERVER_BUSY,
    THREADS_BUSY,
    Plan,
    plan_for,
)

# Two processes at most share the ticks of dispatch (docs/decisions/0012).
MOST_DISPATCH = 2
# Redis uses one core.
_REDIS_CORES = 1.0
# A store that uses more of a budget at the peak may wait for calls.
_BUDGET_FULL = 0.9


def limits(plan: Plan) -> Iterator[str]:
    """Yield what decides about the size, and what no number of processes mends."""
    largest = max((pool for pool in plan.pools if pool.threads), key=lambda pool: pool.processes)
    if largest.processes > 1:
        yield f"Most processes are for {largest.name}; what decides there: {largest.busiest}."
    else:
        yield "One process of each kind is enough. Run them on two hosts if one host may fail."
    if plan.servers.connections > CONNECTIONS_WITHOUT_POOLER:
        yield f"{plan.servers.connections:,} connections to PostgreSQL are possible: put a pooler before it."
    if plan.servers.redis_used > SERVER_BUSY * _REDIS_CORES:
        yield (
            f"Redis uses {plan.servers.redis_used:.2f} of its one core: give the limiter a Redis of its own "
            "(CONNECTOR_REDIS_URL), beside that of the broker."
        )
    if plan.load.reading_interval > READING_INTERVALS[0]:
        seconds = f"{plan.load.reading_interval:.0f}"
        yield (
            f"Set CONNECTOR_WALK_INTERVAL={seconds} and CONNECTOR_INVENTORY_INTERVAL={seconds}: so many stores cannot "
            "be read more often. Webhooks take effect within seconds all the same."
        )
    yield from _beyond(plan)


def _beyond(plan: Plan) -> Iterator[str]:
    dispatch = next(pool for pool in plan.pools if pool.name == "dispatch")
    if dispatch.processes > MOST_DISPATCH:
        yield (
            f"TOO MUCH for one system: dispatch needs {dispatch.processes} processes, but only {MOST_DISPATCH} share "
            "the work. Poll less often, or split the stores over two systems with a database each."
        )
    if plan.load.shop_share > _BUDGET_FULL:
        spare = SHOP_CALLS_PER_HOUR * _BUDGET_FULL - HOUR_SECONDS / plan.demand.poll_interval
        most = max(0.0, spare) / calls_to_shop() * DAY_SECONDS / HOUR_SECONDS / plan.demand.peak
        yield (
            f"TOO MUCH for a shop's budget: a store needs {plan.load.shop_share:.0%} of its calls in the busiest hour, "
            f"so orders wait. {int(most):,} orders a day fit; ask the vendor for more calls."
        )
    if plan.load.afosto_share > _BUDGET_FULL:
        yield (
            f"TOO MUCH for a tenant's budget: a store needs {plan.load.afosto_share:.0%} of its calls to Afosto in the "
            "busiest hour, so orders wait. Ask the vendor for more calls."
        )


def assumptions(demand: Demand) -> Iterator[str]:
    """Yield what the calculation takes for granted."""
    yield f"The busiest hour has {demand.peak:g} times the average orders; give yours with --peak."
    yield f"A vendor answers within {demand.answer_ms:g} ms; each store has a tenant of its own at Afosto."
    yield (
        f"Afosto ships each order in one parcel and delivers it; the shop cancels {CANCELED_SHARE:.0%} of the orders "
        f"and takes back {RETURNED_SHARE:.0%}; {WEBHOOKS_PER_ORDER} webhooks and a change of stock belong to an order."
    )
    yield (
        f"Headroom: in the busiest hour a process uses {PROCESS_BUSY:.0%} of a core, its threads are busy for "
        f"{THREADS_BUSY:.0%}, the servers use {SERVER_BUSY:.0%} of their cores."
    )
    yield (
        "The measured cores were slow and shared (docs/figures.md). Not measured alone, so estimated from imports: "
        "looks, cancellations, returns, the stock, and what the servers do for them."
    )
    yield f"Jobs are kept for {demand.years:g} years; the disk has room for as much again."


def changes(plan: Plan) -> Iterator[tuple[str, int, float, int]]:
    """Yield (what is different, processes, cores used by them, cores of PostgreSQL), the plan itself first."""
    demand = plan.demand
    others = {
        "as given": demand,
        "twice the orders": replace(demand, orders_per_day=2 * demand.orders_per_day),
        "twice the stores": replace(demand, stores=2 * demand.stores),
        "half the peak": replace(demand, peak=max(1.0, demand.peak / 2)),
        "vendors twice as slow": replace(demand, answer_ms=2 * demand.answer_ms),
        "polls half as often": replace(demand, poll_interval=2 * demand.poll_interval),
    }
    for name, each in others.items():
        other = plan_for(each)
        yield name, other.processes, other.cores_used, other.servers.postgres_cores


def history(plan: Plan) -> str:
    """Say how long the import of the past takes."""
    return (
        f"Past orders: {plan.demand.past_orders:,} of a store take {plan.past_minutes:,.0f} minutes, because a "
        f"tenant's budget lets {m.PAST_PER_MINUTE.value:.0f} a minute pass. Beside the daily work, at most "
        f"{max(0.0, plan.stores_per_day):,.0f} stores a day can be connected; for more, add processes for orders."
    )
