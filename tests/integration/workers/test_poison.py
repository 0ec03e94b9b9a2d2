"""Whatever arrives on a queue, a real worker sets it aside and works on the next message."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet
from kombu.message import Message
from structlog.testing import capture_logs

from benchmarks.setup.rabbitmq import rabbitmq
from cli import main
from ledger.inbound.set_aside_messages import CONTENT, KEPT, SetAsideMessage
from ledger.ledger import Ledger
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet
from local.servers.services import Services, environment
from tasks.broker.consumers import slots_of_queues
from tasks.set_aside import keep
from tests.support.connector.poison_messages import HUGE, KEYWORDS, harmless, poison_messages
from tests.support.connector.world import World, wait_for
from workers.poison import described

QUEUE = "orders"
POOLS = ("threads", "prefork")


@pytest.fixture(scope="module")
def rabbit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    try:
        # RabbitMQ 4 would itself refuse what has more than 16 MiB.
        with rabbitmq(tmp_path_factory.mktemp("rabbitmq"), f"max_message_size = {2 * HUGE}") as (address, _):
            yield address
    except SystemExit as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module", params=["redis", "rabbitmq"])
def world(
    request: pytest.FixtureRequest, services: Services, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    broker = {} if request.param == "redis" else {"BROKER_URL": request.getfixturevalue("rabbit")}
    with World(services, tmp_path_factory.mktemp("world"), **broker) as started:
        started.shop(KEYWORDS["store"])
        yield started


@contextmanager
def running(world: World, pool: str) -> Iterator[subprocess.Popen[bytes]]:
    worker = world.worker(QUEUE, 2, pool=pool)
    wait_for(lambda: slots_of_queues(world.ledger.dispatch_window)[QUEUE] > 0, 30, "the worker")
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait(30)


def jobs(world: World) -> set[str]:
    return {job["subject"] for job in world.ledger.jobs.search(limit=1000)}


@pytest.mark.parametrize("pool", POOLS)
def test_a_worker_sets_every_poison_aside_and_works_on_the_next_message(world: World, pool: str) -> None:
    found = poison_messages(world.settings.broker_url)
    with running(world, pool) as worker:
        for name, publish in found.items():
            publish(world.settings.broker_url, QUEUE)
            wait_for(lambda: bool(world.ledger.set_aside.kept()) or worker.poll() is not None, 60, name)
            assert worker.poll() is None, f"{name} ended the worker"
            (kept,) = world.ledger.set_aside.kept()
            assert (kept["queue"], kept["times"]) == (QUEUE, 1), name
            world.ledger.set_aside.forget(None)
    assert KEYWORDS["order"] not in jobs(world)


@pytest.mark.parametrize("pool", POOLS)
def test_a_worker_passes_over_what_it_does_not_need_of_a_message(world: World, pool: str) -> None:
    found = harmless(world.settings.broker_url)
    with running(world, pool) as worker:
        for publish in found.values():
            publish(world.settings.broker_url, QUEUE)
        wait_for(lambda: found.keys() <= jobs(world), 60, "a job for each", lambda: str(found.keys() - jobs(world)))
        assert worker.poll() is None
    assert not world.ledger.set_aside.kept()


def test_equal_messages_are_one_row_and_of_each_queue_the_newest_hundred_stay(ledger: Ledger) -> None:
    for number in range(KEPT + 5):
        ledger.set_aside.keep(aside(content=f"message {number}"))
    ledger.set_aside.keep(aside(content="message 100", message_id="the last one"))
    ledger.set_aside.keep(aside(queue="exports"))
    kept = ledger.set_aside.kept()
    assert [(row["queue"], row["times"], row["message_id"]) for row in kept[:2]] == [
        ("exports", 1, "id"),
        ("orders", 2, "the last one"),
    ]
    assert [(row["queue"], row["messages"]) for row in ledger.set_aside.counts()] == [("exports", 1), ("orders", KEPT)]


def test_without_a_database_the_log_tells_what_the_message_was() -> None:
    nowhere = Ledger(Database("postgresql://127.0.0.1:1/none", patience=0.1), KeySet([Fernet.generate_key().decode()]))
    with capture_logs() as logs:
        keep(nowhere, aside(content="the content"))
    assert [(line["message"], line["queue"], line["content"]) for line in logs] == [("id", "orders", "the content")]


def test_what_is_kept_of_a_message_has_no_secret_no_control_character_and_an_end() -> None:
    body = b'{"password": "hush", "store": "\x1b[2J\xff"}' + b"x" * 10_000
    given = {"headers": {"id": ["odd"]}, "delivery_info": {"routing_key": "orders"}}
    kept = described(Message(body, **given), "why\n")  # type: ignore[no-untyped-call] # kombu is untyped
    assert kept.content.startswith(r'{"password": "***", "store": "\x1b[2J\xff"}xxx')
    assert (len(kept.content), kept.size, kept.message_id, kept.why) == (CONTENT, len(body), "['odd']", r"why\n")


def test_a_person_lists_shows_and_forgets_them(ledger: Ledger, fresh_services: Services) -> None:
    def connector(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["messages", *arguments], env=environment(fresh_services))

    assert "no message was set aside" in connector("list").stdout
    ledger.set_aside.keep(aside(content="the content", why="its body is odd"))
    (row,) = json.loads(connector("list", "--json").stdout)
    assert "its body is odd" in connector("list").stdout
    assert "the content" in connector("show", str(row["id"])).stdout
    refused = connector("forget")
    assert (refused.exit_code, "--all" in refused.stderr) == (2, True)
    assert connector("forget", str(row["id"])).stdout == "1 message forgotten\n"
    gone = connector("show", str(row["id"]))
    assert (gone.exit_code, "connector messages list" in gone.stderr) == (1, True)


def aside(**changes: Any) -> SetAsideMessage:
    usual = {"queue": "orders", "message_id": "id", "task": None, "why": "why", "size": 1, "content": "content"}
    return SetAsideMessage(**{**usual, **changes})


@pytest.fixture
def ledger(fresh_services: Services) -> Iterator[Ledger]:
    opened = Ledger(Database(fresh_services.database_url), KeySet([fresh_services.keys]))
    yield opened
    opened.close()
