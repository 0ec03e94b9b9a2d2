"""Whether an address that others name is public: nothing secret may go in the open, and no request to our insides."""

import ipaddress
import socket
from urllib.parse import urlsplit

from schemas.wording.phrases import Phrase, phrase

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def why_not_public(url: str, what: Phrase) -> Phrase | None:
    """Return why `what` must not be sent to this address; None if it may.

    Not plain http, and not to this machine, private networks or the cloud's own services (169.254…). A name that cannot
    be resolved passes: nothing can be sent there.
    """
    address = urlsplit(url)
    if address.scheme != "https":
        return phrase("is plain http, and everybody on the way could read %(what)s", what=what)
    inside = next((found for found in _addresses(address.hostname or "") if not is_public(found)), None)
    if inside is not None:
        return phrase("leads to %(inside)s, which is an address of this machine or of a network inside", inside=inside)
    return None


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet; ::ffff:169.254.169.254 and its like are not."""
    found: IpAddress = ipaddress.ip_address(address.partition("%")[0])
    return (getattr(found, "ipv4_mapped", None) or found).is_global


def _addresses(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(entry[4][0]) for entry in found]
