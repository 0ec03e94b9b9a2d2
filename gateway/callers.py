"""Who calls: the bearer token of another system, what it permits, and how often it may call."""

import math

import flask
from flask import g

from gateway.errors import refuse
from gateway.runtime import runtime
from ledger.tokens import Caller
from schemas.errors import Wait

_CHALLENGE = {"WWW-Authenticate": "Bearer"}


def admit() -> None:
    """Run before every request of the API: a valid token, then its limit per minute."""
    g.caller = _authenticate()
    _limit(g.caller)


def caller() -> Caller:
    """Return whose token the present request carries."""
    found: Caller = g.caller
    return found


def must_permit_task(task: str) -> None:
    """End the request with 403 unless the token permits the task."""
    if not caller().may_send(task):
        refuse(403, "task-not-permitted", f"The token of {caller().name!r} does not permit the task {task}.")


def must_permit_store(store: str) -> None:
    """End the request with 403 unless the token permits the store, with 404 when there is no such store."""
    if not caller().may_see(store):
        refuse(403, "store-not-permitted", f"The token of {caller().name!r} does not permit this store.", field="store")
    if not runtime().ledger.stores.exists(store):
        refuse(404, "unknown-store", "No such store is connected.", field="store")


def _authenticate() -> Caller:
    scheme, _, token = flask.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        refuse(401, "no-token", "Send the system's token: Authorization: Bearer TOKEN.", headers=_CHALLENGE)
    found = runtime().ledger.tokens.find(token.strip())
    if found is None:
        refuse(401, "unknown-token", "This token is unknown or was revoked.", headers=_CHALLENGE)
    return found


def _limit(found: Caller) -> None:
    bucket, per_minute = f"gateway:{found.id}", runtime().settings.gateway_calls_per_minute
    try:
        free = runtime().limiter.allowance(bucket, 0, 0) > 0
        if free:
            runtime().limiter.reserve(bucket, 1, 0)
    except Wait:
        # The limit guards Postgres against a caller gone wild, not a vendor's budget: while Redis is away, refusing
        # everybody would do more harm than one of them can.
        return
    if not free:
        pause = {"Retry-After": str(max(1, math.ceil(60 / per_minute)))}
        refuse(429, "too-many-requests", f"At most {per_minute} requests a minute, evenly spread.", headers=pause)
