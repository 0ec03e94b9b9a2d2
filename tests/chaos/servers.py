"""The PostgreSQL, the Redis and perhaps the RabbitMQ of one world under chaos."""

import secrets
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet

from benchmarks.setup.rabbitmq import Rabbitmq
from local.servers.processes import Processes
from local.servers.redis import Redis
from local.servers.services import Services
from tests.support.servers.killable_rabbitmq import KillableRabbitmq
from tests.support.servers.killable_server import KillableServer
from tests.support.servers.pgbouncer import PGBOUNCER, start_pooler
from tests.support.servers.postgres_cluster import Cluster
from tests.support.servers.relay import Relay
from tests.support.servers.small_disks import SmallDisk, can_mount

# Bytes: enough for what Redis writes, and small enough to be filled at once.
_REDIS_DISK = 32 * 1024 * 1024


class Broker(StrEnum):
    """The server that carries the tasks."""

    REDIS = "redis"
    RABBITMQ = "rabbitmq"


class Servers:
    """All servers, with their data below `folder`, until the end of the `with` block.

    If `broker` is Redis, `rabbitmq` is None; otherwise Redis serves the limiter and the breaker only.

    `pooled` puts a PgBouncer before PostgreSQL, if this machine has one; otherwise `pooler` is None. If this process
    may not mount disks, `redis_disk` is None, and PostgreSQL has no small disk either.
    """

    def __init__(self, folder: Path, *, pooled: bool = False, broker: Broker = Broker.REDIS) -> None:
        self._folder = folder
        self._broker = broker
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
            self.rabbitmq = self._start_rabbitmq(stack, processes) if self._broker is Broker.RABBITMQ else None
            self._stack = stack.pop_all()
        return self

    def _start_rabbitmq(self, stack: ExitStack, processes: Processes) -> KillableRabbitmq:
        server = Rabbitmq(self._folder / "rabbitmq")
        stack.callback(server.end_name_server)
        return KillableRabbitmq(server, processes, stack.enter_context(Relay()))

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def services(self) -> Services:
        """Their addresses, as the processes of the connector need them."""
        database_url = self.pooler.url if self.pooler else self.postgres.url
        broker_url = self.rabbitmq.address if self.rabbitmq else self.redis.url
        return Services(database_url, broker_url, self.redis.url, self._keys)
