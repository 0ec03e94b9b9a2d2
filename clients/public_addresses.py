"""Whether an address that others name is public: nothing secret may go in the open, and no request to our insides."""

import ipaddress
import socket
from urllib.parse import urlsplit

from schemas.wording.phrases import Phrase, phrase

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# A gateway sends what goes to one of these on to the IPv4 address in its last four bytes (NAT64, RFC 6052).
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Python calls these global. IPv4 addresses in forms that nobody needs any more (RFC 4291, 2765), NAT64 of one network
# (RFC 8215), and addresses of one site (RFC 3879).
_INSIDE = tuple(map(ipaddress.IPv6Network, ("::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "fec0::/10")))


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
    """Whether an IP address is one of the internet; ::ffff:169.254.169.254, 64:ff9b::a00:1 and their like are not."""
    found: IpAddress = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if any(found in network for network in _INSIDE):
            return False
        found = _carried(found) or found
    return found.is_global and not found.is_multicast


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address to which what is sent to this one is sent on; None if it stands for itself."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _addresses(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(entry[4][0]) for entry in found]
