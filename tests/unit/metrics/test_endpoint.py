"""Each process finds a port of its own, and tells others an address at which they reach it."""

import socket

import pytest
import requests

from local.servers.startup import free_port
from metrics import endpoint
from metrics.endpoint import Endpoint, open_endpoint
from metrics.measures import note_task_end, note_task_start, status_label

DATABASE = "postgresql://connector:secret@127.0.0.1:5432/connector"


def test_processes_with_one_setting_take_ports_one_after_another() -> None:
    first = free_port()
    opened = [open_endpoint("127.0.0.1", first) for _ in range(3)]
    ports = [each.port for each in opened if each]
    assert ports == sorted(set(ports))
    assert (len(ports), ports[0]) == (3, first)
    note_task_start()
    note_task_end("orders.import", "success", 0.2)
    for port in ports:
        text = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10, proxies={"http": ""}).text
        assert 'connector_task_seconds_count{outcome="success",task="orders.import"}' in text
        assert "process_resident_memory_bytes" in text


def test_a_process_without_a_free_port_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "PORTS", 1)
    with socket.create_server(("127.0.0.1", 0)) as taker:
        assert open_endpoint("127.0.0.1", taker.getsockname()[1]) is None


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1:9471"),
        ("10.0.0.7", "10.0.0.7:9471"),
        ("::1", "[::1]:9471"),
        # The way to the database leads over this address.
        ("0.0.0.0", "127.0.0.1:9471"),  # noqa: S104 - an address to be told to others
    ],
)
def test_an_address_is_one_that_others_can_use(host: str, address: str) -> None:
    assert Endpoint(host, 9471).address(DATABASE) == address


def test_a_database_behind_a_local_socket_leads_to_this_machine() -> None:
    assert Endpoint("0.0.0.0", 9471).address("postgresql:///connector") == "127.0.0.1:9471"  # noqa: S104 - the same


def test_a_vendor_that_invents_statuses_adds_one_label() -> None:
    assert [status_label(status) for status in (None, 200, 429, 299, 999)] == ["none", "200", "429", "other", "other"]
