"""`connector size`: how many processes and which servers a number of stores and orders needs."""

import math
from dataclasses import asdict
from typing import Any

import click

from cli.common import print_json
from cli.screen import say, say_table
from sizing.load import Demand
from sizing.plan import Plan, plan_for
from sizing.words import assumptions, changes, history, limits


class _Figure(click.FloatRange):
    """A number within bounds; "nan" lies within any for click."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return found


_ANY = _Figure(min=0, max=1_000_000)


@click.command(short_help="Compute the processes and servers for a number of stores.")
@click.option("--stores", type=click.IntRange(1, 100_000), required=True, help="Connected stores.")
@click.option("--orders-per-day", type=_ANY, required=True, help="Orders of a store per day, on average.")
@click.option(
    "--peak",
    type=_Figure(1, 100),
    default=6.0,
    show_default=True,
    help="The orders of the busiest hour of the year, as a multiple of the average hour.",
)
@click.option(
    "--answer-ms",
    type=_Figure(1, 10_000),
    default=200.0,
    show_default=True,
    help="How long a vendor takes to answer, in milliseconds.",
)
@click.option(
    "--poll-interval",
    type=_Figure(1, 86_400),
    default=300.0,
    show_default=True,
    help="CONNECTOR_POLL_INTERVAL, in seconds.",
)
@click.option(
    "--past-orders",
    type=click.IntRange(0, 10_000_000),
    default=1_000,
    show_default=True,
    help="Past orders of a store that are imported when it is connected.",
)
@click.option(
    "--years",
    type=_Figure(0, 50),
    default=3.0,
    show_default=True,
    help="How long the database shall have room.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def size(*, as_json: bool, **given: Any) -> None:
    """Compute how many processes of which pool and which servers the stores need, from measured figures.

    It needs no server and no setting. docs/sizing.md explains the calculation.
    """
    plan = plan_for(Demand(**given))
    if as_json:
        print_json({**asdict(plan), "limits": list(limits(plan)), "assumptions": list(assumptions(plan.demand))})
    else:
        _print(plan)


def _print(plan: Plan) -> None:
    load, servers = plan.load, plan.servers
    say(f"In the busiest hour: {load.orders:.2f} orders, {load.jobs:.1f} jobs and {load.polls:.1f} polls per second.")
    say()
    pools = [
        {
            "pool": pool.name,
            "processes": str(pool.processes),
            "threads": str(pool.threads or ""),
            "cores": f"{pool.cores:.2f}" if pool.threads else "",
            "busy": f"{pool.slots:.1f}" if pool.threads else "",
        }
        for pool in plan.pools
    ]
    columns = {"pool": "POOL", "processes": "PROCESSES", "threads": "THREADS OF EACH", "cores": "CORES USED"}
    say_table(pools, {**columns, "busy": "THREADS BUSY"})
    say()
    say(
        f"All processes: {plan.processes}, with {plan.cores_used:.1f} cores used and {plan.memory_gb:.1f} GB of memory."
    )
    say(
        f"PostgreSQL: {servers.postgres_cores} cores ({servers.postgres_used:.2f} used), {servers.postgres_gb} GB of "
        f"memory, {servers.disk_gb:,} GB of disk, {servers.connections:,} connections."
    )
    say(f"Redis: one core ({servers.redis_used:.2f} used), {servers.redis_mb:,} MB of memory.")
    say(
        f"Calls in the busiest hour: a store uses {load.shop_share:.1%} of its budget at the shop, "
        f"{load.afosto_share:.1%} of that at Afosto."
    )
    say(history(plan))
    _list("What limits:", list(limits(plan)))
    _list("What was assumed:", list(assumptions(plan.demand)))
    say()
    say("What would change it:")
    rows = [
        {"what": what, "processes": str(processes), "cores": f"{cores:.1f}", "postgres": str(postgres)}
        for what, processes, cores, postgres in changes(plan)
    ]
    say_table(rows, {"what": "", "processes": "PROCESSES", "cores": "CORES USED", "postgres": "CORES OF POSTGRESQL"})


def _list(title: str, lines: list[str]) -> None:
    say()
    say(title)
    for line in lines:
        say(f"- {line}")
