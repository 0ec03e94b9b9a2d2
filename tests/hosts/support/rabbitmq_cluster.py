"""A RabbitMQ of several nodes, each on a host of its own."""

import json
import os
import secrets
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.setup.rabbitmq import PROGRAMS
from local.servers.processes import Child, Command, Processes
from tests.hosts.support.network import Network
from tests.support.connector.world import wait_for

_START_TIMEOUT = 120.0
_PORT = 5672
_CONFIG = """\
listeners.tcp.1 = {address}:{port}
loopback_users = none
cluster_formation.peer_discovery_backend = classic_config
{nodes}
"""


class Node:
    """One node. Its host has its own name server (epmd), so all nodes use the usual ports."""

    def __init__(self, prefix: Sequence[str], address: str, folder: Path) -> None:
        self.address = address
        self.name = f"rabbit@{address}"
        self._prefix = prefix
        self._env = {
            **os.environ,
            "HOME": str(folder),
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_USE_LONGNAME": "true",
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
            "RABBITMQ_LOG_BASE": str(folder / "logs"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        }
        self._child: Child | None = None

    def start(self, processes: Processes) -> None:
        """Start it; it joins the others as they come."""
        argv = [*self._prefix, str(PROGRAMS / "rabbitmq-server")]
        self._child = processes.start(Command(self.name, argv, env=self._env, grace=20))

    def kill(self) -> None:
        """Kill it, like a crash of its host."""
        assert self._child is not None
        self._child.kill()

    def running_nodes(self) -> int:
        """Return how many nodes it sees; 0 if it does not answer."""
        ran = self._run(str(PROGRAMS / "rabbitmqctl"), "--quiet", "cluster_status", "--formatter", "json")
        return len(json.loads(ran.stdout)["running_nodes"]) if ran.returncode == 0 else 0

    def replicas(self, queue: str) -> int:
        """Return how many nodes keep a quorum queue; 0 if there is no such queue."""
        columns = ("name", "members")
        ran = self._run(str(PROGRAMS / "rabbitmqctl"), "--quiet", "list_queues", *columns, "--formatter", "json")
        return next((len(row["members"]) for row in json.loads(ran.stdout or "[]") if row["name"] == queue), 0)

    def end_name_server(self) -> None:
        """End what goes on running after the node that started it."""
        self._run("epmd", "-kill")

    def log_tail(self) -> str:
        """Return the end of its output."""
        assert self._child is not None
        return self._child.log_tail()

    def _run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        command = [*self._prefix, *argv]
        return subprocess.run(command, env=self._env, capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def rabbitmq_cluster(network: Network, folder: Path, count: int = 3) -> Iterator[list[Node]]:
    """Run a cluster until the block ends."""
    hosts = [network.host() for _ in range(count)]
    addresses = [network.address("redis", number) for number in range(1, count + 1)]
    names = [f"cluster_formation.classic_config.nodes.{n} = rabbit@{address}" for n, address in enumerate(addresses, 1)]
    cookie = secrets.token_hex(20)
    nodes = []
    for host, address in zip(hosts, addresses, strict=True):
        home = folder / address
        home.mkdir(parents=True)
        (home / ".erlang.cookie").write_text(cookie)
        (home / ".erlang.cookie").chmod(0o400)
        (home / "rabbitmq.conf").write_text(_CONFIG.format(address=address, port=_PORT, nodes="\n".join(names)))
        nodes.append(Node(host.runs.prefix, address, home))
    with Processes(folder) as processes:
        for node in nodes:
            node.start(processes)
        try:
            for node in nodes:
                wait_for(lambda: node.running_nodes() == count, _START_TIMEOUT, "the cluster", node.log_tail)  # noqa: B023
            yield nodes
        finally:
            processes.stop()
            for node in nodes:
                node.end_name_server()


def address_of(nodes: Sequence[Node]) -> str:
    """Return the address of the whole cluster, as the broker's address names it."""
    return ";".join(f"amqp://guest:guest@{node.address}:{_PORT}//" for node in nodes)


def version() -> tuple[int, int]:
    """Return the major and minor version of the RabbitMQ on this machine."""
    argv = [str(PROGRAMS / "rabbitmqctl"), "version"]
    said = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True).stdout
    major, minor = said.split(".")[:2]
    return int(major), int(minor)
