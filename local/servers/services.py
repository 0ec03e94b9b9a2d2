"""PostgreSQL and Redis for this process: those that the environment names, or those that already run, or new ones."""

import json
import os
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from cryptography.fernet import Fernet
from redis.exceptions import RedisError

from clients.redis_client import redis_client
from local.servers.folder import folder_lock, lock_owner, read_or_create_secret, write_private
from local.servers.postgres import Postgres
from local.servers.processes import Processes
from local.servers.redis import Redis
from local.servers.startup import ServerFailed, launch
from schemas.errors import ConfigurationError

_START_TIMEOUT = 60.0
"""Seconds to wait for servers that another process is starting or stopping."""
_ANSWER_SECONDS = 5


@dataclass(frozen=True)
class Services:
    """The addresses of the servers, and the keys for stored secrets. None of it may appear in logs."""

    database_url: str = field(default="", repr=False)
    broker_url: str = field(default="", repr=False)
    redis_url: str = field(default="", repr=False)
    keys: str = field(default="", repr=False)


def environment(services: Services) -> dict[str, str]:
    """Return the variables with which every process of the connector finds the services."""
    return {f"CONNECTOR_{name.upper()}": value for name, value in asdict(services).items()}


@contextmanager
def local_services(
    folder: Path, environ: Mapping[str, str] = os.environ, *, durable: bool = True
) -> Iterator[Services]:
    """Run in `folder` the servers that the environment does not name, until the block ends or this process dies.

    If another process runs servers in the same folder, they are shared, and left running. Addresses of this folder's
    own servers, which a shell may still have from an earlier run, are ignored. `durable=False` makes PostgreSQL faster,
    but a crash may lose data. Raises ServerFailed or ConfigurationError.
    """
    outside = named(folder, environ)
    check_answers(outside)
    keys = outside.keys or read_or_create_secret(folder / "keys", lambda: Fernet.generate_key().decode())
    deadline = time.monotonic() + _START_TIMEOUT
    while True:
        with folder_lock(folder) as locked:
            if locked:
                with _started(folder, outside, durable=durable) as own:
                    yield replace(own, keys=keys)
                return
        shared = running(folder)
        if shared:
            yield _merge(outside, shared, keys)
            return
        if time.monotonic() > deadline:
            raise ServerFailed(f"Another process has locked {folder}, but its servers do not start")
        time.sleep(0.1)


def running(folder: Path) -> Services | None:
    """Return the services that some process runs in `folder`, without the keys; or None."""
    state = folder / "services.json"
    if not lock_owner(folder) or not state.exists():
        return None
    return Services(**json.loads(state.read_text()))


def named(folder: Path, environ: Mapping[str, str]) -> Services:
    """Return what the environment names, without the addresses of the servers of `folder` itself."""
    *urls, keys = (environ.get(name, "") for name in environment(Services()))
    database_url, broker_url, redis_url = ("" if _is_own(folder, url) else url for url in urls)
    if not redis_url and re.match("(rediss?|sentinel)://", broker_url):
        redis_url = broker_url
    return Services(database_url, broker_url, redis_url, keys)


def check_answers(outside: Services) -> None:
    """Raise ConfigurationError, naming the variable, when a PostgreSQL or Redis of the environment does not answer."""
    for variable, url in environment(outside).items():
        if url and variable.endswith("_URL") and not _answers(url):
            raise ConfigurationError(
                f"The server of {variable} does not answer; start it, or use a local one: unset {variable}"
            )


def _answers(url: str) -> bool:
    try:
        if url.startswith("postgres"):
            psycopg.connect(url, connect_timeout=_ANSWER_SECONDS).close()
        elif url.startswith(("redis", "sentinel")):
            with redis_client(url, socket_connect_timeout=_ANSWER_SECONDS, socket_timeout=_ANSWER_SECONDS) as client:
                client.ping()
    except (psycopg.OperationalError, RedisError):
        return False
    return True


def _is_own(folder: Path, url: str) -> bool:
    """Return whether a server is this folder's own: nobody else has its password."""
    password = folder / "password"
    return password.exists() and urlsplit(url).password == password.read_text().strip()


def _merge(outside: Services, shared: Services, keys: str) -> Services:
    given = {name: value for name, value in asdict(outside).items() if value}
    merged = replace(shared, **given | {"keys": keys})
    if not all(asdict(merged).values()):
        raise ServerFailed("Another process runs only some of the servers here; stop it first: connector local down")
    return merged


@contextmanager
def _started(folder: Path, outside: Services, *, durable: bool) -> Iterator[Services]:
    state = folder / "services.json"
    state.unlink(missing_ok=True)
    password = read_or_create_secret(folder / "password", lambda: secrets.token_hex(24))
    with Processes(folder / "logs") as processes:
        services = outside
        if not outside.database_url:
            url = launch(Postgres(folder / "postgres", password, durable=durable), processes)
            services = replace(services, database_url=url)
        if not (outside.broker_url and outside.redis_url):
            url = launch(Redis(folder / "redis", password), processes)
            services = replace(services, broker_url=outside.broker_url or url, redis_url=outside.redis_url or url)
        write_private(state, json.dumps(asdict(replace(services, keys=""))))
        try:
            yield services
        finally:
            state.unlink(missing_ok=True)
