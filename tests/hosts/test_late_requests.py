"""A request that the network delayed: after its call is given up, it must not arrive when the network works again."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulators.server import serve
from tests.hosts.support.host import ROOT
from tests.hosts.support.network import Network, NetworkHost, network, why_not
from tests.support.connector.world import wait_for

_WHY_NOT = why_not()
pytestmark = [pytest.mark.faults, pytest.mark.skipif(bool(_WHY_NOT), reason=_WHY_NOT)]

# Prints each step, and continues after a line from us; at the end it sends requests until one is answered.
CALLER = """
import sys
from clients.http import Http
from schemas.errors import AnswerLost, RetryLater
http = Http(deadline_seconds=1.0)
http.send("GET", sys.argv[1], effect=False, headers={})
print("connected", flush=True)
input()
try:
    http.send("POST", sys.argv[1], effect=True, headers={}, body={"pieces": 1})
except AnswerLost:
    print("given up", flush=True)
input()
while True:
    try:
        http.send("GET", sys.argv[1], effect=False, headers={})
        break
    except RetryLater:
        print("not yet connected", file=sys.stderr)
"""


@pytest.fixture
def net() -> Iterator[Network]:
    with network() as made:
        yield made


def test_a_request_that_was_given_up_is_not_kept_for_later_by_the_system(net: Network) -> None:
    landed: list[str] = []

    def take(request: Request) -> JSONResponse:
        landed.append(request.method)
        return JSONResponse({})

    app = Starlette(routes=[Route("/", take, methods=["GET", "POST"])])
    host = net.host()
    with serve(app, net.address("vendors")) as url, _caller(host, url) as caller:
        assert _says(caller) == "connected"
        host.cut("vendors")
        _go_on(caller)
        assert _says(caller) == "given up"
        assert host.unsent() == []
        wait_for(lambda: not host.resolving(), 20, "the last packets to be dropped")
        host.join("vendors")
        _go_on(caller)
        caller.wait(30)
        assert len(landed) >= 2
        assert set(landed) == {"GET"}


def _caller(host: NetworkHost, url: str) -> subprocess.Popen[str]:
    argv = [*host.runs.prefix, sys.executable, "-c", CALLER, url]
    return subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _says(caller: subprocess.Popen[str]) -> str:
    assert caller.stdout is not None
    return caller.stdout.readline().strip()


def _go_on(caller: subprocess.Popen[str]) -> None:
    assert caller.stdin is not None
    caller.stdin.write("\n")
    caller.stdin.flush()
