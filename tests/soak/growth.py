"""What a run must not let grow: the memory of each process, the connections to Postgres, the keys in Redis."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from statistics import median
from subprocess import Popen

import psutil

MEGABYTE = 1024 * 1024
_MOST = 150  # samples that a slope is made of


@dataclass(frozen=True, slots=True)
class Limit:
    """By how much a figure may rise during a run: so many units, or a share of it, whichever is more."""

    units: float
    share: float = 0.0


MEMORY, CONNECTIONS, KEYS = Limit(8, 0.05), Limit(5), Limit(20)


@dataclass
class Series:
    """The samples of one figure: (seconds since the beginning, value)."""

    name: str
    unit: str
    limit: Limit
    read: Callable[[], float]
    samples: list[tuple[float, float]] = field(default_factory=list)

    def sample(self, at: float) -> None:
        """Read it once more; a moment without an answer is left out."""
        try:
            self.samples.append((at, self.read()))
        except psutil.NoSuchProcess:
            return

    def after(self, warm: float) -> list[tuple[float, float]]:
        """The samples once the processes were warm, at most some of them, evenly."""
        kept = [sample for sample in self.samples if sample[0] >= warm]
        return kept[:: max(1, len(kept) // _MOST)]

    def slope(self, warm: float) -> float:
        """Units per second: the median of the slopes between any two samples, which single peaks do not move."""
        slopes = [(b - a) / (later - at) for (at, a), (later, b) in combinations(self.after(warm), 2) if later > at]
        return median(slopes) if slopes else 0.0

    def rise(self, warm: float) -> float:
        """How many units it rose from being warm to the end."""
        kept = self.after(warm)
        return self.slope(warm) * (kept[-1][0] - kept[0][0]) if kept else 0.0

    def grows(self, warm: float) -> bool:
        """Whether it rose by more than it may."""
        kept = self.after(warm)
        allowed = max(self.limit.units, self.limit.share * median(value for _, value in kept)) if kept else 0.0
        return self.rise(warm) > allowed


def memory_of(processes: Mapping[str, Popen[bytes]]) -> list[Series]:
    """The resident memory of each process and its children, in MB."""
    return [Series(f"memory of {name}", "MB", MEMORY, _resident(process)) for name, process in processes.items()]


def _resident(process: Popen[bytes]) -> Callable[[], float]:
    def read() -> float:
        leader = psutil.Process(process.pid)
        return float(sum(each.memory_info().rss for each in (leader, *leader.children(recursive=True))) / MEGABYTE)

    return read
