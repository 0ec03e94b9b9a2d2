"""What a program says that cannot start: one sentence, no traceback."""

import os
import socket
import subprocess
import sys

import pytest


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("CONNECTOR_")}
    return subprocess.run([sys.executable, "-m", *argv], env=env, capture_output=True, text=True, check=False)


def test_a_worker_without_settings_names_the_variable_and_ends_with_2() -> None:
    ended = run("celery", "-A", "workers.app", "worker", "-Q", "orders")
    assert ended.returncode == 2
    assert ended.stderr.startswith("Error: CONNECTOR_DATABASE_URL ")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("vendor", ["epages", "afosto"])
def test_a_simulator_whose_port_is_taken_says_so(vendor: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taker:
        port = taker.getsockname()[1]
        ended = run("simulators", vendor, "--port", str(port))
    assert ended.returncode == 1
    assert ended.stderr == f"Error: cannot listen on 127.0.0.1:{port}: Address already in use\n"
