"""The faults: each with a name, how it strikes and how it is undone. People act between `begin` and `strike`."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import psycopg

from tests.chaos.arena import Arena
from tests.chaos.crew import BEAT, FORKING, GATEWAY, WORKERS
from tests.chaos.fault import Fault, nothing
from tests.chaos.hostile import hostile_plans, hostile_shop
from tests.chaos.outages import outages
from tests.chaos.pace import Pace
from tests.chaos.points import POINTS
from tests.chaos.poisoned import poison_everywhere
from tests.chaos.refusing import refused_orders
from tests.world import TENANT

# Seconds from the acts to a kill: some of the work has begun, some is done.
_MIDST = 0.8
# Seconds given to a fault that waits for somebody to run into it.
_AMBUSH = 2.5
_PIECE = 0.05


def _kill(
    name: str, target: str, strike: Callable[[Arena, random.Random], object], undo: Callable[[Arena], object] = nothing
) -> Fault:
    def strike_in_the_midst(arena: Arena, draw: random.Random) -> None:
        time.sleep(draw.uniform(0.0, _MIDST))
        strike(arena, draw)

    def end(arena: Arena) -> bool:
        undo(arena)
        return True

    return Fault(name, target, nothing, strike_in_the_midst, end)


def _kills() -> Iterator[Fault]:
    def child(arena: Arena, draw: random.Random) -> None:
        arena.crew.kill_child(draw.choice(FORKING), draw.randrange(100))

    yield _kill("kill pool child", "processes", child)
    yield _kill("kill worker", "processes", lambda arena, draw: arena.crew.kill(draw.choice(WORKERS)))
    yield _kill("kill beat", "processes", lambda arena, _: arena.crew.kill(BEAT))
    yield _kill("kill gateway", "processes", lambda arena, _: arena.crew.kill(GATEWAY))


def _servers() -> Iterator[Fault]:
    def flush(arena: Arena, draw: random.Random) -> None:
        for _ in range(draw.choice((1, 2, 3))):
            arena.world.redis.flushall()
            time.sleep(draw.uniform(0.0, 0.3))

    def freeze(arena: Arena, _: random.Random) -> None:
        arena.servers.redis.freeze()
        time.sleep(arena.pace.freeze)

    yield _kill(
        "kill redis", "redis", lambda arena, _: arena.servers.redis.kill(), lambda arena: arena.servers.redis.restart()
    )
    yield _kill("flush redis", "redis", flush)
    yield _kill("freeze redis", "redis", freeze, lambda arena: arena.servers.redis.thaw())
    yield _kill(
        "kill postgres",
        "postgres",
        lambda arena, _: arena.servers.postgres.kill(),
        lambda arena: arena.servers.postgres.restart(),
    )
    yield _kill("terminate backends", "postgres", lambda arena, _: _terminate(arena))


def _terminate(arena: Arena) -> None:
    # Beside a pooler, which might lend us one of the sessions that are to end.
    with psycopg.connect(arena.servers.postgres.superuser_url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'connector'"
        )


def _points() -> Iterator[Fault]:
    for point in POINTS:

        def begin(arena: Arena, draw: random.Random, point: str = point) -> None:
            arena.points.arm(point, draw.randint(1, 4))

        def strike(arena: Arena, _: random.Random, point: str = point) -> None:
            _await(lambda: arena.points.struck(point))

        def end(arena: Arena, point: str = point) -> bool:
            struck = arena.points.struck(point)
            arena.points.disarm(point)
            return struck

        yield Fault(f"die {point}", "processes", begin, strike, end)


def _vendors(pace: Pace) -> Iterator[Fault]:
    for vendor in ("shop", "afosto"):
        for name, plan in {**_plans(pace), **hostile_plans()}.items():
            yield _vendor_fault(f"{vendor}: {name}", vendor == "shop", plan)


def _plans(pace: Pace) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """What goes wrong at a vendor. Times are chosen by the deadline of a call."""
    slow = {"seconds": 1.3 * pace.deadline}
    return {
        "timeouts": [{"kind": "latency", "probability": 0.5, **slow}],
        "resets after effect": [{"kind": "reset", "probability": 0.6, "writes": True}],
        "late effects": [{"kind": "late", "probability": 0.6, "writes": True, "seconds": pace.late, "hold": 0.1}],
        "429 storm": [{"kind": "429", "probability": 0.8, "retry_after": 1}],
        "5xx storm": [{"kind": kind, "probability": 0.4} for kind in ("500", "502", "503")],
        "5xx after effect": [{"kind": "503", "probability": 0.6, "writes": True, "after_effect": True}],
        "slow drip": [{"kind": "drip", "probability": 0.5, **slow}],
        "truncated": [{"kind": "truncate", "probability": 0.5}],
        "oversized": [{"kind": "oversize", "probability": 0.5, "writes": True, "count": 4}],
    }


def _vendor_fault(name: str, is_shop: bool, plan: Sequence[Mapping[str, Any]]) -> Fault:
    def configure(arena: Arena, faults: Sequence[Mapping[str, Any]], **seed: int) -> None:
        if is_shop:
            for shop in arena.shops:
                arena.world.epages.set_faults(shop, faults=list(faults), **seed)
        else:
            arena.world.afosto.set_faults(TENANT, *(dict(fault) for fault in faults), **seed)

    def fired(arena: Arena) -> int:
        if is_shop:
            return sum(sum(arena.world.epages.stats(shop)["faults"].values()) for shop in arena.shops)
        return sum(arena.world.afosto.stats(TENANT)["faults"].values())

    before: dict[str, int] = {}

    def begin(arena: Arena, draw: random.Random) -> None:
        before["fired"] = fired(arena)
        configure(arena, plan, seed=draw.randrange(10**6))

    def strike(arena: Arena, draw: random.Random) -> None:
        _await(lambda: fired(arena) > before["fired"])
        time.sleep(draw.uniform(0.2, 1.2) * arena.pace.deadline)

    def end(arena: Arena) -> bool:
        configure(arena, ())
        return fired(arena) > before["fired"]

    return Fault(name, name.partition(":")[0], begin, strike, end)


def _await(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + _AMBUSH
    while not holds() and time.monotonic() < ends:
        time.sleep(_PIECE)


def outside_faults(pace: Pace) -> list[Fault]:
    """What is done to a fleet of which no process is killed."""
    return [*_servers(), *outages(pace), hostile_shop(), poison_everywhere()]


def all_faults(pace: Pace) -> list[Fault]:
    """Every fault there is, in an order that never changes: a seed draws from it."""
    return [*_kills(), *outside_faults(pace), *_points(), *_vendors(pace), refused_orders()]
