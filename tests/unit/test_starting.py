"""What a program says that cannot start: one sentence, no traceback."""

import json
import os
import signal
import socket
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

INTERRUPTED = """
import builtins, os, signal, cli.start
found = builtins.__import__
def load(name, *rest, **more):
    os.kill(os.getpid(), signal.SIGINT)
    return found(name, *rest, **more)
builtins.__import__ = load
cli.start.main()
"""


SETTINGS = {
    "CONNECTOR_DATABASE_URL": "postgresql://connector:hush@127.0.0.1:1/none",
    "CONNECTOR_BROKER_URL": "redis://127.0.0.1:1/0",
    "CONNECTOR_KEYS": "0" * 43 + "=",
}


def run(*argv: str, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("CONNECTOR_")} | variables
    return subprocess.run(
        [sys.executable, "-m", *argv], env=env, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_worker_without_settings_names_the_variable_and_ends_with_2() -> None:
    ended = run("celery", "-A", "workers.app", "worker", "-Q", "orders")
    assert ended.returncode == 2
    assert ended.stderr.startswith("Error: CONNECTOR_DATABASE_URL ")
    named = [line.partition(" is missing; for example: ")[0].split()[-1] for line in ended.stderr.splitlines()]
    assert named == ["CONNECTOR_DATABASE_URL", "CONNECTOR_BROKER_URL", "CONNECTOR_KEYS"]


def test_flower_without_the_brokers_address_names_the_variable_and_ends_with_2() -> None:
    ended = run("celery", "-A", "workers.watching", "flower")
    assert ended.returncode == 2
    assert ended.stderr == (
        "Error: CONNECTOR_BROKER_URL is missing; for example: CONNECTOR_BROKER_URL=redis://localhost:6379/0\n"
    )


@pytest.mark.parametrize("vendor", ["epages", "afosto"])
def test_a_simulator_whose_port_is_taken_says_so(vendor: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taker:
        port = taker.getsockname()[1]
        ended = run("simulators", vendor, "--port", str(port))
    assert ended.returncode == 1
    assert ended.stderr == f"Error: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_a_gateway_whose_port_is_taken_says_so_at_once_and_ends_with_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taker:
        port = taker.getsockname()[1]
        ended = run("cli.start", "gateway", "--port", str(port), **SETTINGS)
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [
        f"Error: The gateway cannot listen on 127.0.0.1:{port}: another process does.",
        "What to do: Choose another port with --port.",
    ]


def test_a_flower_whose_port_is_taken_says_so_and_ends_with_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taker:
        port = taker.getsockname()[1]
        ended = run("celery", "-A", "workers.watching", "flower", "--address=127.0.0.1", f"--port={port}", **SETTINGS)
    assert ended.returncode == 2
    assert ended.stderr == (
        f"Error: Flower cannot listen on port {port}: another process does. Choose another one with --port\n"
    )


def test_a_worker_of_a_queue_that_does_not_exist_names_those_that_do_and_ends_with_2() -> None:
    ended = run("celery", "-A", "workers.app", "worker", "-Q", "poll,ordres", **SETTINGS)
    assert ended.returncode == 2
    assert "Error: There is no queue 'ordres'. The queues are: orders, " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_worker_warns_at_its_start_of_a_variable_that_is_no_setting() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "from workers.app import app, signals; signals.start_logs()"],
        env={**os.environ, **SETTINGS, "CONNECTOR_LEESE": "15"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert json.loads(ended.stderr)["why"] == (
        "CONNECTOR_LEESE is not a setting and has no effect; did you mean CONNECTOR_LEASE?"
    )


def test_ctrl_c_while_the_command_line_is_loading_leaves_no_traceback() -> None:
    ended = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (-signal.SIGINT, "")


def test_the_traceback_of_a_mistake_of_ours_does_not_command_the_terminal() -> None:
    code = "from cli.screen import guard_the_rest; guard_the_rest(); raise ValueError('\\x1b[2J')"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr.endswith("ValueError: \\x1b[2J\n")


def test_the_warning_of_a_library_does_not_command_the_terminal() -> None:
    code = (
        "import logging; from cli.screen import guard_the_rest; guard_the_rest(); "
        "logging.getLogger('some').warning('\\x1b[2J')"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stderr == "\\x1b[2J\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--plain-http", "--bind", "0.0.0.0:8080"), "everybody on the way could read the passwords."),
        (("--bind", "8080"), "The console cannot listen on '8080': this is no address."),
        (("--bind", "no address:80"), "The console cannot listen on no address:80: "),
    ],
)
def test_a_console_that_may_not_listen_there_says_so_and_ends_with_2(options: tuple[str, ...], said: str) -> None:
    ended = run("cli.start", "console", *options, **SETTINGS)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "What to do:" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_flower_that_others_could_open_without_a_sign_in_says_what_to_set_and_ends_with_2() -> None:
    ended = run("celery", "-A", "workers.watching", "flower", CONNECTOR_BROKER_URL="redis://localhost:1/0")
    assert ended.returncode == 2
    assert "FLOWER_BASIC_AUTH=NAME:PASSWORD" in ended.stderr
