"""Stock per location and SKU: reserved when an order opens, deducted when its parcel leaves, added by a restock."""

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from simulators.afosto.tenant.errors import invalid
from simulators.afosto.tenant.model import Unit

Key = tuple[str, str]
# How many reads, losses and reservations are remembered for each SKU.
REMEMBERED = 200


@dataclass(slots=True)
class Level:
    """Counters of one SKU at one location; `reserved` pieces are sold and still on the shelf."""

    location_id: str
    sku: str
    total: int = 0
    reserved: int = 0

    @property
    def available(self) -> int:
        """What may be sold; negative after a recount below `reserved`."""
        return self.total - self.reserved


@dataclass(frozen=True, slots=True)
class Change:
    """When a level last changed (Unix milliseconds)."""

    changed_at: int
    location_id: str
    sku: str


class Inventory:
    """The stock of one tenant. A unit without stock waits; it is served when stock of its SKU comes in."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._levels: dict[Key, Level] = {}
        self._changes: dict[Key, int] = {}
        self._waiting: dict[str, deque[tuple[Unit, Sequence[str]]]] = {}
        self._later: list[tuple[int, int, Unit, Sequence[str]]] = []
        self._sequence = 0
        self._reads: dict[str, deque[int]] = {}
        self._lost: dict[Key, deque[tuple[int, int]]] = {}
        self._reserved: dict[str, deque[tuple[int, Unit]]] = {}

    def levels(self) -> list[Level]:
        """All levels."""
        return list(self._levels.values())

    def select(self, skus: Iterable[str], locations: Iterable[str]) -> list[Level]:
        """The known levels among these SKUs and locations."""
        wanted = [(location, sku) for location in dict.fromkeys(locations) for sku in dict.fromkeys(skus)]
        return [self._levels[key] for key in wanted if key in self._levels]

    def read(self, skus: Sequence[str], locations: Iterable[str]) -> list[Level]:
        """As `select`, and record the time: the reader cannot know of what is sold elsewhere from now on."""
        for sku in skus:
            self._reads.setdefault(sku, deque(maxlen=REMEMBERED)).append(self._now())
        return self.select(skus, locations)

    def read_time(self, sku: str, before: int, readings: int) -> int:
        """The time of the first of the last `readings` reads of a SKU up to `before`; without any read, `before`.

        Several readers may read at the same time, so the last read may not be the one that is meant.
        """
        reads = [at for at in self._reads.get(sku, ()) if at <= before][-readings:]
        return reads[0] if reads else before

    def reserved(self, sku: str, since: int) -> Iterator[Unit]:
        """The units with a piece reserved since then (Unix milliseconds) that has not come back, sent or not."""
        out = ("RESERVED", "SHIPPED")
        return (unit for at, unit in self._reserved.get(sku, ()) if at >= since and unit.position in out)

    def lost(self, sku: str, locations: Iterable[str], since: int) -> int:
        """Pieces that were sold over other channels, or missing at a recount, since then (Unix milliseconds)."""
        return sum(count for key in locations for at, count in self._lost.get((key, sku), ()) if at >= since)

    def waiting(self, sku: str) -> Iterator[Unit]:
        """The open units of opened orders for which nothing is reserved yet."""
        queued = [unit for unit, _ in self._waiting.get(sku, ())]
        queued += [unit for _, _, unit, _ in self._later if unit.line.sku == sku]
        return (unit for unit in queued if unit.position == "WAITING" and unit.progress == "OPEN")

    def changes(self, since: int, locations: Iterable[str]) -> list[Change]:
        """The levels that changed at or after `since` (Unix milliseconds), oldest first."""
        among = set(locations)
        moved = (Change(at, *key) for key, at in self._changes.items() if at >= since and key[0] in among)
        return sorted(moved, key=lambda change: (change.changed_at, change.location_id, change.sku))

    def recount(self, location_id: str, sku: str, total: int) -> None:
        """Set the stock after a count: `total` pieces are there, reserved ones included."""
        self._move(location_id, sku, total - self._level(location_id, sku).total, 0)

    def sell(self, location_id: str, sku: str, quantity: int) -> None:
        """Sell pieces over another channel. Raises VALIDATION_ERROR if fewer are available."""
        if self._level(location_id, sku).available < quantity:
            raise invalid("quantity", f"fewer than {quantity} of {sku} are available")
        self._move(location_id, sku, -quantity, 0)

    def allocate(self, units: Iterable[Unit], locations: Sequence[str], delay: float) -> None:
        """Reserve a piece for each unit at the first location that has one, `delay` seconds from now."""
        due = self._now() + round(delay * 1000)
        for unit in units:
            unit.position = "WAITING"
            if delay > 0:
                self._sequence += 1
                heapq.heappush(self._later, (due, self._sequence, unit, locations))
            else:
                self._reserve(unit, locations)

    def tick(self) -> None:
        """Do the allocations that are due."""
        while self._later and self._later[0][0] <= self._now():
            _, _, unit, locations = heapq.heappop(self._later)
            self._reserve(unit, locations)

    def ship(self, unit: Unit) -> None:
        """Deduct the piece: its parcel has left."""
        if unit.position == "RESERVED" and unit.location_id:
            self._move(unit.location_id, unit.line.sku, -1, -1)
        unit.position = "SHIPPED"

    def restock(self, unit: Unit, location_id: str | None) -> None:
        """Put the piece up for sale again: release its reservation, or add a returned piece to stock."""
        place = location_id or unit.location_id
        if unit.position == "RESERVED" and unit.location_id:
            unit.position = "RELEASED"
            self._move(unit.location_id, unit.line.sku, 0, -1)
        elif unit.position == "SHIPPED":
            unit.position = "RESTOCKED"
            if place:
                self._move(place, unit.line.sku, 1, 0)
        else:
            unit.position = "RELEASED"

    def _reserve(self, unit: Unit, locations: Sequence[str]) -> None:
        if unit.position != "WAITING" or unit.progress != "OPEN":
            return
        stocked = (at for at in self.select([unit.line.sku], locations) if at.available > 0)
        level = next(stocked, None)
        if level is None:
            self._waiting.setdefault(unit.line.sku, deque()).append((unit, locations))
            return
        unit.position, unit.location_id = "RESERVED", level.location_id
        self._reserved.setdefault(level.sku, deque(maxlen=REMEMBERED)).append((self._now(), unit))
        self._move(level.location_id, level.sku, 0, 1)

    def _level(self, location_id: str, sku: str) -> Level:
        return self._levels.setdefault((location_id, sku), Level(location_id, sku))

    def _move(self, location_id: str, sku: str, total: int, reserved: int) -> None:
        level = self._level(location_id, sku)
        level.total += total
        level.reserved += reserved
        self._changes[location_id, sku] = self._now()
        if total < min(0, reserved):
            losses = self._lost.setdefault((location_id, sku), deque(maxlen=REMEMBERED))
            losses.append((self._now(), reserved - total))
        if total > reserved:
            self._serve(sku)

    def _serve(self, sku: str) -> None:
        for unit, locations in self._waiting.pop(sku, ()):
            self._reserve(unit, locations)
