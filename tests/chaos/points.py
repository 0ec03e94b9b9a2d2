"""Named points around every step that commits or calls, at which a process under test kills itself when told to.

A point is armed by files in one folder, `POINT.0` to `POINT.n`: whoever passes the point takes the last of them away,
and whoever takes `POINT.0` dies by SIGKILL on the spot. So the n-th passage dies, in whichever process it happens, and
neither a broker nor a database is needed to say so. The product knows nothing of it.
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
from ledger.cursors import Cursors
from ledger.jobs import Jobs
from ledger.links import Links
from ledger.webhooks import Webhooks

# What a process under test is told by its environment: where the points are armed, and what divides its pauses.
FOLDER, WAITS = "CHAOS_POINTS", "CHAOS_WAITS"

# What commits: it may die before it was asked for, or when it has happened and nobody was told.
STEPS: Mapping[str, tuple[tuple[type, str], ...]] = {
    "claim": ((Jobs, "claim"),),
    "intent": tuple((Links, name) for name in ("record_intent", "renew_intent", "bind_order", "replace_draft")),
    "link": tuple((Links, name) for name in ("resolve_intent", "bind", "stage_order", "note_parcels")),
    "settle": ((Jobs, "settle"),),
    "cursor": ((Cursors, "advance"),),
    "webhook": ((Webhooks, "take"),),
}
_MOMENTS = ("before", "after")
# Of a call that has an effect: the request has left and nobody heard of it, or the answer is there and nobody read it.
CALLS = ("request-sent", "answer-received")
PUBLISH = "publish"
POINTS = (*(f"{step}-{moment}" for step in (*STEPS, PUBLISH) for moment in _MOMENTS), *CALLS)

_has_effect: ContextVar[bool] = ContextVar("has_effect", default=False)


class Points:
    """Arms and disarms the points of all processes that were told of `folder` by the variable CHAOS_POINTS."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()

    def arm(self, point: str, passages: int) -> None:
        """Let the process die that passes the point for the so-many-th time from now on."""
        for number in range(passages):
            (self._folder / f"{point}.{number}").touch()

    def struck(self, point: str) -> bool:
        """Tell whether somebody died at an armed point."""
        return not (self._folder / f"{point}.0").exists()

    def disarm(self, point: str) -> None:
        """Let everybody pass again."""
        for file in self._folder.glob(f"{point}.*"):
            file.unlink(missing_ok=True)


def install(publishes: type | None = None) -> None:
    """Make the steps of this process killable; `publishes` is the Celery application's class, where there is one."""
    for step, methods in STEPS.items():
        for owner, name in methods:
            setattr(owner, name, _killable(getattr(owner, name), step))
    if publishes is not None:
        publishes._publish = _killable(publishes._publish, PUBLISH)  # type: ignore[attr-defined]
    Http.send = _noting_effect(Http.send)  # type: ignore[method-assign]
    _Deadline.getresponse = _answering(_Deadline.getresponse)  # type: ignore[method-assign]


def pass_by(point: str) -> None:
    """Die here if it is this passage's turn."""
    folder = Path(os.environ[FOLDER])
    for file in sorted(folder.glob(f"{point}.*"), reverse=True):
        try:
            file.unlink()
        except FileNotFoundError:
            # Somebody else passed at the same moment and took it.
            continue
        if file.suffix == ".0":
            os.kill(os.getpid(), signal.SIGKILL)
        return


def _killable(method: Callable[..., Any], step: str) -> Callable[..., Any]:
    @wraps(method)
    def killable(*arguments: Any, **named: Any) -> Any:
        pass_by(f"{step}-before")
        result = method(*arguments, **named)
        pass_by(f"{step}-after")
        return result

    return killable


def _noting_effect(send: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(send)
    def noting(self: Http, *arguments: Any, effect: bool, **named: Any) -> Any:
        token = _has_effect.set(effect)
        try:
            return send(self, *arguments, effect=effect, **named)
        finally:
            _has_effect.reset(token)

    return noting


def _answering(getresponse: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(getresponse)
    def answering(self: _Deadline) -> Any:
        sent, received = CALLS
        if _has_effect.get():
            pass_by(sent)
        response = getresponse(self)
        if _has_effect.get():
            pass_by(received)
        return response

    return answering
