"""The statistics of the benchmarks: rounds in turn, medians with their spread, and tables."""

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Figure:
    """The median of some rounds and their noise: half the range, as a part of the median."""

    median: float
    noise: float

    def __str__(self) -> str:
        """Format it for tables: three significant digits, and the noise in percent."""
        return f"{digits(self.median)} ± {self.noise:.0%}"


def figure(values: Iterable[float]) -> Figure:
    """Return the median of the rounds of one measurement, with its noise."""
    found = list(values)
    middle = statistics.median(found)
    return Figure(middle, (max(found) - min(found)) / 2 / middle if middle else 0.0)


def ratio(above: Sequence[float], below: Sequence[float]) -> Figure:
    """Return the ratio of two contenders, computed per round, so that a slow minute of the machine affects both."""
    return figure(a / b for a, b in zip(above, below, strict=True))


def percentile(values: Sequence[float], part: int) -> float:
    """Return the percentile `part`; of a single value, that value."""
    return statistics.quantiles(values, n=100, method="inclusive")[part - 1] if len(values) > 1 else values[0]


def percentile_figure(values: Sequence[float], part: int, pieces: int = 5) -> Figure:
    """Return a percentile of values in the order measured; its noise is the spread between `pieces` equal parts."""
    size = max(1, len(values) // pieces)
    found = [percentile(values[start : start + size], part) for start in range(0, size * pieces, size)]
    whole = percentile(values, part)
    return Figure(whole, (max(found) - min(found)) / 2 / whole if whole else 0.0)


def digits(value: float) -> str:
    """Format a number with three significant digits."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def in_turn(names: Sequence[str], rounds: int, run: Callable[[str], T], what: str) -> dict[str, list[T]]:
    """Run each contender once per round, each round starting with another one; show the progress."""
    found: dict[str, list[T]] = {name: [] for name in names}
    with progress() as bar:
        task = bar.add_task(what, total=rounds * len(names))
        for number in range(rounds):
            for place in range(len(names)):
                name = names[(number + place) % len(names)]
                bar.update(task, description=f"{what}: {name}")
                found[name].append(run(name))
                bar.advance(task)
    return found


def tracked(things: Sequence[T], what: str) -> Iterator[T]:
    """Iterate over things and show the progress."""
    with progress() as bar:
        task = bar.add_task(what, total=len(things))
        for each in things:
            bar.update(task, description=f"{what}: {each}")
            yield each
            bar.advance(task)


def progress() -> Progress:
    """Return a progress bar on standard error, because standard output is the report."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; all columns but the first are right-aligned."""
    lines = [columns, ["---", *["---:"] * (len(columns) - 1)], *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def aims(found: Mapping[str, tuple[Figure, float]]) -> tuple[str, bool]:
    """Return a line per aim (words → ratio, the least it should be), and whether all aims were reached."""
    lines = [
        f"- {words}: {of} where {least:g} is the aim: {'reached' if of.median >= least else 'MISSED'}"
        for words, (of, least) in found.items()
    ]
    return "\n".join(lines), all(of.median >= least for of, least in found.values())
