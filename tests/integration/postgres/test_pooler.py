"""Behind a PgBouncer in transaction mode the connector works as before, with a few sessions for all its processes."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ledger.postgres.database import Database
from ledger.postgres.migrate import migrate
from ledger.postgres.session import Session, configure
from local.servers.processes import Processes
from local.servers.services import Services
from tests.support.connector.world import TENANT, World, wait_for
from tests.support.servers.killable_server import KillableServer
from tests.support.servers.pgbouncer import SESSIONS, needs_pgbouncer, start_pooler

pytestmark = needs_pgbouncer

CLIENTS = 12
# More than psycopg waits for before it prepares a statement.
REPEATS = 30


@pytest.fixture
def pooler(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Iterator[KillableServer]:
    folder = tmp_path_factory.mktemp("pooler")
    with Processes(folder / "logs") as processes:
        yield start_pooler(folder / "pgbouncer", database_url, processes)


@pytest.fixture
def database(pooler: KillableServer) -> Iterator[Database]:
    opened = Database(pooler.url, size=CLIENTS)
    yield opened
    opened.close()


def test_every_client_gets_the_answers_to_its_own_statements(database: Database) -> None:
    assert _wrong_answers(database.transaction) == []


def test_prepared_statements_would_be_mixed_up(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def prepares(session: Session, *, pooled: bool) -> None:
        session.prepare_threshold = 2

    monkeypatch.setattr("ledger.postgres.database.configure", prepares)
    assert _wrong_answers(database.transaction) != []


def test_a_session_behind_a_pooler_prepares_nothing(pooler: KillableServer, database_url: str) -> None:
    assert _prepare_threshold(pooler.url) is None
    assert _prepare_threshold(database_url) is not None


def test_a_migration_through_the_pooler_gives_its_sessions_to_come_our_settings(
    database: Database, database_url: str
) -> None:
    migrate(database)
    with psycopg.connect(database_url, autocommit=True) as unconfigured:
        found: dict[str, str] = dict(
            unconfigured.execute(
                "select name, reset_val || coalesce(nullif(unit, '8kB'), '') from pg_settings where name = any(%s)",
                (["statement_timeout", "idle_in_transaction_session_timeout", "default_transaction_isolation"],),
            ).fetchall()
        )
    assert found == {
        "statement_timeout": "120000ms",
        "idle_in_transaction_session_timeout": "60000ms",
        "default_transaction_isolation": "read committed",
    }


def test_orders_go_both_ways_through_the_pooler(
    pooler: KillableServer, fresh_services: Services, tmp_path: Path
) -> None:
    services = Services(pooler.url, fresh_services.broker_url, fresh_services.redis_url, fresh_services.keys)
    with World(services, tmp_path, WALK_INTERVAL="1", WALK_PERIOD="3") as world:
        world.shop("pooled")
        world.start(8)
        for _ in range(10):
            world.epages.place("pooled", paid=True, test=False, payment="PayPal")
        world.settle()
        for order in world.afosto.orders(TENANT)[:5]:
            world.afosto.ship(TENANT, order["id"], None, f"T{order['number']}")
        for order in world.afosto.orders(TENANT)[5:]:
            world.afosto.cancel(TENANT, order["id"])
        wait_for(lambda: not world.prove().differences, 150, "both sides to be equal")
        assert _server_sessions(world) <= SESSIONS


def _wrong_answers(run: Callable[[Callable[[Session], Any]], Any]) -> list[object]:
    """Let each client ask for its own number again and again, all at once; returns what is not that number."""
    wrong: list[object] = []

    def ask(client: int) -> None:
        def work(session: Session) -> Any:
            # Another text for each client, so that each would prepare a statement of its own under the same name.
            return session.execute(f"select {client} as own, pg_sleep(0.001)".encode()).fetchone()

        for _ in range(REPEATS):
            try:
                row = run(work)
            except Exception as error:  # noqa: BLE001 - whatever goes wrong is what the test is about
                wrong.append(error)
                return
            found = row["own"]
            if found != client:
                wrong.append(found)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return wrong


def _prepare_threshold(url: str) -> int | None:
    with psycopg.connect(url, autocommit=True, row_factory=psycopg.rows.dict_row) as session:
        configure(session, pooled=False)
        return session.prepare_threshold


def _server_sessions(world: World) -> int:
    row = world.ledger.database.transaction(
        lambda session: session.execute(
            "select count(*) as sessions from pg_stat_activity where datname = current_database()"
        ).fetchone()
    )
    assert row is not None
    return int(row["sessions"])
