"""How the benchmarks face people: their options, tables under titles, and a verdict on their aims."""

import argparse
import math
from collections.abc import Sequence

import click

from benchmarks.measuring import table


def options(name: str, description: str) -> argparse.ArgumentParser:
    """Begin the options of a benchmark, whose usage says how it is started."""
    return argparse.ArgumentParser(prog=f"python -m benchmarks {name}", description=description)


def count(text: str) -> int:
    """Read an option that says how many: one at least."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is too few; at least 1 is needed")
    return number


def amount(text: str) -> float:
    """Read an option that says how long: no less than nothing."""
    number = float(text)
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no length of time")
    return number


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table under its title."""
    click.echo(f"**{title}**\n\n{table(columns, rows)}\n")


def verdict(missed: Sequence[str]) -> int:
    """Print which aims were missed; return the exit code: 1 when there are any."""
    for each in missed:
        click.echo(f"- MISSED: {each}")
    if not missed:
        click.echo("- all aims are met")
    return 1 if missed else 0
