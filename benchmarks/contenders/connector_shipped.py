"""The connector as its Procfile starts it: a worker process for each queue of an import, and beat."""

import shlex

from benchmarks.contenders.connector import QUEUES
from tests.hosts.host import ROOT


def worker(_: int) -> list[list[str]]:
    """The Procfile's processes of an import, with the threads that it gives them."""
    lines = (line.partition(": ") for line in (ROOT / "Procfile").read_text().splitlines())
    commands = {name: shlex.split(command) for name, _, command in lines if command}
    return [commands[name] for name in (*QUEUES.split(","), "beat")]
