"""Faults of servers that run but accept no writes: a promoted standby, a read-only database, a full disk."""

import random
import time
from collections.abc import Callable, Iterator

from redis import Redis

from tests.chaos.chaos_world import ChaosWorld
from tests.chaos.faults.fault import Fault, nothing
from tests.chaos.timing import Timing
from tests.support.servers.pgbouncer import PGBOUNCER
from tests.support.servers.redis_refusals import REFUSALS, Refusal, steady_client
from tests.support.servers.small_disks import can_mount


def outages(timing: Timing) -> Iterator[Fault]:
    """Yield all of them; only root can fill disks."""
    yield _promoted()
    yield _read_only()
    if PGBOUNCER:
        yield _restarted_pooler()
    for refusal in REFUSALS:
        yield _refused(refusal)
    if can_mount():
        yield _full_postgres()
        yield _full_redis()


def _outage(
    name: str,
    target: str,
    strike: Callable[[ChaosWorld], object],
    undo: Callable[[ChaosWorld], object],
    begin: Callable[[ChaosWorld], object] = nothing,
) -> Fault:
    """Return a fault that starts shortly after the actions."""

    def prepared(chaos: ChaosWorld, _: random.Random) -> None:
        begin(chaos)

    def strike_later(chaos: ChaosWorld, rng: random.Random) -> None:
        time.sleep(rng.uniform(0.0, chaos.timing.outage / 2))
        strike(chaos)

    def end(chaos: ChaosWorld) -> bool:
        undo(chaos)
        return True

    return Fault(name, target, prepared, strike_later, end)


def _lasting(outage: Callable[[ChaosWorld], object]) -> Callable[[ChaosWorld], None]:
    def lasts(chaos: ChaosWorld) -> None:
        outage(chaos)
        time.sleep(chaos.timing.outage)

    return lasts


def _refused(refusal: Refusal) -> Fault:
    """Make Redis refuse. The client stays connected, because a new connection might be refused."""
    clients: list[Redis] = []

    def refuse(chaos: ChaosWorld) -> None:
        clients.append(steady_client(chaos.servers.redis.url))
        refusal.begin(clients[0])

    def recover(_: ChaosWorld) -> None:
        client = clients.pop()
        refusal.end(client)
        client.close()

    return _outage(f"redis refuses: {refusal.word}", "redis", _lasting(refuse), recover)


def _promoted() -> Fault:
    return _outage(
        "promote the standby",
        "postgres",
        lambda chaos: chaos.servers.postgres.promote(chaos.timing.outage),
        nothing,
        lambda chaos: chaos.servers.postgres.add_standby(),
    )


def _read_only() -> Fault:
    return _outage(
        "read-only postgres",
        "postgres",
        _lasting(lambda chaos: chaos.servers.postgres.forbid_writes(forbidden=True)),
        lambda chaos: chaos.servers.postgres.forbid_writes(forbidden=False),
    )


def _restarted_pooler() -> Fault:
    """Kill the pooler. It strikes only in worlds that have one."""

    def strike(chaos: ChaosWorld, rng: random.Random) -> None:
        time.sleep(rng.uniform(0.0, chaos.timing.outage / 2))
        if chaos.servers.pooler:
            chaos.servers.pooler.kill()

    def end(chaos: ChaosWorld) -> bool:
        if chaos.servers.pooler:
            chaos.servers.pooler.restart()
        return chaos.servers.pooler is not None

    return Fault("restart the pooler", "postgres", nothing, strike, end)


def _full_postgres() -> Fault:
    def free(chaos: ChaosWorld) -> None:
        chaos.servers.postgres.free_disk()
        chaos.servers.postgres.revive()

    return _outage(
        "full disk of postgres", "postgres", _lasting(lambda chaos: chaos.servers.postgres.fill_disk()), free
    )


def _full_redis() -> Fault:
    """Fill the disk of Redis, after switching on its append-only file: by default it writes nothing to disk."""

    def fill(chaos: ChaosWorld) -> None:
        assert chaos.servers.redis_disk is not None
        chaos.world.redis.config_set("appendonly", "yes")
        chaos.servers.redis_disk.fill()

    def free(chaos: ChaosWorld) -> None:
        assert chaos.servers.redis_disk is not None
        chaos.servers.redis_disk.free()
        chaos.world.redis.config_set("appendonly", "no")

    return _outage("full disk of redis", "redis", _lasting(fill), free)
