"""What the benchmarks show to people: their options, tables with titles, and the aims they missed."""

import argparse
import math
from collections.abc import Sequence

import click

from benchmarks.measure.statistics import table


def options(name: str, description: str) -> argparse.ArgumentParser:
    """Return a parser for the options of a benchmark; its usage line shows the command."""
    return argparse.ArgumentParser(prog=f"python -m benchmarks {name}", description=description)


def count(text: str) -> int:
    """Parse an option that is a number of things: at least one."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is too few; at least 1 is needed")
    return number


def amount(text: str) -> float:
    """Parse an option that is a length of time: zero or more."""
    number = float(text)
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not a length of time")
    return number


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table under its title."""
    click.echo(f"**{title}**\n\n{table(columns, rows)}\n")


def report_aims(missed: Sequence[str]) -> int:
    """Print the missed aims; return the exit code: 1 if there are any."""
    for each in missed:
        click.echo(f"- MISSED: {each}")
    if not missed:
        click.echo("- all aims are met")
    return 1 if missed else 0
