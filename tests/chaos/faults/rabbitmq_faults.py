"""Faults of RabbitMQ as the broker, and of the way to it."""

import random
import time
from collections.abc import Callable, Iterator

from tests.chaos.chaos_world import ChaosWorld
from tests.chaos.faults.fault import Fault, nothing
from tests.chaos.timing import Timing
from tests.support.servers.killable_rabbitmq import ALARMS, KillableRabbitmq, takes_messages

# Most bytes that a connection still forwards before it goes silent: more than the longest task has, so that the silence
# begins within a message on some connections, and between two on others.
_SOME_BYTES = 2_000

Act = Callable[[KillableRabbitmq, random.Random], object]


def rabbitmq_faults(timing: Timing) -> Iterator[Fault]:
    """Yield all of them."""

    def lasts(_: KillableRabbitmq, __: random.Random) -> None:
        time.sleep(timing.outage)

    yield _fault("kill rabbitmq", _kill, timing, undo=_restart)
    yield _fault("freeze rabbitmq", _both(lambda server, _: server.freeze(), lasts), timing, undo=_thaw)
    yield _fault("purge rabbitmq", lambda server, _: server.purge_queues(), timing)
    yield _fault("rabbitmq closes connections", lambda server, _: server.close_connections(), timing)
    yield _fault("cut rabbitmq", _both(lambda server, _: server.relay.cut(silently=False), lasts), timing, _reconnect)
    yield _fault(
        "blackhole rabbitmq", _both(lambda server, _: server.relay.cut(silently=True), lasts), timing, _reconnect
    )
    yield _fault("silent connections", lambda server, _: server.relay.forget(), timing)
    yield _fault(
        "silent within frames", lambda server, rng: server.relay.forget(after=rng.randrange(_SOME_BYTES)), timing
    )
    for name, (begin, end) in ALARMS.items():
        yield _fault(
            f"{name} alarm of rabbitmq",
            _both(lambda server, _, begin=begin: server.control(*begin), lasts),  # type: ignore[misc]
            timing,
            lambda server, end=end: server.control(*end),  # type: ignore[misc]
        )


def _fault(name: str, act: Act, timing: Timing, undo: Callable[[KillableRabbitmq], object] = nothing) -> Fault:
    def strike(chaos: ChaosWorld, rng: random.Random) -> None:
        time.sleep(rng.uniform(0.0, timing.outage / 2))
        act(_server(chaos), rng)

    def end(chaos: ChaosWorld) -> bool:
        undo(_server(chaos))
        return True

    return Fault(name, "rabbitmq", nothing, strike, end)


def _server(chaos: ChaosWorld) -> KillableRabbitmq:
    assert chaos.servers.rabbitmq is not None
    return chaos.servers.rabbitmq


def _both(first: Act, second: Act) -> Act:
    def act(server: KillableRabbitmq, rng: random.Random) -> None:
        first(server, rng)
        second(server, rng)

    return act


def _kill(server: KillableRabbitmq, _: random.Random) -> None:
    server.kill()


def _restart(server: KillableRabbitmq) -> None:
    server.restart(takes_messages)


def _thaw(server: KillableRabbitmq) -> None:
    server.thaw()


def _reconnect(server: KillableRabbitmq) -> None:
    server.relay.reconnect()
