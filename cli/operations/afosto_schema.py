"""`connector afosto`: compare our GraphQL documents with Afosto's real schema."""

import json
import os
from pathlib import Path

import click
from graphql import GraphQLError

from cli.screen import say
from cli.secret_input import read_secret
from clients.afosto.check import Difference, check_documents, introspection_query
from clients.afosto.errors import interpret
from clients.http import Http
from schemas.settings import load_setting
from schemas.wording.lists import counted


@click.group()
def afosto() -> None:
    """Tools for the Afosto side."""


@afosto.command("check-schema")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--introspect", is_flag=True, help="Ask CONNECTOR_AFOSTO_URL for its schema instead of reading FILE.")
@click.option(
    "--afosto-key", envvar="CONNECTOR_AFOSTO_KEY", show_envvar=True, help="For --introspect. Omit to be prompted."
)
def check_schema(file: Path | None, introspect: bool, afosto_key: str | None) -> None:
    """List the fields that the schema lacks.

    These are fields that our documents ask for. The exit code is 1 when the connector needs one of them.
    Afosto's lists of orders and of inventory changes are not needed: the output says what is done without them.
    FILE contains the schema as SDL, or the JSON answer to an introspection.
    """
    if introspect == (file is not None):
        raise click.UsageError("Give either FILE or --introspect.")
    text = file.read_text() if file else _introspect(afosto_key)
    differences = _compare(text)
    for difference in differences:
        say(f"{difference.document}: {difference.message}")
        if difference.instead:
            say(f"  harmless: {difference.instead}")
    harmless = sum(difference.instead is not None for difference in differences)
    say(f"{counted(len(differences), 'difference')} from this schema{f', {harmless} harmless' if harmless else ''}")
    if harmless < len(differences):
        raise SystemExit(1)


def _compare(text: str) -> list[Difference]:
    try:
        return check_documents(text)
    except (GraphQLError, TypeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise click.UsageError(f"This is neither a GraphQL schema nor an introspection: {reason}") from None


def _introspect(key: str | None) -> str:
    url = load_setting(os.environ, "afosto_url")
    secret = read_secret(key, "Afosto API key", stdin=False, option="CONNECTOR_AFOSTO_KEY")
    headers = {"Authorization": f"Bearer {secret}", "Accept": "application/json"}
    body = {"query": introspection_query()}
    answer = Http().send("POST", url, effect=False, headers=headers, body=body, interpret=interpret)
    return json.dumps(answer.document)
