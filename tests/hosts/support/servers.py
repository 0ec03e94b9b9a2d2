"""PostgreSQL and Redis at addresses that other hosts reach, and with their own environment."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from cryptography.fernet import Fernet

from local.servers.postgres import Postgres
from local.servers.processes import Command, Processes
from local.servers.redis import Redis
from local.servers.services import Services
from local.servers.startup import launch

LOOPBACK = "127.0.0.1"


class OpenPostgres(Postgres):
    """Also listens at `address`; `env` replaces its environment."""

    def __init__(self, folder: Path, password: str, address: str, env: Mapping[str, str] | None) -> None:
        super().__init__(folder, password, durable=False)
        self._address, self._env = address, env

    def prepare(self) -> None:
        """Allow logins from everywhere."""
        super().prepare()
        with (self.folder / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 0.0.0.0/0 scram-sha-256\n")

    def command(self, port: int) -> Command:
        """Return the command that starts it at both addresses."""
        made = super().command(port)
        return replace(made, argv=[*made.argv, f"--listen_addresses={LOOPBACK},{self._address}"], env=self._env)


class OpenRedis(Redis):
    """Also listens at `address`."""

    def __init__(self, folder: Path, password: str, address: str) -> None:
        super().__init__(folder, password)
        self._address = address

    def command(self, port: int) -> Command:
        """Return the command that starts it at both addresses."""
        made = super().command(port)
        return replace(made, argv=[*made.argv, "--bind", *dict.fromkeys((LOOPBACK, self._address))])


@contextmanager
def open_services(
    folder: Path, *, postgres: str = LOOPBACK, redis: str = LOOPBACK, postgres_env: Mapping[str, str] | None = None
) -> Iterator[Services]:
    """Run both servers, each at its address, until the block ends."""
    password = secrets.token_urlsafe(24)
    with Processes(folder / "logs") as processes:
        database = launch(OpenPostgres(folder / "postgres", password, postgres, postgres_env), processes)
        broker = launch(OpenRedis(folder / "redis", password, redis), processes)
        broker = broker.replace(LOOPBACK, redis)
        keys = Fernet.generate_key().decode()
        yield Services(database.replace(LOOPBACK, postgres), broker, broker, keys)
