"""What all commands share: settings, the ledger, error messages, tables and JSON."""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import IO, Any
from urllib.parse import urlsplit

import click
import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from cli.screen import refusals_shown_safely, say, say_lines, say_table
from ledger.ledger import Ledger
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet
from ledger.postgres.session import configure
from schemas.errors import ConfigurationError, ConnectorError, NeedsPerson, RetryLater
from schemas.flows import SWITCHES
from schemas.settings import PREFIX, Settings, load_settings, misspelled
from schemas.wording.display import visible, visible_json

FLOWS = tuple(SWITCHES)
TOTALS = ("strict", "tolerate", "accept")
_CONNECT_SECONDS = 5
_WITHOUT_ANY = (
    'Servers of our own, and the variables for them, come with: eval "$(connector local up)"; those of a demo that '
    "stays up with: . .connector/demo/environment"
)
_NO_DATABASE = (
    "See that the server runs, and that it is the one that CONNECTOR_DATABASE_URL names, with its name and password; "
    "connector doctor checks all servers"
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
        say_lines(f"Error: {_sentence(self.message)}", err=True)
        if self.next_step:
            say(f"What to do: {_sentence(self.next_step)}", err=True)


class Misconfigured(Failure):
    """A setting is wrong or missing."""

    exit_code = 2


class WrongSetting(ConfigurationError):
    """A setting is wrong; `resolution` says what to do next."""

    def __init__(self, message: str, resolution: str) -> None:
        super().__init__(message)
        self.resolution = resolution


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


def _sentence(text: str) -> str:
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


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


def check_database(url: str) -> None:
    """Connect once, because the pool's own error would only say that it timed out.

    Raises ConfigurationError for an address that cannot be read and for a database that the connector cannot use;
    WrongSetting when no server answers in time, or when the server refuses (with the server's message).
    """
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    # The driver would not read either as part of the password, and its message would quote the rest of it.
    if url.count("@") > 1 or "@" in urlsplit(url).path:
        raise ConfigurationError("CONNECTOR_DATABASE_URL has a password with @ or /; write them as %40 and %2F")
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # The driver's message may quote a part of the password.
        raise ConfigurationError("CONNECTOR_DATABASE_URL cannot be read as an address") from None
    try:
        with closing(
            psycopg.connect(url, connect_timeout=_CONNECT_SECONDS, autocommit=True, row_factory=dict_row)
        ) as found:
            configure(found, pooled=True)
    except psycopg.errors.ConnectionTimeout:
        raise _unusable("it does not answer in time") from None
    except psycopg.OperationalError as error:
        raise _unusable(" ".join(str(error).split("\n")[0].split()).rstrip(".")) from None


def _unusable(why: str) -> WrongSetting:
    return WrongSetting(f"The database cannot be used: {why}; check CONNECTOR_DATABASE_URL", _NO_DATABASE)


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


def span(seconds: float | None) -> str:
    """Format a duration, given in seconds, for a person."""
    if seconds is None:
        return "never"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
