"""`connector store credentials`: other credentials for a connected store, whose orders and links stay as they are."""

import click

from ledger.ledger import Ledger
from schemas.errors import ConfigurationError
from workers.cli.frame import open_ledger, settings
from workers.cli.screen import say
from workers.cli.secrets import read_secret
from workers.connect import replace_credentials

CLIENT_SECRET = ("client_secret", "Client secret")
AFOSTO_KEY = ("afosto_key", "Afosto API key")


@click.command()
@click.argument("name")
@click.option("--client-id", help="Client id of another app in the shop's cockpit; its secret is asked.")
@click.option(
    "--client-secret", envvar="CONNECTOR_CLIENT_SECRET", show_envvar=True, help="Better left out: asked hidden."
)
@click.option("--client-secret-stdin", is_flag=True, help="Read the client secret from standard input, one line.")
@click.option("--afosto-key", envvar="CONNECTOR_AFOSTO_KEY", show_envvar=True, help="Better left out: asked hidden.")
@click.option("--afosto-key-stdin", is_flag=True, help="Read the key from standard input, after the secret if both.")
def credentials(
    name: str,
    client_id: str | None,
    client_secret: str | None,
    client_secret_stdin: bool,
    afosto_key: str | None,
    afosto_key_stdin: bool,
) -> None:
    """Replace a store's credentials, after trying them. Its orders and links stay as they are.

    Only what is named is replaced; without any option, the client secret and the Afosto key. What is kept but cannot
    be read, because CONNECTOR_KEYS was lost, is asked as well.
    """
    chosen = settings()
    shop = bool(client_id or client_secret or client_secret_stdin)
    key = bool(afosto_key or afosto_key_stdin)
    with open_ledger(chosen) as ledger:
        kept = ledger.stores.facts(name)
        replace_credentials(
            ledger,
            chosen,
            name,
            client_id=client_id or kept.client_id,
            client_secret=_kept(ledger, name, CLIENT_SECRET, kept=key and not shop)
            or read_secret(client_secret, CLIENT_SECRET[1], stdin=client_secret_stdin, option="--client-secret-stdin"),
            afosto_key=_kept(ledger, name, AFOSTO_KEY, kept=shop and not key)
            or read_secret(afosto_key, AFOSTO_KEY[1], stdin=afosto_key_stdin, option="--afosto-key-stdin"),
        )
    say(f"Both vendors take the credentials; {name} goes on with them")


def _kept(ledger: Ledger, name: str, secret: tuple[str, str], *, kept: bool) -> str | None:
    """Return a secret that stays; None when it is to be replaced, or cannot be read."""
    column, label = secret
    try:
        return ledger.stores.secret(name, column) if kept else None
    except ConfigurationError:
        say(f"{label}: the one that is kept fits none of CONNECTOR_KEYS; it is needed anew.", err=True)
        return None
