"""Check a shop address that a person types: the client secret is sent there, so it must be https and public."""

import ipaddress
import socket
from urllib.parse import urlsplit

import click

_OPTION = "--base-url"


def require_public_address(url: str) -> None:
    """Refuse plain http, this machine, private networks and the cloud's own services (169.254…).

    A name that cannot be resolved passes: nothing can be sent there. Raises click.BadParameter.
    """
    address = urlsplit(url)
    if address.scheme != "https":
        raise _refused("is plain http, and everybody on the way could read the client secret")
    inside = next((found for found in _addresses(address.hostname or "") if not found.is_global), None)
    if inside is not None:
        raise _refused(f"leads to {inside}, which is an address of this machine or of a network inside")


def _addresses(host: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    plain = (ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found)
    # ::ffff:169.254.169.254 and its like.
    return [getattr(address, "ipv4_mapped", None) or address for address in plain]


def _refused(why: str) -> click.BadParameter:
    return click.BadParameter(f"{why}; if you mean it, add --trust-base-url.", param_hint=_OPTION)
