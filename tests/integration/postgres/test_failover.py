"""A primary ends, its standby is promoted, and for a while the address leads to a server that takes no writes."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psycopg
import pytest

from ledger.postgres.database import Database
from ledger.postgres.migrate import migrate
from ledger.postgres.session import Session
from local.servers.processes import Processes
from schemas.errors import RetryLater
from tests.support.connector.world import wait_for
from tests.support.servers.pgbouncer import needs_pgbouncer, start_pooler
from tests.support.servers.postgres_cluster import Cluster

# Sessions that the pool has open on the old primary, and the seconds for which the address leads to it.
SESSIONS, WINDOW = 8, 3
WITHIN = 60  # seconds, on a busy machine


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not pytest's own folder: PostgreSQL runs as another account if we are root, and may not enter that one.
    with tempfile.TemporaryDirectory(prefix="connector-") as name:
        yield Path(name)


@pytest.fixture
def cluster(folder: Path) -> Iterator[Cluster]:
    with ExitStack() as stack:
        processes = stack.enter_context(Processes(folder / "logs"))
        yield Cluster(folder, "password-of-tests", processes, stack, disks=False)


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    opened = Database(cluster.url, patience=2)
    migrate(opened)
    yield opened
    opened.close()


def test_after_a_failover_every_session_leads_to_the_new_primary(cluster: Cluster, database: Database) -> None:
    cluster.add_standby()
    failover = threading.Thread(target=cluster.promote, args=(WINDOW,))
    failover.start()
    while failover.is_alive():
        _open_sessions(database)
    failover.join(60)
    # One that was opened just before the address moved, and never used, is found out by its first write.
    wait_for(lambda: _refusals(database) == set(), WITHIN, "every write to succeed")


def test_after_a_failover_nobody_reads_from_the_old_primary(cluster: Cluster, database: Database) -> None:
    cluster.add_standby()
    failover = threading.Thread(target=cluster.promote, args=(WINDOW,))
    failover.start()
    seen_read_only = False
    while failover.is_alive():
        seen_read_only |= True in _open_sessions(database)
    failover.join(60)
    assert seen_read_only
    wait_for(lambda: _open_sessions(database).count(False) == SESSIONS, WITHIN, "every session to lead to the new one")


@needs_pgbouncer
def test_after_a_failover_a_pooler_hands_out_no_session_of_the_old_primary(cluster: Cluster, folder: Path) -> None:
    cluster.add_standby()
    with Processes(folder / "logs-of-the-pooler") as processes:
        pooler = start_pooler(folder / "pgbouncer", cluster.url, processes)
        through = Database(pooler.url, patience=2)
        migrate(through)
        failover = threading.Thread(target=cluster.promote, args=(WINDOW,))
        failover.start()
        seen_read_only = False
        while failover.is_alive():
            seen_read_only |= True in _open_sessions(through)
        failover.join(60)
        assert seen_read_only
        # Workers write all the time; whoever only reads is spared by that.
        wait_for(lambda: _refusal(through) is None and _only_the_new_one(through), WITHIN, "the old sessions to end")
        through.close()


def _only_the_new_one(database: Database) -> bool:
    return all(_open_sessions(database) == [False] * SESSIONS for _ in range(3))


def test_a_server_that_takes_no_writes_says_so_and_is_tried_again(cluster: Cluster, database: Database) -> None:
    _open_sessions(database)
    cluster.forbid_writes(forbidden=True)
    wait_for(lambda: _refusal(database) is not None, WITHIN, "the first refusal")
    assert _refusal(database) == (
        "the database takes no writes: cannot execute UPDATE in a read-only transaction (25006)"
    )
    cluster.forbid_writes(forbidden=False)
    wait_for(lambda: _refusal(database) is None, WITHIN, "a write to succeed")


@pytest.mark.parametrize("standby", ["gone", "silent"])
def test_a_primary_whose_standby_does_not_confirm_says_so_instead_of_hanging(
    cluster: Cluster, database: Database, standby: str
) -> None:
    if standby == "silent":
        cluster.add_standby()
    cluster.wait_for_standbys("another")
    writer = threading.Thread(target=_write, args=(cluster,), daemon=True)
    writer.start()
    wait_for(lambda: _refusal(database) is not None, WITHIN, "the first refusal")
    assert _refusal(database) == (
        "the database takes no writes: each commit waits for a standby that does not confirm it: another"
    )
    cluster.wait_for_standbys("")
    wait_for(lambda: _refusal(database) is None, WITHIN, "a write to succeed")
    writer.join(WITHIN)
    assert not writer.is_alive()


def _write(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute("update schema_migrations set version = version")


def test_a_server_that_takes_no_more_sessions_is_named_with_its_own_words(cluster: Cluster) -> None:
    with psycopg.connect(cluster.superuser_url, autocommit=True) as connection:
        connection.execute("create role small login password 'password-of-tests' connection limit 0")
    database = Database(cluster.url.replace("//connector:", "//small:"), patience=2)
    assert _refusal(database) == ('the database does not answer: too many connections for role "small"')
    database.close()


def test_a_server_that_was_away_for_long_is_found_back_at_once(cluster: Cluster, database: Database) -> None:
    cluster.kill()
    wait_for(lambda: _refusal(database) is not None, WITHIN, "the first refusal")
    for _ in range(5):
        assert _refusal(database) is not None
    cluster.restart()
    wait_for(lambda: _refusal(database) is None, 5, "a write to succeed")


def _open_sessions(database: Database) -> list[bool]:
    """Hold some sessions at the same time; one that cannot be had makes the others give up.

    Returns of each whether it leads to a standby. They only read.
    """
    together = threading.Barrier(SESSIONS)
    standby: list[bool] = []

    def look(session: Session) -> None:
        row = session.execute("select pg_is_in_recovery() as standby").fetchone()
        assert row is not None
        standby.append(row["standby"])
        together.wait(1)

    def hold() -> None:
        with suppress(RetryLater, threading.BrokenBarrierError):
            database.transaction(look)

    threads = [threading.Thread(target=hold) for _ in range(SESSIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return standby


def _refusals(database: Database) -> set[str]:
    return {refusal for _ in range(2 * SESSIONS) if (refusal := _refusal(database))}


def _refusal(database: Database) -> str | None:
    try:
        database.check_writes()
    except RetryLater as error:
        return str(error)
    return None
