"""What a program says that cannot start: one sentence, no traceback."""

import os
import signal
import socket
import subprocess
import sys

import pytest

INTERRUPTED = """
import builtins, os, signal, workers.start
found = builtins.__import__
def load(name, *rest, **more):
    os.kill(os.getpid(), signal.SIGINT)
    return found(name, *rest, **more)
builtins.__import__ = load
workers.start.main()
"""


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("CONNECTOR_")}
    return subprocess.run([sys.executable, "-m", *argv], env=env, capture_output=True, text=True, check=False)


def test_a_worker_without_settings_names_the_variable_and_ends_with_2() -> None:
    ended = run("celery", "-A", "workers.app", "worker", "-Q", "orders")
    assert ended.returncode == 2
    assert ended.stderr.startswith("Error: CONNECTOR_DATABASE_URL ")
    named = [line.partition(" is missing; for example: ")[0].split()[-1] for line in ended.stderr.splitlines()]
    assert named == ["CONNECTOR_DATABASE_URL", "CONNECTOR_BROKER_URL", "CONNECTOR_KEYS"]


@pytest.mark.parametrize("vendor", ["epages", "afosto"])
def test_a_simulator_whose_port_is_taken_says_so(vendor: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taker:
        port = taker.getsockname()[1]
        ended = run("simulators", vendor, "--port", str(port))
    assert ended.returncode == 1
    assert ended.stderr == f"Error: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_ctrl_c_while_the_command_line_is_loading_leaves_no_traceback() -> None:
    ended = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (-signal.SIGINT, "")
