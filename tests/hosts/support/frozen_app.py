"""The connector's app in a worker that freezes itself when certain requests are about to be sent.

`FREEZE_RULES` names a file with a list of these requests (see `frozen_rules`); the test creates it at the right time.
The first requests wait for the others, so that one SIGSTOP stops all of them in the same place.
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
from tests.hosts.support.freeze_points import FreezeRule
from workers.app import app

__all__ = ["app"]

RULES = Path(os.environ["FREEZE_RULES"])


class Freezer:
    """Blocks the threads whose requests match a rule until all are there, then stops the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[FreezeRule] = []
        self._left = -1
        self._thawed = threading.Event()

    def rule(self, text: str) -> FreezeRule | None:
        """Return the rule that a request matches; each rule is used once."""
        with self._lock:
            if self._left < 0 and RULES.exists():
                self._rules = [FreezeRule(**row) for row in json.loads(RULES.read_text())]
                self._left = len(self._rules)
            found = next((rule for rule in self._rules if re.search(rule.pattern, text, re.DOTALL)), None)
            if found:
                self._rules.remove(found)
            return found

    def freeze(self) -> None:
        """Wait for the other requests, stop with them, and go on when the process continues."""
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
