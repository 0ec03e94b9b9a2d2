"""Hosts as network namespaces, connected to a bridge per kind of server, which can be cut off from each of them.

All addresses are in 198.18.0.0/15, which is reserved for network tests; no packet leaves this machine.
"""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from typing import Self

from tests.hosts.support.host import Host

KINDS = ("redis", "postgres", "vendors")
_WIDTH = 64  # addresses in the network of each kind


class Network:
    """One bridge per kind of server, which listens at `address(kind)`, and hosts that reach all of them."""

    def __init__(self) -> None:
        self._name = f"c{secrets.token_hex(3)}"
        self._net = secrets.randbelow(2**9)
        self._numbers = count(1)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        try:
            for kind in KINDS:
                self._add("bridge", self._bridge(kind))
                _ip("address", "add", f"{self.address(kind)}/26", "dev", self._bridge(kind))
                _ip("link", "set", self._bridge(kind), "up")
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def address(self, kind: str, number: int = 0) -> str:
        """Return the address of the servers of a kind, or of host `number` in their network."""
        net = self._net * 256 + _WIDTH * KINDS.index(kind) + 1 + number
        return f"198.{18 + net // 2**16}.{net // 256 % 256}.{net % 256}"

    def host(self) -> "NetworkHost":
        """Create another host, connected to all bridges."""
        number = next(self._numbers)
        space = f"{self._name}h{number}"
        _ip("netns", "add", space)
        self._stack.callback(_ip, "netns", "del", space)
        _ip("-n", space, "link", "set", "lo", "up")
        for kind in KINDS:
            outside, inside = f"{self._bridge(kind)}{number}", f"to-{kind}"
            self._add("veth", outside, "peer", "name", inside, "netns", space)
            _ip("-n", space, "address", "add", f"{self.address(kind, number)}/26", "dev", inside)
            _ip("-n", space, "link", "set", inside, "up")
            _ip("link", "set", outside, "master", self._bridge(kind), "up")
        return NetworkHost(space, {kind: f"{self._bridge(kind)}{number}" for kind in KINDS})

    def _bridge(self, kind: str) -> str:
        return f"{self._name}{kind[0]}"

    def _add(self, what: str, name: str, *options: str) -> None:
        _ip("link", "add", name, "type", what, *options)
        self._stack.callback(_ip, "link", "del", name)


class NetworkHost:
    """A host with its own addresses. A cut loses every packet both ways, without any error."""

    def __init__(self, space: str, cables: dict[str, str]) -> None:
        self._space = space
        self._cables = cables
        self.runs = Host(prefix=("ip", "netns", "exec", space))

    def cut(self, kind: str) -> None:
        """Cut the connection to the servers of a kind."""
        _ip("link", "set", self._cables[kind], "down")

    def join(self, kind: str) -> None:
        """Restore the connection."""
        _ip("link", "set", self._cables[kind], "up")

    def unsent(self) -> list[str]:
        """Return the addresses to which the host's kernel still has data to send, in the kernel's notation."""
        rows = _ip("netns", "exec", self._space, "cat", "/proc/net/tcp").splitlines()[1:]
        connections = (row.split() for row in rows)
        return [remote for _, _, remote, _, queues, *_ in connections if int(queues.partition(":")[0], 16)]

    def resolving(self) -> str:
        """Return the neighbors whose address the host's kernel looks up; it keeps packets for them for some seconds."""
        return _ip("-n", self._space, "neighbor", "show", "nud", "incomplete")


@contextmanager
def network() -> Iterator[Network]:
    """Create a network for one test, and remove all of it afterwards."""
    with Network() as made:
        yield made


def why_not() -> str:
    """Return why this machine cannot have such hosts; empty if it can."""
    if not shutil.which("ip"):
        return "the program ip is not installed"
    if os.geteuid():
        return "only root may make network namespaces"
    try:
        with Network() as tried:
            tried.host()
    except subprocess.CalledProcessError as error:
        return f"network namespaces are not allowed here: {error.stderr.strip()}"
    return ""


def _ip(*words: str) -> str:
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=30).stdout  # noqa: S607
