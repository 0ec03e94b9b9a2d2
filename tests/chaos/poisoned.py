"""The fault "poison on every queue": nobody may die of it, and each message must be set aside."""

import random
import time

from tests.chaos.arena import Arena
from tests.chaos.crew import QUEUES
from tests.chaos.fault import Fault
from tests.poison import poisons
from workers.local.proof import Difference

_EACH = 3  # messages per queue and round
_PIECE = 0.2


def poison_everywhere() -> Fault:
    """Some messages on each queue that no worker can work on."""
    sent: dict[str, int] = {}

    def begin(arena: Arena, _: random.Random) -> None:
        arena.world.ledger.set_aside.forget(None)
        arena.crew.keep_up()
        sent["restarts"] = arena.crew.restarts

    def strike(arena: Arena, draw: random.Random) -> None:
        broker, known = arena.world.settings.broker_url, poisons(arena.world.settings.broker_url)
        names = {queue: draw.sample(sorted(known), _EACH) for queue in QUEUES}
        for queue, drawn in names.items():
            for name in drawn:
                known[name](broker, queue)
        missing = _await(arena, len(QUEUES) * _EACH)
        if missing:
            arena.complaints.append(Difference("poison", str(names), f"{missing} messages were not set aside"))
        if died := arena.crew.restarts - sent["restarts"]:
            arena.complaints.append(Difference("poison", str(names), f"{died} processes died of it"))

    return Fault("poison on every queue", "broker", begin, strike, _struck, alone=True)


def _struck(_: Arena) -> bool:
    return True


def _await(arena: Arena, expected: int) -> int:
    """Wait until so many messages were set aside; return how many are missing when patience ends."""
    ends = time.monotonic() + arena.pace.patience
    while (missing := expected - _set_aside(arena)) > 0 and time.monotonic() < ends:
        arena.crew.keep_up()
        time.sleep(_PIECE)
    arena.crew.keep_up()
    return max(0, missing)


def _set_aside(arena: Arena) -> int:
    return sum(int(row["times"]) for row in arena.world.ledger.set_aside.kept())
