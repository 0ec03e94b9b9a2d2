"""Messages that were sent to a queue which nobody consumes are moved to the one that was meant, or deleted."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result
from kombu.connection import Connection
from redis import Redis

from cli import main
from local.servers.services import Services, environment
from tasks.broker.address import broker_connection

BODY = [[], {"store": "shop", "order": "4711"}, {}]


@pytest.fixture
def broker(fresh_services: Services) -> Iterator["Redis"]:
    with Redis.from_url(fresh_services.broker_url) as server:
        yield server


def test_messages_are_moved_to_the_queue_that_was_meant_and_can_be_read_there(
    broker: "Redis", fresh_services: Services
) -> None:
    with broker_connection(fresh_services.broker_url, 3) as connection:
        _send(connection, "ordres", priority=0)
        _send(connection, "ordres", priority=9)
    broker.lpush("ordres", "no envelope at all")
    assert "ordres" in _doctor(fresh_services)
    told = _said(fresh_services, "queues", "move", "ordres", "orders")
    assert (told.exit_code, told.stdout) == (0, "3 messages moved from ordres to orders\n")
    assert "ordres" not in _doctor(fresh_services)
    items = broker.lrange("orders", 0, -1)
    assert len(items) == 3
    bodies = [json.loads(item) for item in items if item[:1] in (b"{", "{")]
    assert [body["headers"]["task"] for body in bodies] == ["orders.import"] * 2


def test_messages_of_a_queue_that_nobody_consumes_are_deleted_after_a_yes(
    broker: "Redis", fresh_services: Services
) -> None:
    broker.lpush("ordres", "one", "two")
    refused = CliRunner().invoke(main, ["queues", "drop", "ordres"], env=environment(fresh_services), input="n\n")
    assert "Delete 2 messages of ordres?" in refused.stdout
    assert broker.llen("ordres") == 2
    assert _said(fresh_services, "queues", "drop", "ordres", "--yes").stdout == "2 messages of ordres deleted\n"
    assert broker.llen("ordres") == 0


def test_the_connector_s_own_queues_are_left_alone(broker: "Redis", fresh_services: Services) -> None:
    broker.lpush("orders", "one")
    told = _said(fresh_services, "queues", "drop", "orders", "--yes")
    assert told.exit_code == 1
    assert "Orders is the connector's own queue" in told.stderr
    assert broker.llen("orders") == 1


def test_a_queue_without_messages_is_met_with_those_that_have_some(broker: "Redis", fresh_services: Services) -> None:
    broker.lpush("ordres", "one")
    told = _said(fresh_services, "queues", "move", "odrers", "orders")
    assert told.exit_code == 1
    assert "name one that nobody consumes: ordres" in told.stderr.lower()


def _send(connection: Connection, queue: str, priority: int) -> None:
    headers = {"task": "orders.import", "id": "1", "lang": "py"}
    producer: Any = connection.Producer()  # type: ignore[no-untyped-call] # kombu is untyped
    producer.publish(
        json.dumps(BODY),
        routing_key=queue,
        priority=priority,
        headers=headers,
        content_type="application/json",
        declare=[],
        exchange="",
    )


def _doctor(services: Services) -> str:
    found = json.loads(_said(services, "doctor", "--json").stdout)
    return " ".join(check["name"] for check in found["checks"])


def _said(services: Services, *words: str) -> Result:
    return CliRunner().invoke(main, list(words), env=environment(services))
