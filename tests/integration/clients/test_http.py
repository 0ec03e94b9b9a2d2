"""`Http` against real sockets: a server on loopback that misbehaves in the ways `responses` cannot show."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from clients.http import Http, ResponseFacts
from clients.transport import new_session
from schemas.errors import AnswerLost, LeaseLost, RetryLater

Script = Callable[["RecordingSocket", int, threading.Event], None]
OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"fine": 1}'


@contextmanager
def serving(script: Script) -> Iterator[tuple[str, list[bytes]]]:
    """A server that runs `script(connection, number of the connection, over)` after reading one request of each.

    Yields its address and the list of the requests read so far.
    """
    requests: list[bytes] = []
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def handle(connection: socket.socket, number: int) -> None:
        with connection, suppress(OSError):
            script(RecordingSocket(connection, requests), number, over)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                thread = threading.Thread(target=handle, args=(connection, len(threads)), daemon=True)
                threads.append(thread)
                thread.start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", requests
    finally:
        over.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join(5)
        for thread in threads:
            thread.join(5)


class RecordingSocket:
    """A connection whose `request()` reads one whole request and notes it."""

    def __init__(self, connection: socket.socket, requests: list[bytes]) -> None:
        self._connection, self._requests = connection, requests
        connection.settimeout(5)

    def request(self) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._connection.recv(65_536) or _raise()
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += self._connection.recv(65_536) or _raise()
        self._requests.append(data)

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def reset(self) -> None:
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self._connection.close()


def _raise() -> bytes:
    raise ConnectionError("the client went away")


class Client:
    """An `Http` of its own session, with what its hooks saw."""

    def __init__(self, deadline_seconds: float = 5.0, body_limit: int = 1000) -> None:
        self.facts: list[ResponseFacts] = []
        self.session = new_session()
        self.http = Http(
            after=self.facts.append, deadline_seconds=deadline_seconds, body_limit=body_limit, session=self.session
        )

    def read(self, url: str) -> object:
        return self.http.send("GET", url + "/thing", effect=False, headers={}).document

    def effect(self, url: str) -> object:
        return self.http.send("POST", url + "/thing", effect=True, headers={}, body={"a": 1}).document


@pytest.fixture
def client() -> Iterator[Client]:
    client = Client()
    yield client
    client.session.close()


@pytest.fixture
def hasty() -> Iterator[Client]:
    client = Client(deadline_seconds=0.4)
    yield client
    client.session.close()


def drip(connection: RecordingSocket, head: bytes, byte: bytes, over: threading.Event) -> None:
    """Send `byte` every 50 ms: each single read succeeds, the answer never ends."""
    connection.send(head)
    while not over.wait(0.05):
        connection.send(byte)


@pytest.mark.parametrize(
    ("head", "byte"),
    [
        (b"HTTP/1.1 200 OK\r\nX-Endless: ", b"x"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    ],
    ids=["headers", "body", "chunks"],
)
def test_a_slow_drip_ends_at_the_deadline(hasty: Client, head: bytes, byte: bytes) -> None:
    def script(connection: RecordingSocket, number: int, over: threading.Event) -> None:
        connection.request()
        drip(connection, head, byte, over)

    with serving(script) as (url, requests):
        with pytest.raises(RetryLater) as read:
            hasty.read(url)
        with pytest.raises(AnswerLost):
            hasty.effect(url)
    assert not isinstance(read.value, AnswerLost)
    assert len(requests) == 2
    assert [fact.healthy for fact in hasty.facts] == [False, False]


def test_a_reset_after_an_effect_was_sent_is_an_answer_lost(client: Client) -> None:
    def script(connection: RecordingSocket, number: int, over: threading.Event) -> None:
        connection.request()
        connection.reset()

    with serving(script) as (url, requests), pytest.raises(AnswerLost):
        client.effect(url)
    assert len(requests) == 1


@pytest.mark.parametrize(
    "head", [b"Content-Length: 500\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n"]
)
def test_a_truncated_body_is_lost_for_an_effect_and_tried_later_for_a_read(client: Client, head: bytes) -> None:
    def script(connection: RecordingSocket, number: int, over: threading.Event) -> None:
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\n" + head + b'\r\n{"fine": ')

    with serving(script) as (url, requests):
        with pytest.raises(RetryLater) as read:
            client.read(url)
        with pytest.raises(AnswerLost):
            client.effect(url)
    assert not isinstance(read.value, AnswerLost)
    assert len(requests) == 2


def test_a_body_over_the_limit_is_not_read_to_its_end(client: Client) -> None:
    def script(connection: RecordingSocket, number: int, over: threading.Event) -> None:
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + b" " * 100_000)
        over.wait(5)

    with serving(script) as (url, _):
        with pytest.raises(RetryLater, match="over 1000 bytes"):
            client.read(url)
        with pytest.raises(AnswerLost, match="over 1000 bytes"):
            client.effect(url)


def test_a_connection_is_kept_for_the_next_call(client: Client) -> None:
    connections: set[int] = set()

    def script(connection: RecordingSocket, number: int, over: threading.Event) -> None:
        while True:
            connection.request()
            connections.add(number)
            connection.send(OK)

    with serving(script) as (url, requests):
        assert [client.read(url), client.effect(url), client.read(url)] == [{"fine": 1}] * 3
        client.session.close()
    assert (len(requests), connections) == (3, {0})


def stale_after_one(connection: RecordingSocket, number: int, over: threading.Event) -> None:
    """The first connection answers once and resets on its second request; the others always answer."""
    connection.request()
    connection.send(OK)
    connection.request()
    if number == 0:
        connection.reset()
    else:
        connection.send(OK)


def test_a_read_on_a_connection_gone_stale_is_sent_once_more_on_a_fresh_one(client: Client) -> None:
    with serving(stale_after_one) as (url, requests):
        client.read(url)
        assert client.read(url) == {"fine": 1}
        client.session.close()
    assert len(requests) == 3
    assert [fact.healthy for fact in client.facts] == [True, True]


def test_an_effect_on_a_connection_gone_stale_may_have_landed_and_is_never_repeated(client: Client) -> None:
    with serving(stale_after_one) as (url, requests):
        client.read(url)
        with pytest.raises(AnswerLost):
            client.effect(url)
        client.session.close()
    assert len(requests) == 2


def test_a_refused_connection_never_carried_the_effect() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    client = Client()
    with pytest.raises(RetryLater, match=r"127\.0\.0\.1:\d+ cannot be reached") as error:
        client.effect(address)
    assert not isinstance(error.value, AnswerLost)
    assert client.facts[0].status is None


def test_nothing_is_sent_when_the_lease_is_lost() -> None:
    def refuse(effect: bool) -> None:
        raise LeaseLost

    def script(connection: RecordingSocket, number: int, over: threading.Event) -> None:
        connection.request()

    with serving(script) as (url, requests), pytest.raises(LeaseLost):
        Http(before=refuse, session=new_session()).send("POST", url, effect=True, headers={})
    assert requests == []


def test_a_caller_frozen_after_its_lease_was_checked_sends_nothing_past_the_deadline(client: Client) -> None:
    def send_ok(connection: RecordingSocket, number: int, over: threading.Event) -> None:
        connection.request()
        connection.send(OK)

    with serving(send_ok) as (url, requests):
        frozen = Http(before=lambda effect: time.sleep(0.3), deadline_seconds=0.2, session=client.session)
        with pytest.raises(RetryLater, match="was not sent"):
            frozen.send("POST", url, effect=True, headers={}, body={"a": 1})
        assert requests == []


def test_an_answer_without_a_body_that_ends_the_connection_is_an_answer(client: Client) -> None:
    def end(connection: RecordingSocket, number: int, over: threading.Event) -> None:
        connection.request()
        connection.send(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    with serving(end) as (url, _):
        assert client.effect(url) is None


def test_threads_share_the_session_and_each_gets_its_own_answer(client: Client) -> None:
    def script(connection: RecordingSocket, number: int, over: threading.Event) -> None:
        while True:
            connection.request()
            connection.send(OK)

    answers: list[object] = []
    with serving(script) as (url, requests):
        threads = [
            threading.Thread(target=lambda: answers.extend(client.read(url) for _ in range(10))) for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        client.session.close()
    assert answers == [{"fine": 1}] * 60
    assert len(requests) == 60
