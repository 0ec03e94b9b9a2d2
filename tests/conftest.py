"""Fixtures of all tests: unit tests may not connect to other machines."""

import socket
from typing import Any

import pytest

from local.servers.guard import give_children_default_signals

pytest_plugins = (
    "tests.support.servers.fixtures",
    "tests.support.connector.gateway",
    "tests.support.console.people",
    "tests.support.connector.driver_fixtures",
    "tests.support.ledger.restore_drills",
)

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class OutsideCall(AssertionError):
    """A unit test tried to reach another machine."""


@pytest.fixture(scope="session", autouse=True)
def _children_get_signals() -> None:
    """Make the tests pass under `nohup make test &`, too, which starts them with signals ignored."""
    give_children_default_signals()


@pytest.fixture(autouse=True)
def _no_outside_calls(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "unit" not in request.path.relative_to(request.config.rootpath).parts:
        return
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in _LOOPBACK:
            raise OutsideCall(f"a unit test connects to {address[0]}")
        connect(self, address)

    def guarded_resolve(host: Any, *arguments: Any, **options: Any) -> Any:
        if host not in _LOOPBACK:
            raise OutsideCall(f"a unit test looks up {host}")
        return resolve(host, *arguments, **options)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_resolve)
