"""/metrics of one process, at the first free port from a given one on.

Each process has a port of its own. The alternative, one port per host behind which processes share files, needs a
directory to write into, and our processes write no file.
"""

import errno
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

from prometheus_client import start_http_server

from metrics.measures import REGISTRY

# How many processes with one CONNECTOR_METRICS_PORT a host may run.
PORTS = 100
_WILDCARDS = ("", str(IPv4Address(0)), str(IPv6Address(0)))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a process answers /metrics."""

    host: str
    port: int

    def address(self, database_url: str) -> str:
        """Return HOST:PORT as others reach it: of all addresses, the one from which we reach the database."""
        host = _own_address(database_url) if self.host in _WILDCARDS else self.host
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"


def open_endpoint(host: str, first_port: int) -> Endpoint | None:
    """Answer /metrics in a thread, until the process ends; None if all `PORTS` ports are taken.

    Raises OSError if `host` is not an address of this machine.
    """
    for port in range(first_port, min(first_port + PORTS, 65536)):
        if _is_free(host, port):
            try:
                start_http_server(port, host, REGISTRY)
            except OSError:  # another process was faster
                continue
            return Endpoint(host, port)
    return None


def _is_free(host: str, port: int) -> bool:
    """Whether nobody listens on a port now: the server of some Pythons (3.12) would share it with another process.

    Raises OSError for a host that is none of ours.
    """
    family, _, _, _, address = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
        0
    ]
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen(1)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return False
    return True


def _own_address(database_url: str) -> str:
    """The address of this machine on the way to the database. Nothing is sent: UDP connects without a word."""
    server = urlsplit(database_url)
    if not server.hostname:
        return "127.0.0.1"
    try:
        family, kind, _, _, address = socket.getaddrinfo(server.hostname, server.port or 5432, type=socket.SOCK_DGRAM)[
            0
        ]
        with socket.socket(family, kind) as probe:
            probe.connect(address)
            return str(probe.getsockname()[0])
    except OSError:
        return socket.gethostname()
