"""A world whose pool `orders` is scaled by the queries and numbers of its manifest, while orders are placed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Event, Thread
from typing import Any, Self, cast

from tests.support.connector.world import TENANT, World
from tests.support.deploy.autoscaler import Autoscaler, Fleet
from tests.support.deploy.kubernetes import Scaling

POOL = "orders"
PLAIN: dict[str, Any] = {"paid": True, "pickup": False, "test": False, "payment": "PayPal"}
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
    """Use it as `with ScaledPool(…)`: the autoscaler runs until the end of the block."""

    world: World
    scaling: Scaling
    slots: int
    samples: list[Sample] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.world.epages.set_faults(self.shop, faults=[_LATENCY])
        self.world.afosto.set_faults(TENANT, _LATENCY)
        self.fleet = Fleet(lambda: self.world.worker(POOL, self.slots))
        self.fleet.resize(self.scaling.least)
        self.world.worker("poll,dispatch,reconcile,exports,cancellations,shipments,returns,inventory", 8)
        self.world.beat()
        self._began, self._over = time.monotonic(), Event()
        self._thread = Thread(target=self._scale, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(60)

    @property
    def shop(self) -> str:
        """The name of the only shop."""
        return self.world.ledger.stores.names()[0]

    def sell(self, rates: Sequence[tuple[int, float]]) -> None:
        """Place orders, in phases of (orders, orders per second)."""
        for orders, rate in rates:
            began = time.monotonic()
            for number in range(orders):
                time.sleep(max(0.0, began + number / rate - time.monotonic()))
                self.world.epages.place(self.shop, **PLAIN)

    def opened(self) -> int:
        """Return how many orders are open in Afosto."""
        rows = self._rows("select count(*)::int as n from links where kind = 'order' and stage = 'opened'")
        return int(rows[0]["n"])

    def idle(self) -> bool:
        """Whether nothing is due, and only as many workers run as always do."""
        last = self.samples[-1:]
        return bool(last) and last[0].jobs == 0 and len(self.fleet) == self.scaling.least

    def _scale(self) -> None:
        scaler = Autoscaler(self.scaling)
        while not self._over.wait(self.scaling.polling_interval):
            try:
                numbers = [self._ask(trigger.query) for trigger in self.scaling.triggers]
                self.fleet.resize(scaler.decide(len(self.fleet), numbers))
            except Exception as error:  # noqa: BLE001 - reported by the test, which waits in another thread
                self.errors.append(error)
                continue
            seen = dict(zip((trigger.name for trigger in self.scaling.triggers), numbers, strict=True))
            at = time.monotonic() - self._began
            self.samples.append(Sample(at, len(self.fleet), seen["depth"], seen["age"]))

    def _ask(self, query: str) -> float:
        ((value,),) = (row.values() for row in self._rows(query))
        return float(value)

    def _rows(self, query: str) -> list[dict[str, Any]]:
        run: Callable[[Any], Any] = partial(_fetch, query)
        return cast("list[dict[str, Any]]", self.world.ledger.database.transaction(run))


def _fetch(query: str, session: Any) -> Any:
    return session.execute(query).fetchall()
