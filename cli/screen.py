"""All output to the terminal and all questions at it. Control characters in foreign texts are made visible here."""

import logging
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import StringIO
from types import TracebackType
from typing import IO, Any

import click
from rich.cells import cell_len

from schemas.wording.display import cut, visible, visible_lines

LONGEST_CELL = 160
"""Characters of a table's cell; the whole text is in the JSON."""


def say(line: object = "", *, err: bool = False) -> None:
    """Print one line. A line feed in it came with the data and is shown as an escape."""
    click.echo(visible(str(line)), err=err)


def say_lines(text: str, *, err: bool = False) -> None:
    """Print a text of our own that has several lines, such as a list of wrong settings or the end of a log."""
    click.echo(visible_lines(text), err=err)


def ask(question: str) -> None:
    """Ask for a yes; anything else ends the command."""
    click.confirm(visible(question), abort=True)


def ask_secret(label: str) -> str:
    """Ask at the terminal, without an echo."""
    return str(click.prompt(visible(label), hide_input=True, err=True))


def at_terminal() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty()


def ask_text(label: str, default: str | None = None) -> str:
    """Ask for a text; `default` is taken when nothing is typed."""
    return str(click.prompt(visible(label), default=default, err=True)).strip()


def choose(
    label: str, options: Mapping[str, str], *, none: str | None = None, default: str | None = None
) -> str | None:
    """Ask for one of the options (id → name) by its number, and return its id; the only one is taken unasked.

    `none` names a further choice, which returns None. `default` is the id that is taken when nothing is typed.
    """
    ids: list[str | None] = [*options, *([None] if none else [])]
    if len(ids) == 1 and ids[0] is not None:
        say(f"{label}: {options[ids[0]]} ({ids[0]})")
        return ids[0]
    if not ids:
        return None
    say(f"{label}:")
    for number, each in enumerate(ids, 1):
        say(f"  {number}  {f'{options[each]} ({each})' if each is not None else none}")
    proposed = ids.index(default) + 1 if default in ids else None
    number = click.prompt("Number", type=click.IntRange(1, len(ids)), default=proposed, err=True)
    return ids[number - 1]


def say_table(rows: Sequence[Mapping[str, str]], columns: Mapping[str, str]) -> None:
    """Print rows under headings (`columns`: key → heading), each column as wide as what it shows."""
    lines = [list(columns.values())]
    lines += [[cut(visible(row[key]), LONGEST_CELL) for key in columns] for row in rows]
    widths = [max(cell_len(line[at]) for line in lines) for at in range(len(columns))]
    for line in lines:
        say("  ".join(cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True)).rstrip())


def guard_the_rest() -> None:
    """Make also safe what no command prints itself: the traceback of a bug of ours, a warning of a library."""
    sys.excepthook = _say_traceback
    if logging.lastResort:
        logging.lastResort.setFormatter(_VisibleFormatter())


class Refusal(click.ClickException):
    """An error of click, made safe to show: it may quote what was typed or a store's name."""

    def __init__(self, error: click.ClickException) -> None:
        super().__init__(error.format_message())
        self._error = error

    def show(self, file: IO[Any] | None = None) -> None:
        """Print what click would, to standard error."""
        said = StringIO()
        self._error.show(file=said)
        # Several lines are our own only where choices are missing, or help is shown for a group without a command.
        ours = isinstance(self._error, click.MissingParameter | click.exceptions.NoArgsIsHelpError)
        one_line = self.message if ours else visible(self.message)
        say_lines(said.getvalue().replace(self.message, one_line).rstrip("\n"), err=True)


class WrongUsage(Refusal):
    """The same for wrong usage of a command."""

    exit_code = click.UsageError.exit_code


@contextmanager
def refusals_shown_safely() -> Iterator[None]:
    """Turn click's own errors into those that are safe to be shown."""
    try:
        yield
    except click.ClickException as error:
        raise (WrongUsage if isinstance(error, click.UsageError) else Refusal)(error) from None


class _VisibleFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return visible_lines(super().format(record))


def _say_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    say_lines("".join(traceback.format_exception(kind, error, trace)).rstrip("\n"), err=True)
