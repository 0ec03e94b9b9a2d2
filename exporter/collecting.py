"""Reads the parts in turns of their own, and shows what they read last: a scrape never waits for a server."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from exporter.families import gauge
from jobs.loops import Loops

# A reading older than so many intervals, and at least so many seconds, is not shown any more: its part fails or hangs.
_STALE_INTERVALS, _STALE_SECONDS = 3, 60.0

PART_UP = gauge(
    "connector_exporter_part_up",
    "1 if the part's last reading succeeded; 0: its metrics are those of the one before, and soon absent.",
    "part",
)
PART_AGE = gauge("connector_exporter_part_age_seconds", "How old the part's last good reading is.", "part")
PART_SECONDS = gauge("connector_exporter_part_seconds", "How long the part's last good reading took.", "part")


@dataclass(frozen=True, slots=True)
class Part:
    """Something that is read together, every `interval` seconds; `read` raises if that is not possible."""

    name: str
    interval: float
    read: Callable[[], Iterable[Metric]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a part has read, when (monotonic seconds), and how many seconds that took."""

    metrics: Sequence[Metric]
    at: float
    seconds: float


class Fleet(Collector):
    """Shows the last good reading of each part until it is stale, and which parts fail.

    One reading that fails must take no metric away: an alert that waits for some minutes would begin to wait again,
    just when a busy server fails now and then.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._loops = Loops()
        self._readings: dict[str, Reading] = {}
        self._failing: set[str] = set()

    def start(self) -> None:
        """Begin to read, each part in a thread of its own, so that none waits for another one."""
        for part in self._parts:
            self._loops.start(part.name, part.interval, partial(self.read, part))

    def read(self, part: Part) -> None:
        """Read a part once. Raises what it raises; the loop logs that."""
        began = time.monotonic()
        try:
            metrics = list(part.read())
        except Exception:
            self._failing.add(part.name)
            raise
        self._readings[part.name] = Reading(metrics, time.monotonic(), time.monotonic() - began)
        self._failing.discard(part.name)

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of all parts that were read lately, and how each part is."""
        found = {part.name: reading for part in self._parts if (reading := self._fresh(part))}
        for reading in found.values():
            yield from reading.metrics
        now = time.monotonic()
        up = found.keys() - self._failing
        yield PART_UP.rows((part.name, part.name in up) for part in self._parts)
        yield PART_AGE.rows((name, now - reading.at) for name, reading in found.items())
        yield PART_SECONDS.rows((name, reading.seconds) for name, reading in found.items())

    def _fresh(self, part: Part) -> Reading | None:
        reading = self._readings.get(part.name)
        longest = max(_STALE_INTERVALS * part.interval, _STALE_SECONDS)
        return reading if reading and time.monotonic() - reading.at <= longest else None
