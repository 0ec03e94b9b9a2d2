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


@contextmanager
def rabbitmq(folder: Path, config: str = "") -> Iterator[tuple[str, int]]:
    """Run RabbitMQ until the block ends, with `config` as its rabbitmq.conf; yield its address and process id."""
    _install()
    (folder / "rabbitmq.conf").write_text(config)
    port = free_port()
    (folder / "names").write_text(str(free_port()))
    env = {
        **_environment(folder),
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
        "RABBITMQ_LOG_BASE": str(folder / "logs"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
    }
    with Processes(folder) as processes:
        child = processes.start(Command("rabbitmq", [str(PROGRAMS / "rabbitmq-server")], env=env, grace=20))
        try:
            wait_for(lambda: _ready(env), _START_TIMEOUT, "RabbitMQ to answer", child.log_tail)
            yield f"amqp://guest:guest@127.0.0.1:{port}//", int((folder / "pid").read_text())
        finally:
            child.stop()
            # Erlang's name server (epmd) goes on running after the node that started it.
            _run(["epmd", "-kill"], env)


def control(*words: str, folder: Path) -> None:
    """Run rabbitmqctl on the RabbitMQ of a folder. Raises CalledProcessError when it refuses."""
    subprocess.run([str(PROGRAMS / "rabbitmqctl"), *words], env=_environment(folder), capture_output=True, check=True)  # noqa: S603 - fixed commands


def _environment(folder: Path) -> dict[str, str]:
    """Return the variables of its server and tools. The folder contains the cookie with which they authenticate."""
    names = (folder / "names").read_text()
    return {**os.environ, "HOME": str(folder), "ERL_EPMD_PORT": names, "RABBITMQ_NODENAME": "benchmark@localhost"}


def _install() -> None:
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


def _ready(env: Mapping[str, str]) -> bool:
    return _run([str(PROGRAMS / "rabbitmqctl"), "await_startup", "--timeout", "5"], env)


def _run(argv: list[str], env: Mapping[str, str]) -> bool:
    return subprocess.run(argv, env=env, capture_output=True, check=False).returncode == 0  # noqa: S603 - fixed commands
