"""Webhooks from Afosto: the endpoints with their secrets, and the inbox of messages."""

import secrets
from dataclasses import dataclass, field

from ledger.postgres.database import Database, Row, fetch, fetch_one
from ledger.postgres.encryption import KeySet
from ledger.postgres.session import Session
from ledger.stores.stores import unknown_store
from schemas.advice import FINISH_ROTATION, SEE_ENDPOINTS
from schemas.afosto import Webhook
from schemas.errors import NeedsPerson
from schemas.reasons import Reason
from schemas.states import JobState, Lane
from schemas.wording.phrases import phrase
from tracing.spans import current

# Where the gateway takes them: this, and the id of an endpoint.
PATH = "/webhooks/afosto/"
# The events about an order or its parcels. Any other is kept and ignored.
EVENTS = frozenset({"ORDER_OPENED", "ORDER_UPDATED", "ORDER_CLOSED", "IN_TRANSIT", "DELIVERED"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address of ours: its store, the name of the store's tenant, and the secrets that may have signed a message."""

    id: str
    store: str
    bucket: str
    secrets: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a message: new or a repeat; the store and order that it is about, when they are ours.

    `version` is that of the look it requests, None when a look is on its way already.
    """

    new: bool
    store: str | None = None
    order: str | None = None
    version: int | None = None


class Webhooks:
    """People make and change endpoints; messages come by the thousand."""

    def __init__(self, database: Database, keys: KeySet) -> None:
        self._database = database
        self._keys = keys

    def add(self, store: str, secret: str) -> str:
        """Make an endpoint of a store; return its id, which cannot be guessed and can be typed.

        Raises NeedsPerson (unknown-store).
        """
        values = {"id": secrets.token_hex(24), "store": store, "secret": self._keys.encrypt(secret)}
        row = self._database.row("webhooks.add", values)
        if row is None:
            raise unknown_store(store)
        return str(row["id"])

    def endpoints(self) -> list[Row]:
        """Return every endpoint, without its secrets."""
        return self._database.rows("webhooks.list")

    def check_secrets(self) -> None:
        """Raise ConfigurationError if a secret of an endpoint fits none of the keys."""
        for row in self._database.rows("webhooks.sealed"):
            for token in filter(None, row.values()):
                self._keys.require_fit(token)

    def require_one_secret(self, endpoint: str) -> None:
        """Raise NeedsPerson: unknown-endpoint, or two-secrets while one is being rotated."""
        found = self._require_endpoint("webhooks.find", {"id": endpoint})
        _require_no_rotation(endpoint, rotating=found["previous_secret"] is not None)

    def rotate(self, endpoint: str, secret: str) -> None:
        """Take a new secret; the present one stays accepted until `finish_rotation`.

        Raises NeedsPerson as `require_one_secret` does; then nothing is changed.
        """
        found = self._require_endpoint("webhooks.rotate", {"id": endpoint, "secret": self._keys.encrypt(secret)})
        _require_no_rotation(endpoint, rotating=found["rotating"])

    def finish_rotation(self, endpoint: str) -> None:
        """Accept only the newest secret; raises NeedsPerson when there is no such endpoint."""
        self._require_endpoint("webhooks.finish_rotation", {"id": endpoint})

    def remove(self, endpoint: str) -> None:
        """Remove an endpoint, which then takes no messages; raises NeedsPerson when there is no such endpoint."""
        self._require_endpoint("webhooks.remove", {"id": endpoint})

    def _require_endpoint(self, path: str, values: Row) -> Row:
        row = self._database.row(path, values)
        if row is None:
            raise NeedsPerson(
                phrase("there is no webhook endpoint '%(endpoint)s'", endpoint=values["id"]),
                reason=Reason.UNKNOWN_ENDPOINT,
                resolution=SEE_ENDPOINTS(),
            )
        return row

    def find(self, endpoint: str) -> Endpoint | None:
        """Return an endpoint with its secrets in plain text, or None."""
        row = self._database.row("webhooks.find", {"id": endpoint})
        if row is None:
            return None
        sealed = [row.pop("secret"), row.pop("previous_secret")]
        return Endpoint(**row, secrets=tuple(self._keys.decrypt(token) for token in sealed if token))

    def take(self, endpoint: Endpoint, message: Webhook) -> Taken:
        """Keep a message and request a look at its order, in one transaction."""
        return self._database.transaction(lambda session: self._take(session, endpoint, message))

    @staticmethod
    def _take(session: Session, endpoint: Endpoint, message: Webhook) -> Taken:
        named = _named(message) if message.event in EVENTS else []
        names = ("message_id", "event", "entity_type", "entity_id", "triggered_at")
        values = {name: getattr(message, name) for name in names}
        whose = {"endpoint": endpoint.id, "bucket": endpoint.bucket}
        ids = {"kinds": [kind for kind, _ in named], "ids": [each for _, each in named]}
        kept = fetch_one(session, "webhooks.take", {**values, **whose, **ids})
        if kept is None:
            return Taken(new=False)
        version = _look(session, kept["store"], kept["order_key"]) if kept["store"] else None
        fetch(session, "webhooks.seen", {"id": endpoint.id})
        return Taken(True, kept["store"], kept["order_key"], version)

    def rotate_keys(self) -> int:
        """Encrypt the secrets of every endpoint again with the first key; return how many endpoints were rewritten."""
        return self._database.transaction(self._rotate_keys)

    def _rotate_keys(self, session: Session) -> int:
        rows = fetch(session, "webhooks.secrets")
        for row in rows:
            previous = row["previous_secret"]
            sealed = {
                "secret": self._keys.rotate(row["secret"]),
                "previous_secret": self._keys.rotate(previous) if previous else None,
            }
            fetch(session, "webhooks.reencrypt", {"id": row["id"], **sealed})
        return len(rows)


def _require_no_rotation(endpoint: str, *, rotating: bool) -> None:
    if rotating:
        raise NeedsPerson(
            phrase(
                "two secrets of the endpoint %(endpoint)s are accepted already; a third would replace the "
                "first, with which Afosto may still sign",
                endpoint=endpoint,
            ),
            reason=Reason.TWO_SECRETS,
            resolution=FINISH_ROTATION(endpoint=endpoint),
        )


def _named(message: Webhook) -> list[tuple[str, str]]:
    """Return the (kind, Afosto id) pairs by which the order of a message may be found, the surest first."""
    if message.event.startswith("ORDER_"):
        return [("order", message.entity_id)]
    if message.order_id:
        return [("order", message.order_id), ("parcel", message.entity_id)]
    return [("parcel", message.entity_id), ("order", message.entity_id)]


def _look(session: Session, store: str, order: str) -> int | None:
    key = {"store": store, "direction": "export", "flow": "looks", "subjects": [order], "lane": Lane.EXPORT}
    job = fetch_one(session, "jobs.request_run", {**key, "trace": current()})
    # None when the store was removed at this moment.
    return job["wanted"] if job and job["state"] == JobState.WAITING else None
