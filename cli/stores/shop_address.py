"""Check a shop address that a person types: the client secret is sent there, so it must be https and public."""

import click

from clients.public_addresses import why_not_public
from schemas.wording.phrases import phrase

_OPTION = "--base-url"


def require_public_address(url: str) -> None:
    """Refuse plain http, this machine, private networks and the cloud's own services. Raises click.BadParameter."""
    if why := why_not_public(url, phrase("the client secret")):
        raise click.BadParameter(f"{why}; if you mean it, add --trust-base-url.", param_hint=_OPTION)
