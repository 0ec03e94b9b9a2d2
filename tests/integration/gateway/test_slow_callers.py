"""Callers that are slow, silent or broken: a real gateway with few threads answers everybody else meanwhile."""

import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest
import requests

from ledger.ledger import Ledger
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet
from local.servers.services import Services, environment
from local.servers.startup import free_port
from tests.support.connector.gateway import WEBHOOK_SECRET, sign
from tests.support.connector.world import wait_for
from tests.support.ledger.rows import store_values

THREADS = 2
PATIENCE = 10  # seconds in which a gateway that is not held up answers, even on a busy machine
UNKNOWN = "/webhooks/afosto/nobody"


class Gateway:
    """A gateway of one process; `open` is a caller's connection that has sent so much."""

    def __init__(self, port: int, log: Path, process: "subprocess.Popen[bytes]", endpoint: str) -> None:
        self.port, self.log, self.process, self.endpoint = port, log, process, endpoint
        self.calls = ExitStack()

    def open(self, said: bytes) -> socket.socket:
        caller = self.calls.enter_context(socket.create_connection(("127.0.0.1", self.port), timeout=3 * PATIENCE))
        caller.sendall(said)
        return caller

    def answers(self) -> bool:
        return requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=PATIENCE).ok


@pytest.fixture
def gateway(fresh_services: Services, tmp_path: Path) -> Iterator[Gateway]:
    with _ledger(fresh_services) as ledger:
        ledger.stores.add(store_values("shop"), {}, 60.0)
        endpoint = ledger.webhooks.add("shop", WEBHOOK_SECRET)
    port, log = free_port(), tmp_path / "gateway.log"
    options = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--threads", str(THREADS)]
    env = {**os.environ, **environment(fresh_services)}
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", "gateway", *options], env=env, stdout=output, stderr=output)
    started = Gateway(port, log, process, f"/webhooks/afosto/{endpoint}")
    try:
        wait_for(lambda: _listens(port), 30, "the gateway")
        yield started
    finally:
        started.calls.close()
        process.kill()
        process.wait(30)


@contextmanager
def _ledger(services: Services) -> Iterator[Ledger]:
    ledger = Ledger(Database(services.database_url), KeySet([services.keys]))
    yield ledger
    ledger.close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def post(path: str, *fields: str) -> bytes:
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: gateway", *fields, "", ""]).encode()


SLOW = {
    "nothing": b"",
    "a part of a head": b"POST /webhooks/afosto/x HTTP/1.1\r\nHost: ga",
    "a head and one byte": post(UNKNOWN, "Content-Length: 1000") + b"{",
    "a head of a request that has no use for a body": post("/healthz", "Content-Length: 1000").replace(b"POST", b"GET"),
    "half a chunk": post(UNKNOWN, "Transfer-Encoding: chunked") + b"40\r\n{",
    "a body too large for everybody": post(UNKNOWN, "Content-Length: 99999999") + b"{",
    "a whole request, and no end of the connection": b"no HTTP\r\n\r\n",
    "a wish to be told to go on": post(UNKNOWN, "Content-Length: 1000", "Expect: 100-continue"),
}


@pytest.mark.parametrize("said", SLOW.values(), ids=SLOW)
def test_two_hundred_slow_callers_keep_nobody_waiting(gateway: Gateway, said: bytes) -> None:
    for _ in range(200):
        gateway.open(said)
    assert gateway.answers()


def test_slow_callers_who_know_an_endpoint_keep_nobody_waiting_either(gateway: Gateway) -> None:
    for _ in range(200):
        gateway.open(post(gateway.endpoint, "Content-Length: 1000") + b"{")
    assert gateway.answers()


def test_callers_who_take_no_answer_keep_nobody_waiting(gateway: Gateway) -> None:
    wish = b"GET /openapi.json HTTP/1.1\r\nHost: gateway\r\n\r\n"
    for _ in range(20):
        caller = gateway.open(b"")
        caller.setblocking(False)
        caller.send(wish * 100)
    assert gateway.answers()


def test_a_thousand_silent_connections_are_more_than_are_kept_and_the_oldest_go(gateway: Gateway) -> None:
    callers = [gateway.open(b"") for _ in range(600)]
    assert gateway.answers()
    assert callers[0].recv(1) == b""


def test_a_gateway_that_may_open_no_more_files_closes_the_oldest_and_answers(gateway: Gateway) -> None:
    assert gateway.answers()  # before its first answer it may not have forked yet
    (worker,) = psutil.Process(gateway.process.pid).children()
    resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, (worker.num_fds() + 20, 4096))
    callers = [gateway.open(b"") for _ in range(100)]
    assert gateway.answers()
    assert callers[0].recv(1) == b""
    assert worker.is_running()


def test_a_request_that_is_not_whole_in_time_is_given_up(gateway: Gateway) -> None:
    caller = gateway.open(post(gateway.endpoint, "Content-Length: 1000") + b"{")
    assert caller.recv(1000).startswith(b"HTTP/1.1 408 ")
    assert caller.recv(1000) == b""


BROKEN = {
    "a wrong size of a chunk": post("/P", "Transfer-Encoding: chunked") + b"xyz\r\n{}\r\n0\r\n\r\n",
    "a negative size of a chunk": post("/P", "Transfer-Encoding: chunked") + b"-2\r\n{}\r\n0\r\n\r\n",
    "a chunk longer than its size": post("/P", "Transfer-Encoding: chunked") + b"1\r\n{}\r\n0\r\n\r\n",
    "a wrong extension of a chunk": post("/P", "Transfer-Encoding: chunked") + b"2;\x00=\r\n{}\r\n0\r\n\r\n",
    "a trailer that is none": post("/P", "Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\nno trailer\r\n\r\n",
    "a length that is a word": post("/P", "Content-Length: two") + b"{}",
    "a length below nothing": post("/P", "Content-Length: -2") + b"{}",
    "two lengths": post("/P", "Content-Length: 2", "Content-Length: 3") + b"{}",
    "a length and chunks": post("/P", "Content-Length: 2", "Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\n\r\n",
    "no version of HTTP": b"POST /P\r\n\r\n",
    "a field that is none": post("/P", "no field") + b"{}",
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
}


@pytest.mark.parametrize("said", BROKEN.values(), ids=BROKEN)
def test_a_broken_request_is_a_400_and_no_traceback(gateway: Gateway, said: bytes) -> None:
    caller = gateway.open(said.replace(b"/P", gateway.endpoint.encode()))
    assert caller.recv(1000).startswith(b"HTTP/1.1 400 ")
    assert "Traceback" not in gateway.log.read_text()
    assert gateway.answers()


def test_the_endpoint_is_looked_up_before_the_body_is_read(gateway: Gateway) -> None:
    assert gateway.open(post(UNKNOWN, "Content-Length: 99999999")).recv(1000).startswith(b"HTTP/1.1 404 ")
    assert gateway.open(post(gateway.endpoint, "Content-Length: 99999999")).recv(1000).startswith(b"HTTP/1.1 413 ")


def test_a_body_is_taken_however_it_is_sent(gateway: Gateway) -> None:
    body = b"[" + b" " * 50_000 + b"]"
    signed = f"X-Afosto-Hmac-Sha256: {sign(body)}"
    half = len(body) // 2
    chunks = b"".join(b"%x;a=b\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:])) + b"0\r\n\r\n"
    sent = [
        (post(gateway.endpoint, signed, f"Content-Length: {len(body)}"), body),
        (post(gateway.endpoint, signed, f"Content-Length: {len(body)}", "Expect: 100-continue"), body),
        (post(gateway.endpoint, signed, "Transfer-Encoding: chunked"), chunks),
    ]
    for head, rest in sent:
        caller = gateway.open(head[:20])
        for part in (head[20:], rest[:1000], rest[1000:-3], rest[-3:]):
            caller.sendall(part)
        said = caller.makefile("rb").read(2000) if b"100-continue" not in head else _after_continue(caller)
        assert b" 400 " in said.splitlines()[0], said
        assert b"not of the expected type" in said, said


def _after_continue(caller: socket.socket) -> bytes:
    said = b""
    while b'"code"' not in said:
        said += caller.recv(2000)
    assert said.startswith(b"HTTP/1.1 100 Continue")
    return said[said.index(b"HTTP/1.1 400") :]


def test_requests_sent_one_behind_another_are_answered_in_turn(gateway: Gateway) -> None:
    known, unknown = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    caller = gateway.open(known + unknown + known + last)
    with caller.makefile("rb") as answers:
        lines = [line for line in answers.read().splitlines() if line.startswith(b"HTTP/1.1")]
    assert [line.split()[1] for line in lines] == [b"200", b"404", b"200", b"200"]


def test_a_gateway_that_is_told_to_stop_waits_for_no_slow_caller(gateway: Gateway) -> None:
    for said in SLOW.values():
        gateway.open(said)
    assert gateway.answers()
    gateway.process.send_signal(signal.SIGTERM)
    assert gateway.process.wait(3 * PATIENCE) == 0
