"""The fault "database refuses orders": only these wait for a person; all others are carried over meanwhile."""

import random
import time

from tests.chaos.chaos_world import ChaosWorld
from tests.chaos.faults.fault import Fault, nothing

# Half of all orders, always the same ones: the database neither inserts nor updates them.
_REFUSE = "alter table orders add constraint refused check (md5(id) < '8') not valid"
_ACCEPT = "alter table orders drop constraint refused"
_REASON = "not-written-down"


def refused_orders() -> Fault:
    """Make the database accept only half of the orders, until a person has fixed that and retries the parked jobs."""

    def begin(chaos: ChaosWorld, _: random.Random) -> None:
        chaos.world.ledger.database.transaction(lambda session: session.execute(_REFUSE))

    def end(chaos: ChaosWorld) -> bool:
        time.sleep(chaos.timing.freeze)
        chaos.world.ledger.database.transaction(lambda session: session.execute(_ACCEPT))
        return bool(chaos.world.ledger.jobs.retry(reason=_REASON))

    return Fault("database refuses orders", "postgres", begin, nothing, end, alone=True)
