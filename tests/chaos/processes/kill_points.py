"""Named points around every step that commits or calls. When a point is armed, a process that passes it kills itself.

Files in one folder, `POINT.0` to `POINT.n`, arm a point. A process that passes the point deletes the last of them; the
process that deletes `POINT.0` kills itself with SIGKILL at once. So the process of the n-th passage dies, and this
needs neither a broker nor a database. The product does not know of it.
"""

import os
import signal
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import Any

from clients.http import Http
from clients.transport import _Deadline
from ledger.inbound.webhooks import Webhooks
from ledger.jobs.jobs import Jobs
from ledger.orders.cursors import Cursors
from ledger.orders.links import Links

# Variables of a process under test: the folder of the armed points, and the divisor of its pauses.
FOLDER, PAUSE_DIVISOR = "CHAOS_POINTS", "CHAOS_WAITS"

# Steps that commit: the process may die before the commit, or after it and before anyone knows.
STEPS: Mapping[str, tuple[tuple[type, str], ...]] = {
    "claim": ((Jobs, "claim"),),
    "intent": tuple((Links, name) for name in ("record_intent", "renew_intent", "bind_order", "replace_draft")),
    "link": tuple((Links, name) for name in ("resolve_intent", "bind", "stage_order", "note_parcels")),
    "settle": ((Jobs, "settle"),),
    "cursor": ((Cursors, "advance"),),
    "webhook": ((Webhooks, "take"),),
}
_MOMENTS = ("before", "after")
# Points of a call with an effect: the request is sent, or the answer has arrived and is not read yet.
CALLS = ("request-sent", "answer-received")
PUBLISH = "publish"
POINTS = (*(f"{step}-{moment}" for step in (*STEPS, PUBLISH) for moment in _MOMENTS), *CALLS)

_has_effect: ContextVar[bool] = ContextVar("has_effect", default=False)


class Points:
    """Arms and disarms the points of all processes whose variable CHAOS_POINTS names `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()

    def arm(self, point: str, passages: int) -> None:
        """Make the process die that passes the point for the `passages`-th time from now on."""
        for number in range(passages):
            (self._folder / f"{point}.{number}").touch()

    def struck(self, point: str) -> bool:
        """Return whether a process died at an armed point."""
        return not (self._folder / f"{point}.0").exists()

    def disarm(self, point: str) -> None:
        """Let all processes pass again."""
        for file in self._folder.glob(f"{point}.*"):
            file.unlink(missing_ok=True)


def install(publishes: type | None = None) -> None:
    """Add the points to this process; `publishes` is the class of its Celery application, if it has one."""
    for step, methods in STEPS.items():
        for owner, name in methods:
            setattr(owner, name, _with_points(getattr(owner, name), step))
    if publishes is not None:
        publishes._publish = _with_points(publishes._publish, PUBLISH)  # type: ignore[attr-defined]
    Http.send = _remember_effect(Http.send)  # type: ignore[method-assign]
    _Deadline.getresponse = _with_call_points(_Deadline.getresponse)  # type: ignore[method-assign]


def pass_point(point: str) -> None:
    """Kill this process here if the point is armed for this passage."""
    folder = Path(os.environ[FOLDER])
    for file in sorted(folder.glob(f"{point}.*"), reverse=True):
        try:
            file.unlink()
        except FileNotFoundError:
            # Another process passed at the same moment and deleted it.
            continue
        if file.suffix == ".0":
            os.kill(os.getpid(), signal.SIGKILL)
        return


def _with_points(method: Callable[..., Any], step: str) -> Callable[..., Any]:
    @wraps(method)
    def with_points(*arguments: Any, **named: Any) -> Any:
        pass_point(f"{step}-before")
        result = method(*arguments, **named)
        pass_point(f"{step}-after")
        return result

    return with_points


def _remember_effect(send: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(send)
    def remember(self: Http, *arguments: Any, effect: bool, **named: Any) -> Any:
        token = _has_effect.set(effect)
        try:
            return send(self, *arguments, effect=effect, **named)
        finally:
            _has_effect.reset(token)

    return remember


def _with_call_points(getresponse: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(getresponse)
    def with_call_points(self: _Deadline) -> Any:
        sent, received = CALLS
        if _has_effect.get():
            pass_point(sent)
        response = getresponse(self)
        if _has_effect.get():
            pass_point(received)
        return response

    return with_call_points
