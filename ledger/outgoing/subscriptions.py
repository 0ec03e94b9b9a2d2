"""Subscriptions of other systems, and the events that wait for them. The database's triggers write the events."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ledger.postgres.database import Database, Row, fetch
from ledger.postgres.encryption import KeySet
from ledger.postgres.session import Session
from schemas.advice import SEE_SUBSCRIPTIONS
from schemas.errors import NeedsPerson
from schemas.reasons import Reason
from schemas.states import Event
from schemas.wording.phrases import phrase

# Days for which an event is sent again and again.
GIVE_UP_DAYS = 3.0


@dataclass(frozen=True, slots=True)
class Sending:
    """A run that sends to one subscription: its id and the fence of the run."""

    subscription: int
    fence: int


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Where to send, signed with which secret. `trusted`: the address may be inside. `failures` in a row so far."""

    id: int
    url: str
    trusted: bool
    failures: int
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that a subscriber has not confirmed; `event_id` is the same each time it is sent."""

    id: int
    event_id: str
    event: Event
    store: str
    facts: Mapping[str, Any]
    at: datetime
    failures: int


class Subscriptions:
    """A subscription belongs to the token that made it, or to the operator."""

    def __init__(self, database: Database, keys: KeySet) -> None:
        self._database = database
        self._keys = keys

    def add(
        self,
        url: str,
        secret: str,
        events: Collection[Event],
        *,
        stores: Collection[str] | None = None,
        tenant: str | None = None,
        token_id: int | None = None,
        trusted: bool = False,
    ) -> int:
        """Keep a subscription to events of these stores (None: of all of the tenant, or of all); return its id."""
        given = {"url": url, "secret": self._keys.encrypt(secret), "events": sorted(events), "trusted": trusted}
        scope = {"stores": None if stores is None else sorted(stores), "tenant": tenant, "token_id": token_id}
        row = self._database.row("subscriptions.add", {**given, **scope})
        assert row is not None
        return int(row["id"])

    def known(self, token_id: int | None = None, subscription: int | None = None) -> list[Row]:
        """Return the subscriptions of a token, or all for None, without their secrets, with what waits for each."""
        return self._database.rows("subscriptions.list", {"token_id": token_id, "id": subscription})

    def set_secret(self, subscription: int, secret: str, token_id: int | None = None) -> None:
        """Sign every event with another secret from now on. Raises NeedsPerson like `remove`.

        An event that is on its way keeps its signature; the run that sends it sends no other one.
        """
        self._require("subscriptions.set_secret", subscription, token_id, secret=self._keys.encrypt(secret))

    def remove(self, subscription: int, token_id: int | None = None) -> None:
        """Forget a subscription with its events. Raises NeedsPerson when there is none, or it is another token's."""
        self._require("subscriptions.remove", subscription, token_id)

    def _require(self, path: str, subscription: int, token_id: int | None, **values: object) -> None:
        if self._database.row(path, {"id": subscription, "token_id": token_id, **values}) is None:
            raise NeedsPerson(
                phrase("there is no subscription %(subscription)s", subscription=subscription),
                reason=Reason.UNKNOWN_SUBSCRIPTION,
                resolution=SEE_SUBSCRIPTIONS(),
            )

    def take_due(self, lease: float, limit: int) -> list[Sending]:
        """Take up to `limit` subscriptions with something to send, each for one run of at most `lease` seconds."""
        rows = self._database.rows("subscriptions.take_due", {"lease": lease, "limit": limit})
        return [Sending(row["id"], row["fence"]) for row in rows]

    def give_back(self, taken: Sequence[Sending]) -> None:
        """Let subscriptions that were taken be taken again: their runs could not be sent."""
        ids, fences = [each.subscription for each in taken], [each.fence for each in taken]
        self._database.rows("subscriptions.give_back", {"ids": ids, "fences": fences})

    def begin(self, sending: Sending, lease: float) -> Subscriber | None:
        """Begin a run, which has `lease` seconds; None when a newer one was taken, or the subscription is gone."""
        values = {"id": sending.subscription, "fence": sending.fence, "lease": lease}
        row = self._database.row("subscriptions.begin", values)
        return Subscriber(**{**row, "secret": self._keys.decrypt(row["secret"])}) if row else None

    def due(self, subscription: int, limit: int) -> list[Delivery]:
        """Return up to `limit` events that are due, those that failed least often first."""
        rows = self._database.rows("subscriptions.due", {"id": subscription, "limit": limit})
        return [Delivery(**{**row, "event": Event(row["event"])}) for row in rows]

    def confirm(self, sending: Sending, delivery: Delivery) -> bool:
        """Note that the subscriber has taken an event, and delete it; return whether the run may send another one.

        It may not if a newer run was taken, the secret is another one, or the subscription is gone.
        """
        values = {"delivery": delivery.id, "id": sending.subscription, "fence": sending.fence}
        return self._database.row("subscriptions.confirm", values) is not None

    def fail(self, subscriber: Subscriber, delivery: Delivery, why: str, *, pause: float, event_pause: float) -> None:
        """Note that an event was not taken. Nothing is sent to the subscriber for `pause` seconds.

        The event itself waits `event_pause` seconds. Events older than GIVE_UP_DAYS are given up.
        """
        pauses = {"pause": pause, "event_pause": event_pause, "days": GIVE_UP_DAYS}
        values = {"id": subscriber.id, "delivery": delivery.id, "why": why, **pauses}
        self._database.rows("subscriptions.fail", values)

    def finish(self, sending: Sending) -> None:
        """End a run: the next one may begin."""
        self._database.rows("subscriptions.finish", {"id": sending.subscription, "fence": sending.fence})

    def rotate_keys(self) -> int:
        """Encrypt every secret again with the first key; return how many were rewritten."""
        return self._database.transaction(self._rotate_keys)

    def _rotate_keys(self, session: Session) -> int:
        rows = fetch(session, "subscriptions.secrets")
        for row in rows:
            fetch(session, "subscriptions.reencrypt", {"id": row["id"], "secret": self._keys.rotate(row["secret"])})
        return len(rows)
