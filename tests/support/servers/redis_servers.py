"""Debian's Redis, for what the embedded Redis cannot do: TLS, and Sentinels that promote a replica."""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from local.servers.processes import Command, Processes
from local.servers.startup import free_port
from tests.support.connector.world import wait_for
from tests.support.servers.certificates import Certificates

# The embedded Redis comes first in the PATH of `make`.
_OTHERS = os.pathsep.join(folder for folder in os.get_exec_path() if Path(folder) != Path(sys.executable).parent)
SERVER, SENTINEL = shutil.which("redis-server", path=_OTHERS), shutil.which("redis-sentinel", path=_OTHERS)
needs_redis = pytest.mark.skipif(
    not (SERVER and SENTINEL), reason="needs redis-server and redis-sentinel: apt-get install redis-sentinel"
)

MASTER = "connector"
PASSWORD = "a/secret@of#tests"
_SENTINEL_CONF = """\
port {port}
dir {folder}
requirepass {password}
sentinel monitor {master} 127.0.0.1 {primary} {quorum}
sentinel auth-pass {master} {password}
sentinel down-after-milliseconds {master} 1000
sentinel failover-timeout {master} 5000
"""


def start_redis(processes: Processes, folder: Path, *options: str, tls: Certificates | None = None) -> int:
    """Start a Redis that requires PASSWORD; return its port."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    ports = ["--port", str(port)] if tls is None else ["--port", "0", "--tls-port", str(port), *_tls(tls)]
    plain = ["--save", "", "--dir", str(folder), "--requirepass", PASSWORD, "--masterauth", PASSWORD]
    processes.start(Command(f"redis-{port}", [str(SERVER), *ports, *plain, *options]))
    secure = {} if tls is None else {"ssl": True, "ssl_ca_certs": str(tls.authority)}
    client = Redis(host="localhost" if tls else "127.0.0.1", port=port, password=PASSWORD, **secure)  # type: ignore[arg-type]
    wait_for(lambda: _answers(client), 20, "Redis to answer")
    client.close()
    return port


def start_sentinels(processes: Processes, folder: Path, primary: int, count: int = 3) -> Sequence[int]:
    """Start Sentinels that watch a primary, and return their ports."""
    ports = [free_port() for _ in range(count)]
    folder.mkdir(parents=True, exist_ok=True)
    for port in ports:
        conf = folder / f"{port}.conf"
        given = {"port": port, "folder": folder, "password": f'"{PASSWORD}"', "master": MASTER, "primary": primary}
        conf.write_text(_SENTINEL_CONF.format(**given, quorum=count // 2 + 1))
        processes.start(Command(f"sentinel-{port}", [str(SENTINEL), str(conf)]))
    clients = [Redis(port=port, password=PASSWORD, decode_responses=True) for port in ports]
    wait_for(lambda: all(_knows_all(client, count) for client in clients), 30, "the Sentinels to know each other")
    for client in clients:
        client.close()
    return ports


def _knows_all(sentinel: Redis, count: int) -> bool:
    """Return whether a Sentinel knows the other Sentinels and the replica."""
    try:
        info = sentinel.info("sentinel")["master0"]
    except (RedisError, KeyError):
        return False
    return bool(info["sentinels"] == count and info["slaves"] >= 1 and info["status"] == "ok")


def _answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False


def _tls(tls: Certificates) -> list[str]:
    files = {"cert": tls.certificate, "key": tls.key, "ca-cert": tls.authority}
    options = [word for name, file in files.items() for word in (f"--tls-{name}-file", str(file))]
    return [*options, "--tls-auth-clients", "no"]
