"""All faults: each has a name, a way to strike and a way to undo it. People act between `begin` and `strike`."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import psycopg

from tests.chaos.chaos_world import ChaosWorld
from tests.chaos.faults.database_refuses import refused_orders
from tests.chaos.faults.fault import Fault, nothing
from tests.chaos.faults.hostile_vendors import hostile_plans, hostile_shop
from tests.chaos.faults.poison_messages import poison_everywhere
from tests.chaos.faults.rabbitmq_faults import rabbitmq_faults
from tests.chaos.faults.server_outages import outages
from tests.chaos.processes.connector_processes import BEAT, FORKING, GATEWAY, WORKERS
from tests.chaos.processes.kill_points import POINTS
from tests.chaos.servers import Broker
from tests.chaos.timing import Timing
from tests.support.connector.world import TENANT

# Most seconds from the actions to a kill: by then some jobs have started and some are done.
_KILL_WITHIN = 0.8
# Seconds to wait until a process runs into a fault.
_STRIKE_TIMEOUT = 2.5
_CHECK_SECONDS = 0.05


def _kill(
    name: str,
    target: str,
    strike: Callable[[ChaosWorld, random.Random], object],
    undo: Callable[[ChaosWorld], object] = nothing,
) -> Fault:
    def strike_during_work(chaos: ChaosWorld, rng: random.Random) -> None:
        time.sleep(rng.uniform(0.0, _KILL_WITHIN))
        strike(chaos, rng)

    def end(chaos: ChaosWorld) -> bool:
        undo(chaos)
        return True

    return Fault(name, target, nothing, strike_during_work, end)


def _kills() -> Iterator[Fault]:
    def child(chaos: ChaosWorld, rng: random.Random) -> None:
        chaos.connector.kill_child(rng.choice(FORKING), rng.randrange(100))

    yield _kill("kill pool child", "processes", child)
    yield _kill("kill worker", "processes", lambda chaos, rng: chaos.connector.kill(rng.choice(WORKERS)))
    yield _kill("kill beat", "processes", lambda chaos, _: chaos.connector.kill(BEAT))
    yield _kill("kill gateway", "processes", lambda chaos, _: chaos.connector.kill(GATEWAY))


def _servers(broker: Broker) -> Iterator[Fault]:
    def flush(chaos: ChaosWorld, rng: random.Random) -> None:
        for _ in range(rng.choice((1, 2, 3))):
            chaos.world.redis.flushall()
            time.sleep(rng.uniform(0.0, 0.3))

    def freeze(chaos: ChaosWorld, _: random.Random) -> None:
        chaos.servers.redis.freeze()
        time.sleep(chaos.timing.freeze)

    yield _kill(
        "kill redis", "redis", lambda chaos, _: chaos.servers.redis.kill(), lambda chaos: chaos.servers.redis.restart()
    )
    yield _kill("flush redis", "redis", flush)
    if broker is Broker.REDIS:
        yield _cut_subscriptions()
    yield _kill("freeze redis", "redis", freeze, lambda chaos: chaos.servers.redis.thaw())
    yield _kill(
        "kill postgres",
        "postgres",
        lambda chaos, _: chaos.servers.postgres.kill(),
        lambda chaos: chaos.servers.postgres.restart(),
    )
    yield _kill("terminate backends", "postgres", lambda chaos, _: _terminate(chaos))


def _cut_subscriptions() -> Fault:
    """Close the connections by which remote control reaches the workers. All others stay, so nothing else shows it."""
    cut: list[int] = []

    def strike(chaos: ChaosWorld, rng: random.Random) -> None:
        time.sleep(rng.uniform(0.0, _KILL_WITHIN))
        cut.append(chaos.world.redis.client_kill_filter(_type="pubsub"))

    return Fault("cut subscriptions", "redis", nothing, strike, lambda _: cut.pop() > 0)


def _terminate(chaos: ChaosWorld) -> None:
    # Not through the pooler, which might give us one of the sessions that are to be terminated.
    with psycopg.connect(chaos.servers.postgres.superuser_url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'connector'"
        )


def _points() -> Iterator[Fault]:
    for point in POINTS:

        def begin(chaos: ChaosWorld, rng: random.Random, point: str = point) -> None:
            chaos.points.arm(point, rng.randint(1, 4))

        def strike(chaos: ChaosWorld, _: random.Random, point: str = point) -> None:
            _await(lambda: chaos.points.struck(point))

        def end(chaos: ChaosWorld, point: str = point) -> bool:
            struck = chaos.points.struck(point)
            chaos.points.disarm(point)
            return struck

        yield Fault(f"die {point}", "processes", begin, strike, end)


def _vendors(timing: Timing) -> Iterator[Fault]:
    for vendor in ("shop", "afosto"):
        for name, plan in {**_plans(timing), **hostile_plans()}.items():
            yield _vendor_fault(f"{vendor}: {name}", vendor == "shop", plan)


def _plans(timing: Timing) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Return the faults of a vendor. Their times depend on the deadline of a call."""
    slow = {"seconds": 1.3 * timing.deadline}
    return {
        "timeouts": [{"kind": "latency", "probability": 0.5, **slow}],
        "resets after effect": [{"kind": "reset", "probability": 0.6, "writes": True}],
        "late effects": [
            {"kind": "late", "probability": 0.6, "writes": True, "seconds": timing.late_effect, "hold": 0.1}
        ],
        "429 storm": [{"kind": "429", "probability": 0.8, "retry_after": 1}],
        "5xx storm": [{"kind": kind, "probability": 0.4} for kind in ("500", "502", "503")],
        "5xx after effect": [{"kind": "503", "probability": 0.6, "writes": True, "after_effect": True}],
        "slow drip": [{"kind": "drip", "probability": 0.5, **slow}],
        "truncated": [{"kind": "truncate", "probability": 0.5}],
        "oversized": [{"kind": "oversize", "probability": 0.5, "writes": True, "count": 4}],
    }


def _vendor_fault(name: str, is_shop: bool, plan: Sequence[Mapping[str, Any]]) -> Fault:
    def configure(chaos: ChaosWorld, faults: Sequence[Mapping[str, Any]], **seed: int) -> None:
        if is_shop:
            for shop in chaos.shops:
                chaos.world.epages.set_faults(shop, faults=list(faults), **seed)
        else:
            chaos.world.afosto.set_faults(TENANT, *(dict(fault) for fault in faults), **seed)

    def fired(chaos: ChaosWorld) -> int:
        if is_shop:
            return sum(sum(chaos.world.epages.stats(shop)["faults"].values()) for shop in chaos.shops)
        return sum(chaos.world.afosto.stats(TENANT)["faults"].values())

    before: dict[str, int] = {}

    def begin(chaos: ChaosWorld, rng: random.Random) -> None:
        before["fired"] = fired(chaos)
        configure(chaos, plan, seed=rng.randrange(10**6))

    def strike(chaos: ChaosWorld, rng: random.Random) -> None:
        _await(lambda: fired(chaos) > before["fired"])
        time.sleep(rng.uniform(0.2, 1.2) * chaos.timing.deadline)

    def end(chaos: ChaosWorld) -> bool:
        configure(chaos, ())
        return fired(chaos) > before["fired"]

    return Fault(name, name.partition(":")[0], begin, strike, end)


def _await(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + _STRIKE_TIMEOUT
    while not holds() and time.monotonic() < ends:
        time.sleep(_CHECK_SECONDS)


def faults_without_kills(timing: Timing, broker: Broker) -> list[Fault]:
    """Return the faults of servers and vendors, and the poison: those that kill no process of the connector."""
    of_broker = rabbitmq_faults(timing) if broker is Broker.RABBITMQ else ()
    return [*_servers(broker), *outages(timing), *of_broker, hostile_shop(), poison_everywhere()]


def all_faults(timing: Timing, broker: Broker = Broker.REDIS) -> list[Fault]:
    """Return all faults in a fixed order, so that a seed always chooses the same ones."""
    return [*_kills(), *faults_without_kills(timing, broker), *_points(), *_vendors(timing), refused_orders()]
