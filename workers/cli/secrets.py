"""How a command takes a secret: from an option or the environment, from standard input, or asked without an echo."""

import sys

import click


def read_secret(given: str | None, label: str, *, stdin: bool) -> str:
    """Return a secret without surrounding blanks. Raises UsageError when there is none to read."""
    secret = sys.stdin.readline() if stdin else given or str(click.prompt(label, hide_input=True, err=True))
    if not secret.strip():
        raise click.UsageError(f"{label}: nothing was given.")
    return secret.strip()
