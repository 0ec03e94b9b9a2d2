"""The PostgreSQL and the Redis of one world under chaos."""

import secrets
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet

from local.servers.processes import Processes
from local.servers.redis import Redis
from local.servers.services import Services
from tests.support.servers.killable_server import KillableServer
from tests.support.servers.pgbouncer import PGBOUNCER, start_pooler
from tests.support.servers.postgres_cluster import Cluster
from tests.support.servers.small_disks import SmallDisk, can_mount

# Bytes: enough for what Redis writes, and small enough to be filled at once.
_REDIS_DISK = 32 * 1024 * 1024


class Servers:
    """Both servers, with their data below `folder`, until the end of the `with` block.

    `pooled` puts a PgBouncer before PostgreSQL, if this machine has one; otherwise `pooler` is None. If this process
    may not mount disks, `redis_disk` is None, and PostgreSQL has no small disk either.
    """

    def __init__(self, folder: Path, *, pooled: bool = False) -> None:
        self._folder = folder
        self._pooled = pooled and PGBOUNCER is not None
        self._stack = ExitStack()
        self._keys = Fernet.generate_key().decode()

    def __enter__(self) -> Self:
        password = secrets.token_urlsafe(24)
        with ExitStack() as stack:
            # The disks are unmounted after the servers on them have ended.
            disks = stack.enter_context(ExitStack())
            processes = stack.enter_context(Processes(self._folder / "servers"))
            small = can_mount()
            self.postgres = Cluster(self._folder, password, processes, disks, disks=small)
            url = self.postgres.url
            self.pooler = start_pooler(self._folder / "pooler", url, processes) if self._pooled else None
            redis_folder = self._folder / "redis"
            self.redis_disk = disks.enter_context(SmallDisk(redis_folder, _REDIS_DISK)) if small else None
            self.redis = KillableServer(Redis(redis_folder / "data", password), processes)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def services(self) -> Services:
        """Their addresses, as the processes of the connector need them."""
        database_url = self.pooler.url if self.pooler else self.postgres.url
        return Services(database_url, self.redis.url, self.redis.url, self._keys)
