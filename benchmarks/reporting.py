"""How the benchmarks report: tables under titles, and a verdict on their aims."""

from collections.abc import Sequence

import click

from benchmarks.measuring import table


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
