"""What the benchmarks of load share: a headline that says where and when, medians with their spread, tables."""

import os
import shlex
import statistics
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

CONSOLE = Console(width=130, highlight=False)


def headline(name: str, argv: Sequence[str] | None) -> None:
    """Say what runs, with which options, on how many cores and when."""
    given = shlex.join(sys.argv[1:] if argv is None else argv)
    load = os.getloadavg()[0]
    moment = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    CONSOLE.print(f"[bold]{name}[/] {given} · {os.cpu_count()} cores, load {load:.1f} · {moment}")


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; the first column is text, the others are figures."""
    shown = Table(title=title, title_justify="left")
    for position, column in enumerate(columns):
        shown.add_column(column, justify="right" if position else "left")
    for row in rows:
        shown.add_row(*map(str, row))
    CONSOLE.print(shown)


def verdict(missed: Sequence[str]) -> int:
    """Print which aims were missed; return the exit code: 1 when there are any."""
    for each in missed:
        CONSOLE.print(f"missed: {each}")
    if not missed:
        CONSOLE.print("all aims are met")
    return 1 if missed else 0


def percentile(values: Sequence[float], part: int) -> float:
    """Return the value that `part` of 100 do not exceed; of a single value, itself."""
    return statistics.quantiles(values, n=100, method="inclusive")[part - 1] if len(values) > 1 else values[0]


def noise(values: Sequence[float]) -> float:
    """Return half the distance between the quartiles, as a part of the median."""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return (high - low) / 2 / middle if middle else 0.0
