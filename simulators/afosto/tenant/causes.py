"""The log of causes: who did what in a tenant, and which rule it broke."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulators.afosto.tenant.model import By, Order, Parcel, Unit

ONCE = ("ship", "cancel", "receive")


@dataclass(frozen=True, slots=True)
class Cause:
    """One act. `at` is Unix milliseconds; `order`, `parcel` and `units` are ids; `detail` holds the rest."""

    seq: int
    at: int
    by: By
    action: str
    order: str | None = None
    units: tuple[str, ...] = ()
    parcel: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule. `seq` is the cause that broke it."""

    seq: int
    at: int
    rule: str
    order: str | None
    detail: dict[str, Any]


class Causes:
    """All acts in one tenant, in sequence. Checks that no unit is shipped, canceled or returned twice."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._done: dict[str, set[str]] = {action: set() for action in ONCE}
        self.all: list[Cause] = []
        self.violations: list[Violation] = []

    def record(
        self,
        by: By,
        action: str,
        order: Order | None = None,
        units: Iterable[Unit] = (),
        parcel: Parcel | None = None,
        **detail: object,
    ) -> None:
        """Record an act that took effect. Each action chooses the names in `detail`."""
        ids = tuple(unit.id for unit in units)
        order_id, parcel_id = order.id if order else None, parcel.id if parcel else None
        self.all.append(Cause(len(self.all) + 1, self._now(), by, action, order_id, ids, parcel_id, detail))
        if action in ONCE:
            self._check_once(action, order, ids)

    def violate(self, rule: str, order: Order | None, **detail: object) -> None:
        """Record that the last act broke `rule`."""
        violation = Violation(len(self.all), self._now(), rule, order.id if order else None, detail)
        self.violations.append(violation)

    def _check_once(self, action: str, order: Order | None, ids: Sequence[str]) -> None:
        repeated = self._done[action].intersection(ids)
        if repeated:
            self.violate(f"{action}-twice", order, units=sorted(repeated))
        self._done[action].update(ids)
