"""Out of a company's network: a real proxy and a real TLS server, named by the usual environment variables."""

import base64
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from clients import proxies
from clients.http import Http
from clients.transport import new_session
from schemas.errors import RetryLater
from tests.support.servers.certificates import Certificates, make_certificates

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"fine": 1}'
LOGIN = "someone:secret-of-the-proxy"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", *proxies._BUNDLES)


class Server:
    """Hands each connection, and the head of its first request, to `serve`."""

    def __init__(self, serve: Callable[[socket.socket, bytes], None], context: ssl.SSLContext | None = None) -> None:
        self._serve, self._context = serve, context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.heads: list[bytes] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._handle, args=(connection,), daemon=True).start()

    def _handle(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            secured = self._context.wrap_socket(connection, server_side=True) if self._context else connection
            with secured:
                head = secured.recv(65_536)
                self.heads.append(head)
                self._serve(secured, head)


def _answer(connection: socket.socket, _: bytes) -> None:
    connection.sendall(ANSWER)


def _tunnel(connection: socket.socket, head: bytes) -> None:
    if LOGIN and base64.b64encode(LOGIN.encode()) not in head:
        connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        return
    if not head.startswith(b"CONNECT"):
        connection.sendall(ANSWER)
        return
    host, port = head.split()[1].decode().rsplit(":", 1)
    with socket.create_connection((host, int(port))) as far:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        there = threading.Thread(target=_pass, args=(connection, far), daemon=True)
        there.start()
        _pass(far, connection)


def _pass(near: socket.socket, far: socket.socket) -> None:
    with suppress(OSError):
        while data := near.recv(65_536):
            far.sendall(data)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def vendor(certificates: Certificates) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate, certificates.key)
    server = Server(_answer, context)
    yield server
    server.close()


@pytest.fixture
def proxy() -> Iterator[Server]:
    server = Server(_tunnel)
    yield server
    server.close()


@pytest.fixture(autouse=True)
def surrounded(monkeypatch: pytest.MonkeyPatch, certificates: Certificates) -> Iterator[pytest.MonkeyPatch]:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    proxies.forget()
    yield monkeypatch
    proxies.forget()


def _read(url: str, deadline: float = 5.0) -> object:
    session = new_session()
    try:
        http = Http(deadline_seconds=deadline, session=session)
        return http.send("POST", url, effect=True, headers={}).document
    finally:
        session.close()


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_calls_go_through_the_proxy_that_the_environment_names(
    vendor: Server, proxy: Server, surrounded: pytest.MonkeyPatch, variable: str
) -> None:
    surrounded.setenv(variable, f"http://{LOGIN}@127.0.0.1:{proxy.port}")
    assert _read(f"https://localhost:{vendor.port}/thing") == {"fine": 1}
    assert proxy.heads[0].startswith(f"CONNECT localhost:{vendor.port}".encode())


def test_a_plain_call_goes_through_the_proxy_as_a_whole(proxy: Server, surrounded: pytest.MonkeyPatch) -> None:
    surrounded.setenv("HTTP_PROXY", f"http://{LOGIN}@127.0.0.1:{proxy.port}")
    assert _read("http://vendor.example/thing") == {"fine": 1}
    assert proxy.heads[0].startswith(b"POST http://vendor.example/thing")


def test_a_host_that_needs_no_proxy_is_called_without(
    vendor: Server, proxy: Server, surrounded: pytest.MonkeyPatch
) -> None:
    surrounded.setenv("HTTPS_PROXY", f"http://{LOGIN}@127.0.0.1:{proxy.port}")
    surrounded.setenv("NO_PROXY", "example.org,localhost")
    assert _read(f"https://localhost:{vendor.port}/thing") == {"fine": 1}
    assert proxy.heads == []


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_refuses_is_named_and_nothing_of_the_request_was_sent(
    vendor: Server, proxy: Server, surrounded: pytest.MonkeyPatch, scheme: str
) -> None:
    surrounded.setenv(f"{scheme.upper()}_PROXY", f"http://someone:wrong@127.0.0.1:{proxy.port}")
    with pytest.raises(RetryLater, match=r"proxy.*407") as refused:
        _read(f"{scheme}://localhost:{vendor.port}/thing")
    assert type(refused.value) is RetryLater, "the effect cannot have landed"
    assert "wrong" not in str(refused.value)
    assert vendor.heads == []


def test_a_proxy_that_is_not_there_is_no_lost_answer(surrounded: pytest.MonkeyPatch) -> None:
    surrounded.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    with pytest.raises(RetryLater, match="by way of a proxy") as refused:
        _read("https://localhost:2/thing")
    assert type(refused.value) is RetryLater


def test_the_deadline_holds_while_a_proxy_says_nothing(surrounded: pytest.MonkeyPatch) -> None:
    silent = Server(lambda connection, _: time.sleep(20))
    surrounded.setenv("HTTPS_PROXY", f"http://127.0.0.1:{silent.port}")
    began = time.monotonic()
    with pytest.raises(RetryLater) as refused:
        _read("https://localhost:2/thing", deadline=0.5)
    assert type(refused.value) is RetryLater
    assert time.monotonic() - began < 10
    silent.close()


@pytest.mark.parametrize("variable", proxies._BUNDLES)
def test_certificates_are_trusted_as_the_environment_says(
    vendor: Server, certificates: Certificates, surrounded: pytest.MonkeyPatch, variable: str
) -> None:
    url = f"https://localhost:{vendor.port}/thing"
    surrounded.delenv("SSL_CERT_FILE")
    proxies.forget()
    with pytest.raises(RetryLater, match="SSLCertVerificationError"):
        _read(url)
    surrounded.setenv(variable, str(certificates.authority))
    proxies.forget()
    assert _read(url) == {"fine": 1}


def test_a_bundle_that_is_not_there_is_named(tmp_path: Path, surrounded: pytest.MonkeyPatch) -> None:
    surrounded.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    proxies.forget()
    with pytest.raises(RetryLater, match="REQUESTS_CA_BUNDLE"):
        _read("https://localhost:2/thing")
