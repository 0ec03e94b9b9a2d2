"""A real RabbitMQ in a temporary folder. If it is missing and we are root, it is installed with apt-get."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from local.servers.processes import Command, Processes
from local.servers.startup import free_port
from tests.support.connector.world import wait_for

# The variable names the programs of another version, for the matrix of servers.
PROGRAMS = Path(os.environ.get("CONNECTOR_TEST_RABBITMQ", "/usr/lib/rabbitmq/bin"))
_START_TIMEOUT = 60.0  # seconds until it must answer


class Rabbitmq:
    """RabbitMQ with its data in `folder`, and `config` as its rabbitmq.conf."""

    def __init__(self, folder: Path, config: str = "") -> None:
        install_rabbitmq()
        self.folder = folder.resolve()
        self._config = config

    def prepare(self) -> None:
        """Create the folder, with the ports of Erlang's name server and of the node."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "rabbitmq.conf").write_text(self._config)
        for name in ("names", "node"):
            if not (self.folder / name).exists():
                (self.folder / name).write_text(str(free_port()))

    def command(self, port: int) -> Command:
        """Return the command that starts it on `port`."""
        env = {
            **_environment(self.folder),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": (self.folder / "node").read_text(),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq"),
            "RABBITMQ_LOG_BASE": str(self.folder / "logs"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
        }
        return Command("rabbitmq", [str(PROGRAMS / "rabbitmq-server")], env=env, grace=20)

    def url(self, port: int) -> str:
        """Return its address."""
        return f"amqp://guest:guest@127.0.0.1:{port}//"

    def ready(self, port: int) -> bool:
        """Return whether it has started."""
        return _run([str(PROGRAMS / "rabbitmqctl"), "await_startup", "--timeout", "5"], _environment(self.folder))

    def pid(self) -> int:
        """Return its process id."""
        return int((self.folder / "pid").read_text())

    def end_name_server(self) -> None:
        """End Erlang's name server (epmd), which goes on running after the node that started it."""
        _run(["epmd", "-kill"], _environment(self.folder))


@contextmanager
def rabbitmq(folder: Path, config: str = "") -> Iterator[tuple[str, int]]:
    """Run RabbitMQ until the block ends, with `config` as its rabbitmq.conf; yield its address and process id."""
    server, port = Rabbitmq(folder, config), free_port()
    server.prepare()
    with Processes(folder) as processes:
        child = processes.start(server.command(port))
        try:
            wait_for(lambda: server.ready(port), _START_TIMEOUT, "RabbitMQ to answer", child.log_tail)
            yield server.url(port), server.pid()
        finally:
            child.stop()
            server.end_name_server()


def control(*words: str, folder: Path) -> None:
    """Run rabbitmqctl on the RabbitMQ of a folder. Raises CalledProcessError when it refuses."""
    subprocess.run([str(PROGRAMS / "rabbitmqctl"), *words], env=_environment(folder), capture_output=True, check=True)  # noqa: S603 - fixed commands


def _environment(folder: Path) -> dict[str, str]:
    """Return the variables of its server and tools. The folder contains the cookie with which they authenticate."""
    names = (folder / "names").read_text()
    return {**os.environ, "HOME": str(folder), "ERL_EPMD_PORT": names, "RABBITMQ_NODENAME": "benchmark@localhost"}


def install_rabbitmq() -> None:
    """Install RabbitMQ, if it is missing. Raises SystemExit with what to do, if this is not possible."""
    if (PROGRAMS / "rabbitmq-server").exists():
        return
    if os.geteuid() or not shutil.which("apt-get"):
        raise SystemExit("RabbitMQ is missing; install it, for example: sudo apt-get install rabbitmq-server")
    click.echo("Installing RabbitMQ …", err=True)
    # The package would start a server of its own.
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    _run(["apt-get", "update", "-qq"], env)
    if not _run(["apt-get", "install", "-qq", "-y", "--no-install-recommends", "rabbitmq-server"], env):
        raise SystemExit("apt-get could not install rabbitmq-server")


def _run(argv: list[str], env: Mapping[str, str]) -> bool:
    return subprocess.run(argv, env=env, capture_output=True, check=False).returncode == 0  # noqa: S603 - fixed commands
