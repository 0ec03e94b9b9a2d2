"""The fault "database refuses orders": those alone wait for a person, and all others are carried over meanwhile."""

import random
import time

from tests.chaos.arena import Arena
from tests.chaos.fault import Fault, nothing

# Half of all orders, the same ones each time: they are neither written nor written again.
_REFUSE = "alter table orders add constraint refused check (md5(id) < '8') not valid"
_TAKE = "alter table orders drop constraint refused"
_REASON = "not-written-down"


def refused_orders() -> Fault:
    """The database takes half of the orders only, until a person has mended that and retries what was parked."""

    def begin(arena: Arena, _: random.Random) -> None:
        arena.world.ledger.database.transaction(lambda session: session.execute(_REFUSE))

    def end(arena: Arena) -> bool:
        time.sleep(arena.pace.freeze)
        arena.world.ledger.database.transaction(lambda session: session.execute(_TAKE))
        return bool(arena.world.ledger.jobs.retry(reason=_REASON))

    return Fault("database refuses orders", "postgres", begin, nothing, end, alone=True)
