"""CPU seconds and memory of processes, including their children."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil


class Costs:
    """CPU seconds and memory of named processes, including their children."""

    def __init__(self) -> None:
        self._roots: dict[str, psutil.Process] = {}

    def watch(self, name: str, pid: int) -> None:
        """Measure a process from now on."""
        self._roots[name] = psutil.Process(pid)

    def watch_command(self, name: str, *words: str) -> None:
        """Measure the child of this process whose command line contains all these words."""
        for child in psutil.Process().children(recursive=True):
            with _ignore_ended():
                line = " ".join(child.cmdline())
                if all(word in line for word in words) and "guard.py" not in line:
                    self._roots[name] = child
                    return
        raise LookupError(f"no process of {' '.join(words)} was found")

    def seconds(self) -> dict[str, float]:
        """Return name → CPU seconds so far, including children that have ended."""
        return {name: cpu_seconds([root.pid]) for name, root in self._roots.items()}

    def resident(self) -> dict[str, float]:
        """Return name → resident memory in MB."""
        return {name: sum(map(_resident, _family(root))) for name, root in self._roots.items()}


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the CPU seconds of processes and their children so far, including children that have ended."""
    return sum(_seconds(process) for pid in pids for process in _family(psutil.Process(pid)))


def reset_peak() -> None:
    """Forget the peak of this process's memory so far (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")


def peak_megabytes() -> float:
    """Return the most resident memory of this process since `reset_peak`, in MB (Linux)."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def below(pid: int, names: Sequence[str]) -> list[int]:
    """Return the topmost descendants of a process that have one of these names."""
    parents: dict[int, int] = {}
    for child in psutil.Process(pid).children(recursive=True):
        with _ignore_ended():
            if child.name() in names:
                parents[child.pid] = child.ppid()
    return [child for child, parent in parents.items() if parent not in parents]


def busy_seconds() -> float:
    """Return the CPU seconds for which the whole machine has been busy so far."""
    times = psutil.cpu_times()
    return float(times.user + times.system + times.nice + times.irq + times.softirq)


def _family(root: psutil.Process) -> list[psutil.Process]:
    return [root, *root.children(recursive=True)]


def _seconds(process: psutil.Process) -> float:
    with _ignore_ended():
        times = process.cpu_times()
        # The time of a living child is counted at the child, that of an ended child at its parent.
        return float(times.user + times.system + times.children_user + times.children_system)
    return 0.0


def _resident(process: psutil.Process) -> float:
    with _ignore_ended():
        return float(process.memory_info().rss) / 2**20
    return 0.0


@contextmanager
def _ignore_ended() -> Iterator[None]:
    try:
        yield
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return
