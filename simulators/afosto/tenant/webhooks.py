"""Outgoing webhooks: signed deliveries to registered endpoints, with retries until one is accepted."""

import hashlib
import heapq
import hmac
import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import requests

from simulators.afosto.tenant.switches import Switches

USER_AGENT = "Afosto/1.0 (+https://afosto.com/docs/webhooks)"
TIMEOUT = 5.0
AT_ONCE = 4  # deliveries to one endpoint at the same time


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A registered address with its own secret; empty `events` means all of them."""

    url: str
    secret: str
    id: str = field(default_factory=lambda: str(uuid4()))
    events: tuple[str, ...] = ()

    def wants(self, event: str) -> bool:
        """Whether this endpoint gets `event`."""
        return not self.events or event in self.events


@dataclass(slots=True)
class Delivery:
    """One message to one endpoint about one cause (its number).

    `answers` holds the HTTP status of each attempt, 0 if none came. A lost delivery has no attempts.
    `body` is cleared when there is nothing more to send.
    """

    endpoint: str
    event: str
    entity_id: str
    message_id: str
    cause: int
    body: bytes
    is_lost: bool = False
    answers: list[int] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """The delivery as the control API lists it."""
        names = ("endpoint", "event", "entity_id", "message_id", "cause", "is_lost", "answers")
        return {name: getattr(self, name) for name in names}


def sign(body: bytes, secret: str) -> str:
    """Hex HMAC-SHA256 of exactly these bytes, as documented for `X-Afosto-Hmac-Sha256`."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def headers(tenant: str, endpoint: Endpoint, body: bytes) -> dict[str, str]:
    """The documented headers of a delivery."""
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "X-Afosto-Hmac-Sha256": sign(body, endpoint.secret),
        "X-Afosto-Endpoint": endpoint.id,
        "X-Afosto-Tenant": tenant,
    }


class Sender:
    """Delivers to one endpoint in its own threads, a few messages at a time, until stopped."""

    def __init__(self, tenant: str, endpoint: Endpoint, retries: tuple[float, ...]) -> None:
        self.endpoint = endpoint
        self._tenant = tenant
        self._retries = retries
        self._due: list[tuple[float, int, Delivery]] = []
        self._sequence = 0
        self._changed = threading.Condition()
        self._stopped = False
        name = f"webhooks-{tenant}"
        self._threads = [threading.Thread(target=self._run, name=name, daemon=True) for _ in range(AT_ONCE)]

    def start(self) -> None:
        """Begin to deliver."""
        for thread in self._threads:
            thread.start()

    def put(self, delivery: Delivery, delay: float = 0.0) -> None:
        """Send `delivery` no sooner than `delay` seconds from now."""
        with self._changed:
            self._sequence += 1
            heapq.heappush(self._due, (time.monotonic() + delay, self._sequence, delivery))
            self._changed.notify()

    def stop(self) -> None:
        """Stop the threads; messages that are not delivered yet are dropped."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def join(self, timeout: float) -> None:
        """Wait for the threads, each at most `timeout` seconds."""
        for thread in self._threads:
            thread.join(timeout)

    def _run(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while (delivery := self._next()) is not None:
                self._attempt(session, delivery)

    def _next(self) -> Delivery | None:
        with self._changed:
            while not self._stopped:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait)
        return None

    def _attempt(self, session: requests.Session, delivery: Delivery) -> None:
        status = self._post(session, delivery.body)
        delivery.answers.append(status)
        attempt = len(delivery.answers)
        if not 200 <= status < 300 and attempt <= len(self._retries):
            self.put(delivery, self._retries[attempt - 1])
        else:
            delivery.body = b""

    def _post(self, session: requests.Session, body: bytes) -> int:
        signed = headers(self._tenant, self.endpoint, body)
        try:
            answer = session.post(self.endpoint.url, body, headers=signed, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException:
            return 0
        return answer.status_code


class Outbox:
    """The webhooks of one tenant: the endpoints, and what was sent or lost."""

    def __init__(self, tenant: str, now: Callable[[], int]) -> None:
        self._tenant = tenant
        self._now = now
        self._random = random.Random(tenant)
        self._senders: list[Sender] = []
        self.deliveries: list[Delivery] = []

    def register(self, endpoint: Endpoint, switches: Switches) -> None:
        """Deliver to `endpoint` from now on."""
        sender = Sender(self._tenant, endpoint, switches.webhook_retries)
        self._senders.append(sender)
        sender.start()

    def emit(
        self,
        event: str,
        kind: str,
        entity_id: str,
        data: Callable[[], Mapping[str, Any]],
        switches: Switches,
        cause: int,
    ) -> None:
        """Send an event to every endpoint that wants it; `data` is made now, with the state after the cause."""
        listening = [sender for sender in self._senders if sender.endpoint.wants(event)]
        if not listening:
            return
        envelope = {"event": event, "entity_type": kind, "entity_id": entity_id, "triggered_at": self._now()}
        entity = data()
        for sender in listening:
            message_id = str(uuid4())
            message = envelope | {"message_id": message_id, "data": entity}
            body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
            delivery = Delivery(sender.endpoint.id, event, entity_id, message_id, cause, body)
            self._send(sender, delivery, switches)

    def stop(self) -> None:
        """Stop all deliveries and wait for the threads."""
        for sender in self._senders:
            sender.stop()
        for sender in self._senders:
            sender.join(TIMEOUT)
        self._senders.clear()

    def _send(self, sender: Sender, delivery: Delivery, switches: Switches) -> None:
        if self._random.random() < switches.webhook_losses:
            self.deliveries.append(replace(delivery, is_lost=True, body=b""))
            return
        copies = 2 if self._random.random() < switches.webhook_duplicates else 1
        for copy in range(copies):
            again = replace(delivery, answers=[])
            self.deliveries.append(again)
            sender.put(again, self._random.uniform(0, switches.webhook_shuffle) + 0.05 * copy)
