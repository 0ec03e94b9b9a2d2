"""The connector as its Procfile starts it: a worker process for each queue of an import, and beat."""

from benchmarks.contenders.connector import QUEUES
from local.servers.processes import read_procfile
from tests.hosts.support.host import ROOT


def worker(_: int) -> list[list[str]]:
    """Return the Procfile's commands for an import, with the threads given there."""
    commands = read_procfile(ROOT / "Procfile")
    return [commands[name] for name in (*QUEUES.split(","), "beat")]
