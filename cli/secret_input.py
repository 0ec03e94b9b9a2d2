"""Read a secret from an option, the environment, standard input or a prompt without echo."""

import sys
import warnings
from getpass import GetPassWarning

import click

from cli.screen import ask_secret


def read_secret(given: str | None, label: str, *, stdin: bool, option: str) -> str:
    """Return a secret without surrounding blanks; `option` says how it is given without a terminal.

    Raises UsageError when there is none to read, or no terminal to ask at.
    """
    secret = sys.stdin.readline() if stdin else given or _asked(label, option)
    if not secret.strip():
        raise click.UsageError(f"{label}: nothing was given.")
    return secret.strip()


def _asked(label: str, option: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("error", GetPassWarning)
        try:
            return ask_secret(label)
        except GetPassWarning:
            raise click.UsageError(f"{label}: there is no terminal to ask at; give it with {option}.") from None
