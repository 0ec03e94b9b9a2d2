"""The fault "poison on every queue": no process may die of it, and each message must be set aside."""

import random
import time

from local.proof.compare import Difference
from tests.chaos.chaos_world import ChaosWorld
from tests.chaos.faults.fault import Fault
from tests.chaos.processes.connector_processes import QUEUES
from tests.support.connector.poison_messages import poison_messages

_PER_QUEUE = 3  # messages per queue and round
_CHECK_SECONDS = 0.2


def poison_everywhere() -> Fault:
    """Send to each queue some messages that no worker can process."""
    sent: dict[str, int] = {}

    def begin(chaos: ChaosWorld, _: random.Random) -> None:
        chaos.world.ledger.set_aside.forget(None)
        chaos.connector.restart_ended()
        sent["restarts"] = chaos.connector.restarts

    def strike(chaos: ChaosWorld, rng: random.Random) -> None:
        broker, known = chaos.world.settings.broker_url, poison_messages(chaos.world.settings.broker_url)
        names = {queue: rng.sample(sorted(known), _PER_QUEUE) for queue in QUEUES}
        for queue, drawn in names.items():
            for name in drawn:
                known[name](broker, queue)
        missing = _await(chaos, len(QUEUES) * _PER_QUEUE)
        if missing:
            chaos.differences_during_faults.append(
                Difference("poison", str(names), f"{missing} messages were not set aside")
            )
        if died := chaos.connector.restarts - sent["restarts"]:
            chaos.differences_during_faults.append(Difference("poison", str(names), f"{died} processes died of it"))

    return Fault("poison on every queue", "broker", begin, strike, _struck, alone=True)


def _struck(_: ChaosWorld) -> bool:
    return True


def _await(chaos: ChaosWorld, expected: int) -> int:
    """Wait until the expected number of messages was set aside; return how many are missing after the timeout."""
    ends = time.monotonic() + chaos.timing.timeout
    while (missing := expected - _set_aside(chaos)) > 0 and time.monotonic() < ends:
        chaos.connector.restart_ended()
        time.sleep(_CHECK_SECONDS)
    chaos.connector.restart_ended()
    return max(0, missing)


def _set_aside(chaos: ChaosWorld) -> int:
    return sum(int(row["times"]) for row in chaos.world.ledger.set_aside.kept())
