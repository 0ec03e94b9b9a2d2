"""Parses the addresses (URLs) of the broker and of the limiter's Redis, in one place.

Kombu and redis-py parse such URLs differently: only one of them knows `ssl_cert_reqs=CERT_NONE`, the other reads a
database that is not a number as 0, and one checks no certificate when there are no options. So both get the values
parsed here, and anything not understood here is refused.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

PORTS = {"redis": 6379, "rediss": 6379, "sentinel": 26379, "amqp": 5672, "amqps": 5671}
REDIS_SCHEMES = ("redis", "rediss", "sentinel")
TLS_OPTIONS = ("ssl_cert_reqs", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_check_hostname")
SENTINEL_OPTIONS = ("master_name", "sentinel_username", "sentinel_password")
CHECKS = ("required", "optional", "none")
EXAMPLES = {
    "redis": "redis://localhost:6379/0",
    "rediss": "rediss://:PASSWORD@HOST:6379/0?ssl_cert_reqs=required&ssl_ca_certs=/etc/ssl/certs/ca.pem",
    "sentinel": "sentinel://:PASSWORD@HOST1:26379/0;sentinel://:PASSWORD@HOST2:26379/0?master_name=mymaster",
    "amqp": "amqp://USER:PASSWORD@HOST:5672/VHOST",
    "amqps": "amqps://USER:PASSWORD@HOST:5671/VHOST?ssl_cert_reqs=required&ssl_ca_certs=/etc/ssl/certs/ca.pem",
}
_OPTIONS = {"rediss": TLS_OPTIONS, "amqps": TLS_OPTIONS, "sentinel": SENTINEL_OPTIONS}


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a Redis, its Sentinels or a RabbitMQ; `path` is the database number or the virtual host."""

    scheme: str
    hosts: tuple[tuple[str, int], ...]
    path: str = ""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_redis(self) -> bool:
        """Whether this is a Redis, direct or found through Sentinels."""
        return self.scheme in REDIS_SCHEMES

    @property
    def is_tls(self) -> bool:
        """Whether the connection uses TLS."""
        return self.scheme in ("rediss", "amqps")

    @property
    def checks(self) -> str:
        """How the server's certificate is checked: required (the default), optional or none."""
        return self.options.get("ssl_cert_reqs", "required")

    @property
    def checks_host(self) -> bool:
        """Whether the certificate must match the host name."""
        return self.checks != "none" and self.options.get("ssl_check_hostname", "true") == "true"


def read_address(url: str) -> Address:
    """Parse an address. Raises ValueError, which says what is wrong and shows no password."""
    parts = [urlsplit(part) for part in url.split(";")]
    first = parts[0]
    if len({part.scheme for part in parts}) > 1:
        raise ValueError("names servers of several kinds")
    if len(parts) > 1 and first.scheme in ("redis", "rediss"):
        raise ValueError("names several Redis servers; a primary with standbys is named by its Sentinels")
    options = {name: value for part in parts for name, value in parse_qsl(part.query, keep_blank_values=True)}
    read = Address(
        scheme=first.scheme,
        hosts=tuple(_hosts(parts)),
        path=unquote(first.path.removeprefix("/")),
        username=unquote(first.username) if first.username else None,
        password=unquote(first.password) if first.password else None,
        options=options,
    )
    for fault in _faults(read):
        raise ValueError(fault)
    return read


def _hosts(parts: list[SplitResult]) -> Iterator[tuple[str, int]]:
    for part in parts:
        try:
            port = part.port
        except ValueError:
            raise ValueError(
                "has a port that is not a number; in a password write / as %2F, ? as %3F, # as %23, @ as %40"
            ) from None
        yield unquote(part.hostname or "localhost"), port or PORTS[part.scheme]


def _faults(read: Address) -> Iterator[str]:
    if read.is_redis and read.path and not read.path.isdecimal():
        yield "has a path that is not the number of a database"
    known = _OPTIONS.get(read.scheme, ())
    for name in read.options:
        if name in TLS_OPTIONS and not read.is_tls:
            yield f"has {name}, which belongs to an address with TLS: {'rediss' if read.is_redis else 'amqps'}://"
        elif name not in known:
            yield f"has an option that {read.scheme}:// does not know: {name}" + (
                f"; it knows {', '.join(known)}" if known else ""
            )
    if read.checks not in CHECKS:
        yield f"has ssl_cert_reqs={read.checks}, which is none of {', '.join(CHECKS)}"
    if read.options.get("ssl_check_hostname", "true") not in ("true", "false"):
        yield "has an ssl_check_hostname that is neither true nor false"
    if read.scheme == "sentinel" and not read.options.get("master_name"):
        yield "does not say the master_name under which the Sentinels know the primary"
