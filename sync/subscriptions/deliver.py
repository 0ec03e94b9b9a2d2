"""Sends the events that are due for one subscription: at least once, in no promised order."""

import hashlib
import hmac
import json
import time

import structlog

from clients.http import Http
from jobs.backoff import backoff
from jobs.runtime import Runtime
from ledger.outgoing.subscriptions import Delivery, Sending, Subscriber
from schemas.errors import ConnectorError
from schemas.flows import flow_name
from schemas.values.texts import excerpt
from schemas.wording.lists import counted

log = structlog.get_logger()

SIGNATURE = "X-Connector-Hmac-Sha256"
# Seconds that a subscriber has for one event, and that one run sends. A subscriber that does not answer costs a slot
# only one deadline per pause.
DEADLINE_SECONDS, RUN_SECONDS = 5.0, 20.0
# A run has this lease; after it, another one is sent. Longer than a run and its last call.
LEASE_SECONDS = 60.0
# Bytes of an answer; its content does not matter.
_ANSWER_LIMIT = 64 * 1024
# Events that are read at once.
_BATCH = 100
# The first and the longest pause, in seconds: of a subscriber that fails, and of an event that it does not take.
_PAUSE, _LONGEST_PAUSE = 5.0, 3600.0
_EVENT_PAUSE, _LONGEST_EVENT_PAUSE = 30.0, 6 * 3600.0


def deliver(runtime: Runtime, sending: Sending) -> str:
    """Send what is due until the time is up, the subscriber fails, or it gets another secret.

    Returns how much was taken, in words.
    """
    subscriptions = runtime.ledger.subscriptions
    subscriber = subscriptions.begin(sending, LEASE_SECONDS)
    if subscriber is None:
        return "nothing to do: another run sends, or the subscription is gone"
    taken = _send_due(runtime, sending, subscriber)
    # After an unexpected error the lease stays: else dispatch would repeat it each second.
    subscriptions.finish(sending)
    return f"{counted(taken, 'event')} taken"


def signature(secret: str, body: bytes) -> str:
    """Sign as Afosto signs its webhooks: the hex HMAC-SHA256 of the raw body."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _send_due(runtime: Runtime, sending: Sending, subscriber: Subscriber) -> int:
    http = Http(deadline_seconds=DEADLINE_SECONDS, body_limit=_ANSWER_LIMIT, public_only=not subscriber.trusted)
    ends, taken = time.monotonic() + RUN_SECONDS, 0
    while time.monotonic() < ends:
        due = runtime.ledger.subscriptions.due(subscriber.id, _BATCH)
        for delivery in due:
            if time.monotonic() > ends or not _is_taken(runtime, http, subscriber, delivery):
                return taken
            taken += 1
            if not runtime.ledger.subscriptions.confirm(sending, delivery):
                return taken
        if len(due) < _BATCH:
            break
    return taken


def _is_taken(runtime: Runtime, http: Http, subscriber: Subscriber, delivery: Delivery) -> bool:
    body = json.dumps(_document(delivery)).encode()
    try:
        http.post(subscriber.url, body, {SIGNATURE: signature(subscriber.secret, body)})
    except ConnectorError as error:
        why = excerpt(str(error))
        log.warning("a subscriber did not take an event", subscription=subscriber.id, kind=delivery.event, why=why)
        runtime.ledger.subscriptions.fail(
            subscriber,
            delivery,
            why,
            pause=backoff(subscriber.failures + 1, _PAUSE, _LONGEST_PAUSE),
            event_pause=backoff(delivery.failures + 1, _EVENT_PAUSE, _LONGEST_EVENT_PAUSE),
        )
        return False
    return True


def _document(delivery: Delivery) -> dict[str, object]:
    """Return an event as it is sent, in the words of the API."""
    data = dict(delivery.facts)
    if "flow" in data:
        data["task"] = flow_name(data.pop("direction"), data.pop("flow"))
    return {
        "message_id": delivery.event_id,
        "event": delivery.event,
        "triggered_at": delivery.at.isoformat(),
        "store": delivery.store,
        "data": data,
    }
