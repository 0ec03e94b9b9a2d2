"""Figures that must not grow in a run: the memory of each process, connections to Postgres, keys in Redis."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from statistics import median
from subprocess import Popen

import psutil

MEGABYTE = 1024 * 1024
_MOST_SAMPLES = 150  # samples from which a slope is computed


@dataclass(frozen=True, slots=True)
class Limit:
    """By how much a figure may rise during a run: by `units`, or by a share of it, whichever is more."""

    units: float
    share: float = 0.0


MEMORY, CONNECTIONS, KEYS = Limit(8, 0.05), Limit(5), Limit(20)


@dataclass
class Series:
    """The samples of one figure: (seconds since the start, value)."""

    name: str
    unit: str
    limit: Limit
    read: Callable[[], float]
    samples: list[tuple[float, float]] = field(default_factory=list)

    def sample(self, at: float) -> None:
        """Read the figure once more; skip it if the process has ended."""
        try:
            self.samples.append((at, self.read()))
        except psutil.NoSuchProcess:
            return

    def after(self, warm: float) -> list[tuple[float, float]]:
        """Return the samples after the warm-up, thinned out evenly if there are many."""
        samples = [sample for sample in self.samples if sample[0] >= warm]
        return samples[:: max(1, len(samples) // _MOST_SAMPLES)]

    def slope(self, warm: float) -> float:
        """Return units per second: the median of the slopes between any two samples, which ignores single peaks."""
        slopes = [(b - a) / (later - at) for (at, a), (later, b) in combinations(self.after(warm), 2) if later > at]
        return median(slopes) if slopes else 0.0

    def rise(self, warm: float) -> float:
        """Return by how many units it rose between the warm-up and the end."""
        samples = self.after(warm)
        return self.slope(warm) * (samples[-1][0] - samples[0][0]) if samples else 0.0

    def grows(self, warm: float) -> bool:
        """Return whether it rose by more than its limit."""
        samples = self.after(warm)
        allowed = max(self.limit.units, self.limit.share * median(value for _, value in samples)) if samples else 0.0
        return self.rise(warm) > allowed


def memory_of(processes: Mapping[str, Popen[bytes]]) -> list[Series]:
    """Return the resident memory of each process and its children, in MB."""
    return [Series(f"memory of {name}", "MB", MEMORY, _resident(process)) for name, process in processes.items()]


def _resident(process: Popen[bytes]) -> Callable[[], float]:
    def read() -> float:
        leader = psutil.Process(process.pid)
        return float(sum(each.memory_info().rss for each in (leader, *leader.children(recursive=True))) / MEGABYTE)

    return read
