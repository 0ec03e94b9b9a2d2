"""Servers that live and yet take no writes: a standby in the primary's place, a read-only database, a full disk."""

import random
import time
from collections.abc import Callable, Iterator

from redis import Redis

from tests.chaos.arena import Arena
from tests.chaos.fault import Fault, nothing
from tests.chaos.pace import Pace
from tests.disks import mountable
from tests.pooler import PGBOUNCER
from tests.refusals import REFUSALS, Refusal, steady_client


def outages(pace: Pace) -> Iterator[Fault]:
    """Give them all; disks can be filled by root only."""
    yield _promoted()
    yield _read_only()
    if PGBOUNCER:
        yield _restarted_pooler()
    for refusal in REFUSALS:
        yield _refused(refusal)
    if mountable():
        yield _full_postgres()
        yield _full_redis()


def _outage(
    name: str,
    target: str,
    strike: Callable[[Arena], object],
    undo: Callable[[Arena], object],
    begin: Callable[[Arena], object] = nothing,
) -> Fault:
    """One that lasts as long as the pace's outages do, from shortly after the acts."""

    def prepared(arena: Arena, _: random.Random) -> None:
        begin(arena)

    def struck(arena: Arena, draw: random.Random) -> None:
        time.sleep(draw.uniform(0.0, arena.pace.outage / 2))
        strike(arena)

    def end(arena: Arena) -> bool:
        undo(arena)
        return True

    return Fault(name, target, prepared, struck, end)


def _lasting(outage: Callable[[Arena], object]) -> Callable[[Arena], None]:
    def lasts(arena: Arena) -> None:
        outage(arena)
        time.sleep(arena.pace.outage)

    return lasts


def _refused(refusal: Refusal) -> Fault:
    """The client stays connected: another one might be refused."""
    kept: list[Redis] = []

    def refuse(arena: Arena) -> None:
        kept.append(steady_client(arena.servers.redis.url))
        refusal.begin(kept[0])

    def work_again(_: Arena) -> None:
        client = kept.pop()
        refusal.end(client)
        client.close()

    return _outage(f"redis refuses: {refusal.word}", "redis", _lasting(refuse), work_again)


def _promoted() -> Fault:
    return _outage(
        "promote the standby",
        "postgres",
        lambda arena: arena.servers.postgres.promote(arena.pace.outage),
        nothing,
        lambda arena: arena.servers.postgres.copy(),
    )


def _read_only() -> Fault:
    return _outage(
        "read-only postgres",
        "postgres",
        _lasting(lambda arena: arena.servers.postgres.forbid_writes(forbidden=True)),
        lambda arena: arena.servers.postgres.forbid_writes(forbidden=False),
    )


def _restarted_pooler() -> Fault:
    """It strikes only in the worlds that have one."""

    def strike(arena: Arena, draw: random.Random) -> None:
        time.sleep(draw.uniform(0.0, arena.pace.outage / 2))
        if arena.servers.pooler:
            arena.servers.pooler.kill()

    def end(arena: Arena) -> bool:
        if arena.servers.pooler:
            arena.servers.pooler.restart()
        return arena.servers.pooler is not None

    return Fault("restart the pooler", "postgres", nothing, strike, end)


def _full_postgres() -> Fault:
    def free(arena: Arena) -> None:
        arena.servers.postgres.free_disk()
        arena.servers.postgres.revive()

    return _outage(
        "full disk of postgres", "postgres", _lasting(lambda arena: arena.servers.postgres.fill_disk()), free
    )


def _full_redis() -> Fault:
    """Redis writes down what it holds only where it is told to."""

    def fill(arena: Arena) -> None:
        assert arena.servers.redis_disk is not None
        arena.world.redis.config_set("appendonly", "yes")
        arena.servers.redis_disk.fill()

    def free(arena: Arena) -> None:
        assert arena.servers.redis_disk is not None
        arena.servers.redis_disk.free()
        arena.world.redis.config_set("appendonly", "no")

    return _outage("full disk of redis", "redis", _lasting(fill), free)
