"""How the benchmarks measure: rounds in turn, and medians with their spread."""

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Figure:
    """The median of some rounds and the noise: half of the way from the least to the most, as part of the median."""

    median: float
    noise: float

    def __str__(self) -> str:
        """As tables show it: three digits that count, and the noise in per cent."""
        return f"{digits(self.median)} ± {self.noise:.0%}"


def figure(values: Iterable[float]) -> Figure:
    """Give the median of one measure's rounds and its noise."""
    found = list(values)
    middle = statistics.median(found)
    return Figure(middle, (max(found) - min(found)) / 2 / middle if middle else 0.0)


def ratio(above: Sequence[float], below: Sequence[float]) -> Figure:
    """Give the ratio of two contenders: each round by itself, so that a slow minute of the machine weighs on both."""
    return figure(a / b for a, b in zip(above, below, strict=True))


def percentile(values: Sequence[float], part: int) -> float:
    """Give the value that `part` of 100 do not exceed; of a single value, itself."""
    return statistics.quantiles(values, n=100, method="inclusive")[part - 1] if len(values) > 1 else values[0]


def percentile_figure(values: Sequence[float], part: int, pieces: int = 5) -> Figure:
    """Give a percentile of values in the order of their measuring; its noise is how the pieces differ in it."""
    size = max(1, len(values) // pieces)
    found = [percentile(values[start : start + size], part) for start in range(0, size * pieces, size)]
    whole = percentile(values, part)
    return Figure(whole, (max(found) - min(found)) / 2 / whole if whole else 0.0)


def digits(value: float) -> str:
    """Write a number with three digits that count."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def in_turn(names: Sequence[str], rounds: int, run: Callable[[str], T], what: str) -> dict[str, list[T]]:
    """Run each contender once in each round, every round beginning with another one; show how far it is."""
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
    """Go through things and show how far it is."""
    with progress() as bar:
        task = bar.add_task(what, total=len(things))
        for each in things:
            bar.update(task, description=f"{what}: {each}")
            yield each
            bar.advance(task)


def progress() -> Progress:
    """A progress bar on standard error: standard output is the report."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Give a Markdown table; all columns but the first hold figures."""
    lines = [columns, ["---", *["---:"] * (len(columns) - 1)], *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def aims(found: Mapping[str, tuple[Figure, float]]) -> tuple[str, bool]:
    """Say of each aim (words → ratio, the least it should be) whether it was reached; and whether all were."""
    lines = [
        f"- {words}: {of} where {least:g} is the aim: {'reached' if of.median >= least else 'MISSED'}"
        for words, (of, least) in found.items()
    ]
    return "\n".join(lines), all(of.median >= least for of, least in found.values())
