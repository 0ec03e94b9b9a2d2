"""The three doors for other systems lead to one job, and the gateway's own process keeps its manners."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from ledger.postgres.database import Row
from local.servers.services import Services
from local.servers.startup import free_port
from schemas.messages import PUBLIC_TASKS
from tasks.broker.producer import Producer
from tests.hosts.support.host import ROOT
from tests.support.connector.gateway import message, sign
from tests.support.connector.world import TENANT, World, wait_for

EXAMPLES = ROOT / "docs" / "examples"
SHOP = "shop"


@pytest.fixture
def world(services: Services, tmp_path: Path) -> Iterator[World]:
    with World(services, tmp_path) as started:
        started.shop(SHOP)
        yield started


@pytest.fixture
def gateway(world: World) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    port = free_port()
    process = world._spawn("gateway", ["connector", "gateway", "--port", str(port), "--workers", "1"])
    url = f"http://127.0.0.1:{port}"
    wait_for(lambda: _answers(url), 30, "the gateway to answer")
    yield process, url
    process.terminate()
    process.wait(20)


@pytest.mark.parametrize(
    ("program", "example"), [(sys.executable, "send_task.py"), ("node", "send_task.mjs"), ("sh", "send_task.sh")]
)
def test_an_example_without_arguments_says_how_it_is_used(program: str, example: str) -> None:
    argv = [_program(program), str(EXAMPLES / example)]
    ended = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode in (1, 2)
    assert example in ended.stderr
    assert not {"Traceback", "TypeError", "parameter not set"} & set(ended.stderr.split())


def test_a_celery_message_a_raw_message_and_a_request_lead_to_the_same_job(
    world: World, gateway: tuple[subprocess.Popen[bytes], str]
) -> None:
    order = world.epages.place(SHOP, paid=True, test=False)["id"]
    token = world.ledger.tokens.add("erp", ["orders.import"], [SHOP])
    world.worker("orders")
    keywords = json.dumps({"store": SHOP, "order": order})
    broker = world.settings.broker_url
    doors = {
        "celery": [sys.executable, str(EXAMPLES / "send_task.py"), broker, "orders", "orders.import", keywords],
        "raw": [_program("node"), str(EXAMPLES / "send_task.mjs"), broker, "orders", "orders.import", keywords],
        "http": [_program("sh"), str(EXAMPLES / "send_task.sh"), gateway[1], "orders.import", keywords, "paid"],
    }
    _program("curl")
    for wanted, (door, argv) in enumerate(doors.items(), 1):
        _run(argv, {**os.environ, "CONNECTOR_TOKEN": token})
        wait_for(lambda count=wanted: _is_done(world, order, count), 30, f"the {door} door's task to be done")  # type: ignore[misc]
    assert len(_jobs(world, order)) == 1


def test_a_request_sent_twice_by_the_example_is_one_request(
    world: World, gateway: tuple[subprocess.Popen[bytes], str]
) -> None:
    token = world.ledger.tokens.add("erp", PUBLIC_TASKS, [])
    argv = [_program("sh"), str(EXAMPLES / "send_task.sh"), gateway[1], "orders.import"]
    keywords = json.dumps({"store": SHOP, "order": "4711"})
    env = {**os.environ, "CONNECTOR_TOKEN": token}
    first, again, other = (json.loads(_run([*argv, keywords, key], env)) for key in ("paid", "paid", "packed"))
    assert first == again
    assert [first["job"]["wanted"], other["job"]["wanted"]] == [1, 2]


@pytest.mark.parametrize("names_order", [True, False], ids=["deliveries name their order", "deliveries name none"])
def test_what_happens_in_afosto_makes_its_order_due_for_a_look(
    world: World, gateway: tuple[subprocess.Popen[bytes], str], names_order: bool
) -> None:
    world.afosto.set_switches(TENANT, delivery_names_order=names_order, webhook_duplicates=1.0)
    endpoint = world.ledger.webhooks.add(SHOP, "hush")
    order = world.epages.place(SHOP, paid=True, test=False)["id"]
    world.worker("orders")
    Producer(world.settings).send("orders.import", {"store": SHOP, "order": order})
    wait_for(lambda: _is_done(world, order, 1), 30, "the order to be imported")
    world.afosto.listen(TENANT, f"{gateway[1]}/webhooks/afosto/{endpoint}", "hush")
    (afosto_order,) = world.afosto.orders(TENANT)
    world.afosto.ship(TENANT, afosto_order["id"])
    wait_for(lambda: _all_taken(world), 20, "every delivery to be taken", lambda: str(world.afosto.deliveries(TENANT)))
    messages = {delivery["message_id"]: delivery["event"] for delivery in world.afosto.deliveries(TENANT)}
    about_it = [event for event in messages.values() if names_order or event.startswith("ORDER")]
    assert "IN_TRANSIT" in messages.values()
    (look,) = (row for row in world.ledger.jobs.search(store=SHOP) if row["flow"] == "looks")
    assert (look["subject"], look["wanted"]) == (order, len(about_it))


def test_a_large_body_is_refused_while_it_is_sent(world: World, gateway: tuple[subprocess.Popen[bytes], str]) -> None:
    url = f"{gateway[1]}/webhooks/afosto/{world.ledger.webhooks.add(SHOP, 'hush')}"
    for body in (b" " * 10_000_000, iter([b" " * 100_000] * 100)):
        answer = requests.post(url, body, timeout=10)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too-large")


def test_a_body_that_does_not_tell_its_length_is_taken(
    world: World, gateway: tuple[subprocess.Popen[bytes], str]
) -> None:
    endpoint = world.ledger.webhooks.add(SHOP, "hush")
    body = json.dumps(message()).encode()
    headers = {"X-Afosto-Hmac-Sha256": sign(body, "hush"), "Content-Type": "application/json"}
    answer = requests.post(f"{gateway[1]}/webhooks/afosto/{endpoint}", iter([body]), headers=headers, timeout=10)
    assert (answer.status_code, answer.json()) == (200, {"new": True})


def test_a_gateway_that_is_stopped_ends_what_it_began(gateway: tuple[subprocess.Popen[bytes], str]) -> None:
    process, url = gateway
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as caller:
        caller.sendall(b"POST /webhooks/afosto/any HTTP/1.1\r\nHost: gateway\r\nContent-Length: 2\r\n\r\n{")
        # The rest comes only after the signal: the request is under way for sure.
        wait_for(lambda: _answers(url), 5, "the gateway to answer another caller meanwhile")
        process.send_signal(signal.SIGTERM)
        caller.sendall(b"}")
        assert caller.recv(1000).startswith(b"HTTP/1.1 404")
    assert process.wait(20) == 0


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/readyz", timeout=5).ok
    except requests.RequestException:
        return False


def _all_taken(world: World) -> bool:
    deliveries = world.afosto.deliveries(TENANT)
    return bool(deliveries) and all(delivery["answers"][-1:] == [200] for delivery in deliveries)


def _jobs(world: World, order: str) -> list[Row]:
    return [row for row in world.ledger.jobs.search(store=SHOP, flow="orders.import") if row["subject"] == order]


def _is_done(world: World, order: str, wanted: int) -> bool:
    return [(row["wanted"], row["done"]) for row in _jobs(world, order)] == [(wanted, wanted)]


def _program(name: str) -> str:
    """Find a program that an example needs; in CI, which has it, its absence is a failure."""
    found = shutil.which(name)
    if not found:
        reason = f"{name} is not installed"
        (pytest.fail if name != "node" and os.environ.get("CI") == "true" else pytest.skip)(reason)
    return str(found)


def _run(argv: list[str], env: dict[str, str]) -> str:
    ran = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=30, check=False)
    assert ran.returncode == 0, ran.stderr + ran.stdout
    return ran.stdout
