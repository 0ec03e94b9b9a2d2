"""Authenticates callers: the bearer token of another system, what it permits, and how often it may call."""

import math
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import ParamSpec, TypeVar

import flask
from flask import g

from gateway.errors import Refusal, refuse, unknown_store
from gateway.runtime import runtime
from ledger.inbound.api_tokens import Caller
from schemas.errors import Wait
from schemas.states import Right
from schemas.values.texts import unfit

P = ParamSpec("P")
R = TypeVar("R")

_ANOTHER = "the operator of the connector makes one that does with: connector tokens add"
_CHALLENGE = {"WWW-Authenticate": "Bearer"}


def admit() -> None:
    """Check the token, then its limit per minute; runs before every request of the API."""
    g.caller = _authenticate()
    _limit(g.caller)


def caller() -> Caller:
    """Return the owner of the current request's token."""
    found: Caller = g.caller
    return found


def task_refusal(task: str) -> Refusal | None:
    """Return the refusal, 403, if the token does not permit the task."""
    if caller().may_send(task):
        return None
    said = f"The token of {caller().name!r} does not permit the task {task}; {_ANOTHER}."
    return Refusal(403, "task-not-permitted", said)


def needs(right: Right) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Refuse a request with 403 unless its token has this right."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            if not caller().may(right):
                said = f"The token of {caller().name!r} may not {right} this; {_ANOTHER}."
                refuse(403, "right-missing", said)
            return view(*args, **kwargs)

        return checked

    return decorate


def decider() -> str:
    """Return who decides, as it is kept with a decision."""
    return f"token {caller().name}"


def store_refusal(store: str) -> Refusal | None:
    """Return the refusal if the token does not permit the store (403), or if there is no such store (404)."""
    if unfit(store):
        return unknown_store("of this name")
    if not caller().may_see(store):
        if caller().tenant is not None:
            # It must not learn the names of other tenants' stores.
            return unknown_store(store)
        return store_not_permitted(store)
    return None if runtime().ledger.stores.exists(store) else unknown_store(store)


def store_not_permitted(store: str) -> Refusal:
    """Return the refusal, 403, for a store that the token does not name."""
    message = f"The token of {caller().name!r} does not permit the store {store}; {_ANOTHER}."
    return Refusal(403, "store-not-permitted", message, "store")


def _authenticate() -> Caller:
    scheme, _, token = flask.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        refuse(401, "no-token", "Send the system's token: Authorization: Bearer TOKEN.", headers=_CHALLENGE)
    found = runtime().ledger.tokens.find(token.strip())
    if found is None:
        refuse(401, "unknown-token", "This token is unknown or was revoked.", headers=_CHALLENGE)
    return found


def charge(calls: int) -> None:
    """Count more calls for the current request, one for each task in it beyond the first."""
    # Without Redis nobody is limited; see `_limit`.
    with suppress(Wait):
        runtime().limiter.charge(_bucket(caller()), calls)


def _limit(found: Caller) -> None:
    try:
        pause = runtime().limiter.take(_bucket(found))
    except Wait:
        # The limit protects Postgres from one excessive caller, not a vendor's budget. While Redis is down, refusing
        # everybody would do more harm than such a caller can.
        return
    if pause:
        per_minute = runtime().settings.gateway_calls_per_minute
        said = f"This token has used its {per_minute} requests and tasks a minute."
        refuse(429, "too-many-requests", said, headers={"Retry-After": str(max(1, math.ceil(pause)))})


def _bucket(found: Caller) -> str:
    return f"gateway:{found.id}"
