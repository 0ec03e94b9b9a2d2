"""`connector console`: the pages for people."""

import os
import sys

import click

from cli.common import settings
from cli.serving.listening import read_address, require_free_address
from schemas.errors import WrongSetting

DEFAULT = "127.0.0.1:8080"
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@click.command(short_help="Show pages for people.")
@click.option("--bind", default=DEFAULT, show_default=True, metavar="HOST:PORT", help="Address to listen on.")
@click.option("--plain-http", is_flag=True, help="Browsers on this machine use http, without a certificate.")
@click.option("--behind-proxy", is_flag=True, help="One proxy stands before it and sets X-Forwarded-For and -Proto.")
def console(bind: str, plain_http: bool, behind_proxy: bool) -> None:
    """Show the state of stores to people in a browser, and let them change it, until stopped.

    Make the first user with: connector user add NAME --role admin. It speaks plain HTTP: put a proxy with a certificate
    before it and add --behind-proxy. On this machine alone --plain-http does without.
    """
    settings()
    host, port = read_address("console", bind, DEFAULT)
    if plain_http and host not in _LOOPBACK:
        raise WrongSetting(
            f"With --plain-http the console may not listen on {host}: everybody on the way could read the passwords",
            f"Listen on this machine alone, --bind {DEFAULT}, or leave out --plain-http and put a proxy before it",
        )
    require_free_address("console", host, port, option="--bind")
    flags = [name for name, given in (("--plain-http", plain_http), ("--behind-proxy", behind_proxy)) if given]
    # `cli` must not import `console`, so this process is replaced by it.
    os.execv(sys.executable, [sys.executable, "-m", "console", "--bind", bind, *flags])  # noqa: S606 - our own, no shell
