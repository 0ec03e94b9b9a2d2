"""Every process starts on a read-only file system, for a user without a home directory."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests

from ledger.status import Status
from local.servers.services import Services
from local.servers.startup import free_port
from tasks.broker.consumers import slots_of_queues
from tests.hosts.support.read_only_host import READ_ONLY, why_not
from tests.support.connector.world import World, wait_for

pytestmark = pytest.mark.skipif(bool(why_not()), reason=f"no file system can be made read-only here: {why_not()}")
TIMEOUT = 40


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world")) as started:
        yield started


def test_nothing_can_be_written_there() -> None:
    places = ["/tmp/x", "/dev/shm/x", "x"]  # noqa: S108 - where a program would try
    tried = subprocess.run([*READ_ONLY.prefix, "touch", *places], check=False, capture_output=True, timeout=60)
    assert tried.stderr.count(b"Read-only file system") == len(places)


def test_workers_and_beat_work(world: World) -> None:
    world.worker("dispatch", 2, READ_ONLY)
    world.beat(READ_ONLY)
    wait_for(lambda: slots_of_queues(world.ledger.dispatch_window)["dispatch"] > 0, TIMEOUT, "the worker")
    wait_for(lambda: Status(world.ledger.database).dispatch_age() is not None, TIMEOUT, "a dispatch")


@pytest.mark.parametrize(
    ("command", "path"),
    [
        (["connector", "gateway", "--host=127.0.0.1"], "/healthz"),
        (["celery", "-A", "workers.app", "flower", "--address=127.0.0.1"], "/"),
    ],
    ids=["gateway", "flower"],
)
def test_what_listens_answers(world: World, command: list[str], path: str) -> None:
    port = free_port()
    world.process(READ_ONLY, [*command, f"--port={port}"])
    wait_for(lambda: _answers(f"http://127.0.0.1:{port}{path}"), TIMEOUT, path)


@pytest.mark.parametrize(
    "command", [["migrate"], ["status"], ["doctor"], ["keys", "new"], ["messages", "list"]], ids=str
)
def test_commands_run(world: World, command: list[str]) -> None:
    argv = [*READ_ONLY.prefix, sys.executable, "-m", "cli.start", *command]
    ran = subprocess.run(argv, env=world.env, check=False, capture_output=True, text=True, cwd=os.curdir, timeout=60)
    assert ran.returncode in {0, 1}
    assert "Traceback" not in ran.stderr


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False
