"""`connector store credentials`: replace a connected store's credentials; its orders and links stay."""

import click

from cli.common import open_ledger, settings
from cli.screen import say
from cli.secret_input import read_secret
from ledger.ledger import Ledger
from schemas.errors import ConfigurationError
from sync.connecting.connect_store import replace_credentials

CLIENT_SECRET = ("client_secret", "Client secret")
AFOSTO_KEY = ("afosto_key", "Afosto API key")


@click.command()
@click.argument("name")
@click.option("--client-id", help="Client id of another app in the shop's cockpit; you are prompted for its secret.")
@click.option("--client-secret", envvar="CONNECTOR_CLIENT_SECRET", show_envvar=True, help="Omit to be prompted.")
@click.option("--client-secret-stdin", is_flag=True, help="Read the client secret from standard input, one line.")
@click.option("--afosto-key", envvar="CONNECTOR_AFOSTO_KEY", show_envvar=True, help="Omit to be prompted.")
@click.option("--afosto-key-stdin", is_flag=True, help="Read the key from standard input, after the secret if both.")
def credentials(
    name: str,
    client_id: str | None,
    client_secret: str | None,
    client_secret_stdin: bool,
    afosto_key: str | None,
    afosto_key_stdin: bool,
) -> None:
    """Replace a store's credentials, after trying them.

    The store's orders and links stay as they are.

    Only the credentials that you name are replaced; without an option, the client secret and the Afosto key. You are
    also prompted for a stored one that cannot be read because its key in CONNECTOR_KEYS was lost.
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
    """Return a secret that stays; None when it is replaced or cannot be read."""
    column, label = secret
    try:
        return ledger.stores.secret(name, column) if kept else None
    except ConfigurationError:
        say(f"{label}: the stored one fits none of CONNECTOR_KEYS; enter it again.", err=True)
        return None
