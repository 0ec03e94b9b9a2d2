"""The connector's app in a worker that freezes: once each of some requests is about to be sent, it stops itself.

`FREEZE_RULES` names a file that appears when the time has come: a list of requests, see `frozen_rules`. Those that
come first wait for the others, so that one SIGSTOP catches all of them in the same place.
"""

import json
import os
import re
import signal
import threading
from contextvars import ContextVar
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from clients.http import Http
from tests.hosts.frozen_rules import Rule
from workers.app import app

__all__ = ["app"]

RULES = Path(os.environ["FREEZE_RULES"])


class Freezer:
    """Holds the threads whose requests fit a rule until all are there, and stops the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._left = -1
        self._thawed = threading.Event()

    def rule(self, text: str) -> Rule | None:
        """The rule that a request fits; each is used once."""
        with self._lock:
            if self._left < 0 and RULES.exists():
                self._rules = [Rule(**row) for row in json.loads(RULES.read_text())]
                self._left = len(self._rules)
            found = next((rule for rule in self._rules if re.search(rule.pattern, text, re.DOTALL)), None)
            if found:
                self._rules.remove(found)
            return found

    def freeze(self) -> None:
        """Wait for the other requests, stop with them, and go on when the process does."""
        with self._lock:
            self._left -= 1
            last = self._left == 0
        if last:
            os.kill(os.getpid(), signal.SIGSTOP)
            self._thawed.set()
        self._thawed.wait(120)


_freezer = Freezer()
_sending: ContextVar[bytes | None] = ContextVar("sending", default=None)
_exchange, _send = Http._exchange, HTTPConnection.send


def _exchange_frozen(http: Http, call: Any, request: Any, url: str, content: dict[str, Any]) -> Any:
    body: bytes = content["data"] or b""
    rule = _freezer.rule(f"{request.path} {body.decode()}") if request.effect else None
    if rule and rule.point == "checked":
        _freezer.freeze()
    token = _sending.set(body if rule and rule.point == "sending" else None)
    try:
        return _exchange(http, call, request, url, content)
    finally:
        _sending.reset(token)


def _send_frozen(connection: HTTPConnection, data: Any) -> None:
    if data and data == _sending.get():
        _freezer.freeze()
    _send(connection, data)


Http._exchange = _exchange_frozen  # type: ignore[method-assign, assignment]
HTTPConnection.send = _send_frozen  # type: ignore[method-assign, assignment]
