"""A PostgreSQL that can be killed, fill its disk, or be replaced by a standby, always at the same address."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg

from local.servers.postgres import Postgres, binaries, superuser_file, superuser_url
from local.servers.processes import Processes
from tests.support.servers.killable_server import KillableServer, answers
from tests.support.servers.relay import Relay
from tests.support.servers.small_disks import SmallDisk

_START_TIMEOUT = 30.0
# Maximum size of the write-ahead log, because the disk is small.
_WAL = "128MB"


class _Standby(Postgres):
    """A standby: it has the data of its primary, and accepts no writes until it is promoted."""

    def ready(self, port: int) -> bool:
        return answers(self.url(port))


class Cluster:
    """One primary. `add_standby` starts a standby; `promote` puts it in the primary's place.

    With `disks` each server gets its own small disk, which needs root. Everything ends with `stack`.
    """

    def __init__(self, folder: Path, password: str, processes: Processes, stack: ExitStack, *, disks: bool) -> None:
        self._folder = folder
        self._password = password
        self._processes = processes
        self._stack = stack
        self._disks = disks
        self._relay = stack.enter_context(Relay())
        self._servers_started = 0
        self._retired: KillableServer | None = None
        self._standby: tuple[KillableServer, SmallDisk | None] | None = None
        folder, disk = self._data_folder()
        self._primary = KillableServer(Postgres(folder, password, durable=False), processes)
        self._disk = disk
        self._relay.target = self._primary.port
        self._execute(self._primary, f"alter system set max_wal_size = '{_WAL}'", "select pg_reload_conf()")

    @property
    def url(self) -> str:
        """The address, which never changes."""
        return self._primary.url_at(self._relay.port)

    @property
    def superuser_url(self) -> str:
        """The same address for the server's superuser, which the connector never uses."""
        return superuser_url(self._primary.folder, self.url)

    @property
    def port(self) -> int:
        """The port of that address."""
        return self._relay.port

    def kill(self) -> None:
        """Kill the primary with all its helper processes; what it has in memory is lost."""
        self._primary.kill()

    def restart(self) -> None:
        """Start the primary again and wait until it answers."""
        self._primary.restart()

    def revive(self) -> None:
        """Start the primary again if it has died by itself."""
        if not self._primary.alive:
            self._primary.restart()

    def forbid_writes(self, *, forbidden: bool) -> None:
        """Make every transaction read-only, as an operator does, or a host whose disk is nearly full."""
        value = "on" if forbidden else "off"
        self._execute(
            self._primary, f"alter system set default_transaction_read_only = {value}", "select pg_reload_conf()"
        )

    def wait_for_standbys(self, names: str) -> None:
        """Let each commit wait until the standbys of these names have confirmed it; none with an empty text."""
        self._execute(
            self._primary, f"alter system set synchronous_standby_names = '{names}'", "select pg_reload_conf()"
        )

    def fill_disk(self) -> None:
        """Fill the primary's disk."""
        assert self._disk is not None
        self._disk.fill()

    def free_disk(self) -> None:
        """Free the primary's disk again."""
        assert self._disk is not None
        self._disk.free()

    def add_standby(self) -> None:
        """Start a standby; from then on the primary confirms a commit only when the standby has it."""
        if self._retired:
            self._retired.kill()
        folder, disk = self._data_folder()
        self._base_backup(folder)
        standby = KillableServer(_Standby(folder, self._password, durable=False), self._processes)
        self._execute(self._primary, "alter system set synchronous_standby_names = '*'", "select pg_reload_conf()")
        _wait(self._confirms, "the standby to confirm what the primary commits")
        self._standby = standby, disk

    def promote(self, seconds: float) -> None:
        """Kill the primary and promote its standby; for `seconds` the address still leads to the old server.

        The old server starts again read-only, and keeps the sessions that it got meanwhile.
        """
        assert self._standby is not None
        old, (standby, disk) = self._primary, self._standby
        old.kill()
        self._execute(standby, "select pg_promote()")
        (old.folder / "standby.signal").touch()
        old.restart(answers)
        time.sleep(seconds)
        self._primary, self._disk, self._retired, self._standby = standby, disk, old, None
        self._relay.target = standby.port

    def _data_folder(self) -> tuple[Path, SmallDisk | None]:
        self._servers_started += 1
        disk_folder = self._folder / f"postgres-{self._servers_started}"
        disk = self._stack.enter_context(SmallDisk(disk_folder)) if self._disks else None
        disk_folder.mkdir(exist_ok=True, parents=True)
        return disk_folder / "data", disk

    def _base_backup(self, folder: Path) -> None:
        account = Postgres(folder, self._password, durable=False).command(0).account
        if account:
            os.chown(folder.parent, *account)
        uid, gid = account or (None, None)
        # It copies older servers too, but names the primary (-R) with options that they do not know.
        primary = superuser_url(self._primary.folder, self._primary.url)
        argv = [str(binaries() / "pg_basebackup"), "-D", str(folder), "-X", "stream", "-c", "fast", "--no-sync"]
        argv += ["-d", primary]
        groups: list[int] | None = [] if account else None
        subprocess.run(
            argv, user=uid, group=gid, extra_groups=groups, cwd=folder.parent, check=True, capture_output=True
        )
        (folder / "standby.signal").touch()
        with (folder / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"primary_conninfo = '{primary}'\n")
        shutil.copy(superuser_file(self._primary.folder), superuser_file(folder))

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
            raise AssertionError(f"timed out waiting for {what}")
        time.sleep(0.05)
