"""What all commands share: settings, the ledger, error messages, tables and JSON."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, Any

import click
import psycopg

from cli.screen import refusals_shown_safely, say, say_lines, say_table
from ledger.ledger import Ledger
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet
from ledger.postgres.usable import check_database
from schemas.errors import ConfigurationError, ConnectorError, NeedsPerson, RetryLater, WrongSetting
from schemas.flows import SWITCHES
from schemas.settings import PREFIX, Settings, load_settings, misspelled
from schemas.wording.display import visible, visible_json
from schemas.wording.sentences import sentence

FLOWS = tuple(SWITCHES)
TOTALS = ("strict", "tolerate", "accept")
_WITHOUT_ANY = (
    "Set them in this shell, as docs/running.md says under Run it for real. Only to try the connector, in a checkout "
    'after make venv: eval "$(connector local up)"; for a demo that stays up: . .connector/demo/environment'
)


class Failure(click.ClickException):
    """A ConnectorError shown to a person: what is wrong, then what to do next."""

    exit_code = 1

    def __init__(self, error: ConnectorError) -> None:
        # A vendor's text is shown as one line; only our own texts, such as a list of settings, have several.
        super().__init__(visible(str(error)) if isinstance(error, NeedsPerson | RetryLater) else str(error))
        self.next_step = _next_step(error)

    def show(self, file: IO[Any] | None = None) -> None:
        """Print both sentences to standard error."""
        say_lines(f"Error: {sentence(self.message)}", err=True)
        if self.next_step:
            say(f"What to do: {sentence(self.next_step)}", err=True)


class Misconfigured(Failure):
    """A setting is wrong or missing."""

    exit_code = 2


class ConnectorGroup(click.Group):
    """A group that turns a command's ConnectorError into a Failure, so that no traceback is shown."""

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """Parse the options before the command."""
        with refusals_shown_safely():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            with refusals_shown_safely():
                return super().invoke(ctx)
        except ConfigurationError as error:
            raise Misconfigured(error) from None
        except ConnectorError as error:
            raise Failure(error) from None
        except psycopg.errors.UndefinedTable:
            raise Failure(
                ConfigurationError("The database has no tables yet; make them with: connector migrate")
            ) from None


def _next_step(error: ConnectorError) -> str:
    if isinstance(error, NeedsPerson | WrongSetting):
        return error.resolution
    if isinstance(error, RetryLater):
        return "Check the address and try again in a moment; connector doctor checks our own servers"
    return ""


def settings() -> Settings:
    """Read the settings, and warn of each CONNECTOR_* variable that is not a setting; raises ConfigurationError."""
    try:
        found = load_settings(os.environ)
    except ConfigurationError as error:
        if any(name.startswith(PREFIX) for name in os.environ):
            raise
        raise WrongSetting(str(error), _WITHOUT_ANY) from None
    for warning in misspelled(os.environ):
        say(f"warning: {warning}", err=True)
    return found


@contextmanager
def open_ledger(given: Settings | None = None) -> Iterator[Ledger]:
    """Open the ledger for one command. Raises the errors of `check_database`, which name the cause."""
    chosen = given or settings()
    keys = KeySet(chosen.keys)
    check_database(chosen.database_url)
    ledger = Ledger(Database(chosen.database_url, size=2, pooled=chosen.pooled), keys)
    try:
        yield ledger
    finally:
        ledger.close()


def print_json(value: Any) -> None:
    """Print for a script: stable names, times in ISO 8601, durations in seconds."""
    say_lines(visible_json(value, indent=2, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)


def print_table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], empty: str) -> None:
    """Print rows under headings (`columns`: key → heading), each column as wide as its longest value."""
    if rows:
        say_table([{key: show(row[key]) for key in columns} for row in rows], columns)
    else:
        say(empty)


def show(value: Any) -> str:
    """Format a value for a person; an empty value is a dash."""
    match value:
        case None | "":
            return "-"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        case float():
            return f"{value:.1f}"
    return str(value)
