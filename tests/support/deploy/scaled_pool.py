"""A world whose pool `orders` is scaled by the queries and numbers of its manifest, while orders are placed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Thread
from typing import Any, cast

from tests.support.connector.world import TENANT, World
from tests.support.deploy.autoscaler import Autoscaler, Fleet
from tests.support.deploy.kubernetes import Scaling

POOL = "orders"
PLAIN: dict[str, Any] = {"paid": True, "pickup": False, "test": False, "payment": "PayPal"}
# On a busy machine no lease ends, and no call is given up.
UNHURRIED = {
    "LEASE": "20",
    "LEASE_RENEWAL": "5",
    "CALL_DEADLINE": "10",
    "LONGEST_JOB": "60",
    "AMBIGUITY_WAIT": "20",
    "RESEND_AFTER": "60",
}
_LATENCY = {"kind": "latency", "seconds": 0.25}  # of each answer of a vendor: a worker waits, and more of them help


@dataclass(frozen=True, slots=True)
class Sample:
    """What the autoscaler saw: seconds since the start, workers, due and sent jobs, and their age in seconds."""

    at: float
    workers: int
    jobs: float
    age: float


@dataclass
class ScaledPool:
    """The world's pool; the workers are started by the thread that calls `run`, with which they end."""

    world: World
    scaling: Scaling
    slots: int
    samples: list[Sample] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world.epages.set_faults(self.shop, faults=[_LATENCY])
        self.world.afosto.set_faults(TENANT, _LATENCY)
        self.fleet = Fleet(lambda: self.world.worker(POOL, self.slots))
        self.fleet.resize(self.scaling.least)
        self.world.worker("poll,dispatch,reconcile,exports,cancellations,shipments,returns,inventory", 8)
        self.world.beat()
        self._scaler = Autoscaler(self.scaling)
        self._began = time.monotonic()

    def run(self, rates: Sequence[tuple[int, float]], timeout: float) -> None:
        """Sell in phases of (orders, orders per second), and scale until all is done and the pool is small again."""
        orders, ends = sum(number for number, _ in rates), time.monotonic() + timeout
        seller = Thread(target=self._sell, args=(rates,), daemon=True)
        seller.start()
        while seller.is_alive() or self.opened() < orders or len(self.fleet) > self.scaling.least:
            if time.monotonic() > ends:
                raise AssertionError(
                    f"after {timeout} s {self.opened()} of {orders} orders are open: {self.samples[-1:]}"
                )
            time.sleep(self.scaling.polling_interval)
            self._scale()

    @property
    def shop(self) -> str:
        """The name of the only shop."""
        return self.world.ledger.stores.names()[0]

    def _sell(self, rates: Sequence[tuple[int, float]]) -> None:
        for orders, rate in rates:
            began = time.monotonic()
            for number in range(orders):
                time.sleep(max(0.0, began + number / rate - time.monotonic()))
                self.world.epages.place(self.shop, **PLAIN)

    def opened(self) -> int:
        """Return how many orders are open in Afosto."""
        rows = self._rows("select count(*)::int as n from links where kind = 'order' and stage = 'opened'")
        return int(rows[0]["n"])

    def _scale(self) -> None:
        numbers = [self._ask(trigger.query) for trigger in self.scaling.triggers]
        self.fleet.resize(self._scaler.decide(len(self.fleet), numbers))
        seen = dict(zip((trigger.name for trigger in self.scaling.triggers), numbers, strict=True))
        self.samples.append(Sample(time.monotonic() - self._began, len(self.fleet), seen["depth"], seen["age"]))

    def _ask(self, query: str) -> float:
        ((value,),) = (row.values() for row in self._rows(query))
        return float(value)

    def _rows(self, query: str) -> list[dict[str, Any]]:
        run: Callable[[Any], Any] = partial(_fetch, query)
        return cast("list[dict[str, Any]]", self.world.ledger.database.transaction(run))


def _fetch(query: str, session: Any) -> Any:
    return session.execute(query).fetchall()
