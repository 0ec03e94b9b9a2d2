"""What processes cost: CPU seconds and memory, with all that they start."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import psutil


class Costs:
    """CPU seconds and memory of named processes with all that they start."""

    def __init__(self) -> None:
        self._roots: dict[str, psutil.Process] = {}

    def watch(self, name: str, pid: int) -> None:
        """Count a process from now on."""
        self._roots[name] = psutil.Process(pid)

    def watch_command(self, name: str, *words: str) -> None:
        """Count the child of this process whose command line holds all these words."""
        for child in psutil.Process().children(recursive=True):
            with _gone():
                line = " ".join(child.cmdline())
                if all(word in line for word in words) and "guard.py" not in line:
                    self._roots[name] = child
                    return
        raise LookupError(f"no process of {' '.join(words)} was found")

    def seconds(self) -> dict[str, float]:
        """Return name → CPU seconds so far, those of children that have ended included."""
        return {name: cpu_seconds([root.pid]) for name, root in self._roots.items()}

    def resident(self) -> dict[str, float]:
        """Return name → resident memory in MB."""
        return {name: sum(map(_resident, _family(root))) for name, root in self._roots.items()}


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the CPU seconds of processes and all that they started so far, with those that have ended."""
    return sum(_seconds(process) for pid in pids for process in _family(psutil.Process(pid)))


def below(pid: int, names: Sequence[str]) -> list[int]:
    """Return the topmost processes below one that bear one of these names."""
    found = [child for child in psutil.Process(pid).children(recursive=True) if child.name() in names]
    pids = {child.pid for child in found}
    return [child.pid for child in found if child.ppid() not in pids]


def busy_seconds() -> float:
    """Return the CPU seconds that the whole machine has spent on work so far."""
    times = psutil.cpu_times()
    return float(times.user + times.system + times.nice + times.irq + times.softirq)


def _family(root: psutil.Process) -> list[psutil.Process]:
    return [root, *root.children(recursive=True)]


def _seconds(process: psutil.Process) -> float:
    with _gone():
        times = process.cpu_times()
        # Those of a child that still lives are counted at the child, of one that was waited for at its parent.
        return float(times.user + times.system + times.children_user + times.children_system)
    return 0.0


def _resident(process: psutil.Process) -> float:
    with _gone():
        return float(process.memory_info().rss) / 2**20
    return 0.0


@contextmanager
def _gone() -> Iterator[None]:
    try:
        yield
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return
