"""`connector webhooks`: the endpoints that receive Afosto's webhooks."""

import click
from click.core import ParameterSource

from cli.common import open_ledger, print_json, print_table, settings
from cli.screen import say
from cli.secret_input import read_secret
from ledger.inbound.webhooks import PATH

SHORTEST = 8  # characters of a secret
_SECRET = click.option("--secret", envvar="CONNECTOR_WEBHOOK_SECRET", show_envvar=True, help="Omit to be prompted.")
STDIN = "--secret-stdin"
_STDIN = click.option(STDIN, is_flag=True, help="Read the secret from standard input, one line.")


@click.group(short_help="Make and change the endpoints for Afosto.")
def webhooks() -> None:
    """Make, list, rotate and remove the endpoints that take Afosto's webhooks."""


@webhooks.command()
@click.argument("store")
@_SECRET
@_STDIN
def add(store: str, secret: str | None, secret_stdin: bool) -> None:
    """Make an endpoint and print its path.

    It is for the Afosto tenant of STORE. One is enough for all stores of a tenant. The secret is the one that Afosto
    signs with.
    """
    with open_ledger() as ledger:
        ledger.stores.facts(store)
        endpoint = ledger.webhooks.add(store, _read(secret, "Webhook secret", stdin=secret_stdin))
    say(f"{settings().gateway_url.rstrip('/')}{PATH}{endpoint}")


@webhooks.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def list_endpoints(as_json: bool) -> None:
    """List the endpoints, and when Afosto last used each."""
    with open_ledger() as ledger:
        rows = ledger.webhooks.endpoints()
    if as_json:
        print_json(rows)
        return
    columns = {
        "id": "ENDPOINT",
        "store": "STORE",
        "created_at": "MADE AT",
        "seen_at": "LAST MESSAGE",
        "rotating": "TWO SECRETS",
    }
    print_table(rows, columns, "there is none; make one with: connector webhooks add STORE")


@webhooks.command()
@click.argument("endpoint")
@_SECRET
@_STDIN
@click.option("--finish", is_flag=True, help="Afosto signs with the new secret now: drop the old one.")
@click.pass_context
def rotate(ctx: click.Context, endpoint: str, secret: str | None, secret_stdin: bool, finish: bool) -> None:
    """Give ENDPOINT a new secret.

    The present one stays accepted until this is run with --finish.
    """
    typed = ctx.get_parameter_source("secret") is ParameterSource.COMMANDLINE
    if finish and (typed or secret_stdin):
        raise click.UsageError("--finish takes no secret: give the new one first, without --finish.")
    with open_ledger() as ledger:
        if finish:
            ledger.webhooks.finish_rotation(endpoint)
        else:
            ledger.webhooks.require_one_secret(endpoint)
            ledger.webhooks.rotate(endpoint, _read(secret, "New webhook secret", stdin=secret_stdin))
    if finish:
        say("only the newest secret is accepted now")
    else:
        say(f"both secrets are accepted; end that with: connector webhooks rotate {endpoint} --finish")


@webhooks.command()
@click.argument("endpoint")
def remove(endpoint: str) -> None:
    """Stop taking webhooks at ENDPOINT."""
    with open_ledger() as ledger:
        ledger.webhooks.remove(endpoint)
    say("the endpoint is removed; take it out of Afosto as well")


def _read(given: str | None, label: str, *, stdin: bool) -> str:
    secret = read_secret(given, label, stdin=stdin, option=STDIN)
    if len(secret) < SHORTEST:
        raise click.UsageError(f"{label}: it has fewer than {SHORTEST} characters and could be guessed.")
    return secret
