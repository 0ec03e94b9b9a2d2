"""A PostgreSQL that can die, fill its disk, or hand over to a standby, at one address all the while."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg

from tests.disks import SmallDisk
from tests.relay import Relay
from tests.standing import KillableServer, answers
from workers.local.postgres import Postgres, binaries, superuser_file, superuser_url
from workers.local.processes import Processes

_START_TIMEOUT = 30.0
# Bytes of log that PostgreSQL may keep: its disk is small.
_WAL = "128MB"


class _Copy(Postgres):
    """A standby: it holds what its primary held, and takes no writes until it is promoted."""

    def ready(self, port: int) -> bool:
        return answers(self.url(port))


class Cluster:
    """One primary; with `copy` a standby beside it, with `promote` that one in its place.

    `disks` gives each server a small disk of its own, which only root can. Everything ends with `stack`.
    """

    def __init__(self, folder: Path, password: str, processes: Processes, stack: ExitStack, *, disks: bool) -> None:
        self._folder = folder
        self._password = password
        self._processes = processes
        self._stack = stack
        self._disks = disks
        self._relay = stack.enter_context(Relay())
        self._made = 0
        self._retired: KillableServer | None = None
        self._copy: tuple[KillableServer, SmallDisk | None] | None = None
        place, disk = self._place()
        self._primary = KillableServer(Postgres(place, password, durable=False), processes)
        self._disk = disk
        self._relay.target = self._primary.port
        self._execute(self._primary, f"alter system set max_wal_size = '{_WAL}'", "select pg_reload_conf()")

    @property
    def url(self) -> str:
        """The address that never changes."""
        return self._primary.url_at(self._relay.port)

    @property
    def superuser_url(self) -> str:
        """That address for the server's superuser, whom the connector is not."""
        return superuser_url(self._primary.folder, self.url)

    @property
    def port(self) -> int:
        """The port of that address."""
        return self._relay.port

    def kill(self) -> None:
        """Let the primary die with all its helpers, at once and with whatever it has in memory."""
        self._primary.kill()

    def restart(self) -> None:
        """Bring the primary back after its death and wait until it answers."""
        self._primary.restart()

    def revive(self) -> None:
        """Bring the primary back if it has died by itself."""
        if not self._primary.alive:
            self._primary.restart()

    def forbid_writes(self, *, forbidden: bool) -> None:
        """Let every transaction be read-only, as an operator or a host whose disk is nearly full does."""
        value = "on" if forbidden else "off"
        self._execute(
            self._primary, f"alter system set default_transaction_read_only = {value}", "select pg_reload_conf()"
        )

    def fill_disk(self) -> None:
        """Take what is free on the primary's disk."""
        assert self._disk is not None
        self._disk.fill()

    def free_disk(self) -> None:
        """Give it back."""
        assert self._disk is not None
        self._disk.free()

    def copy(self) -> None:
        """Start a standby; from then on the primary confirms only what the standby has, too."""
        if self._retired:
            self._retired.kill()
        place, disk = self._place()
        self._base_backup(place)
        standby = KillableServer(_Copy(place, self._password, durable=False), self._processes)
        self._execute(self._primary, "alter system set synchronous_standby_names = '*'", "select pg_reload_conf()")
        _wait(self._confirms, "the standby to confirm what the primary commits")
        self._copy = standby, disk

    def promote(self, seconds: float) -> None:
        """The primary dies and its standby is promoted; for so many seconds the address leads to the old one.

        The old one comes back read-only, and keeps the sessions that it got meanwhile.
        """
        assert self._copy is not None
        old, (standby, disk) = self._primary, self._copy
        old.kill()
        self._execute(standby, "select pg_promote()")
        (old.folder / "standby.signal").touch()
        old.restart(answers)
        time.sleep(seconds)
        self._primary, self._disk, self._retired, self._copy = standby, disk, old, None
        self._relay.target = standby.port

    def _place(self) -> tuple[Path, SmallDisk | None]:
        self._made += 1
        above = self._folder / f"postgres-{self._made}"
        disk = self._stack.enter_context(SmallDisk(above)) if self._disks else None
        above.mkdir(exist_ok=True, parents=True)
        return above / "data", disk

    def _base_backup(self, place: Path) -> None:
        account = Postgres(place, self._password, durable=False).command(0).account
        if account:
            os.chown(place.parent, *account)
        uid, gid = account or (None, None)
        argv = [str(binaries() / "pg_basebackup"), "-D", str(place), "-R", "-X", "stream", "-c", "fast", "--no-sync"]
        argv += ["-d", superuser_url(self._primary.folder, self._primary.url)]
        groups: list[int] | None = [] if account else None
        subprocess.run(
            argv, user=uid, group=gid, extra_groups=groups, cwd=place.parent, check=True, capture_output=True
        )
        shutil.copy(superuser_file(self._primary.folder), superuser_file(place))

    def _confirms(self) -> bool:
        found = self._execute(self._primary, "select 1 from pg_stat_replication where sync_state = 'sync'")
        return bool(found)

    @staticmethod
    def _execute(server: KillableServer, *statements: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(superuser_url(server.folder, server.url), autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


def _wait(condition: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + _START_TIMEOUT
    while not condition():
        if time.monotonic() > ends:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.05)
