"""Subscribing to events: the address is checked, and the secret is made here and shown once."""

from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from clients.public_addresses import why_not_public
from ledger.ledger import Ledger
from ledger.postgres.encryption import new_secret
from schemas.advice import PUBLIC_ADDRESS
from schemas.errors import NeedsPerson
from schemas.reasons import Reason
from schemas.states import Event
from schemas.wording.phrases import Phrase, phrase


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """Where to send which events: of these stores, or of a tenant, or of all; `token_id` is whose it is.

    `trusted`: the operator permits plain http and an address inside.
    """

    url: str
    events: Collection[Event]
    stores: Collection[str] | None = None
    tenant: str | None = None
    token_id: int | None = None
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The id of a subscription, and its secret, which is never shown again."""

    id: int
    secret: str = field(repr=False)


def subscribe(ledger: Ledger, new: NewSubscription) -> Subscribed:
    """Keep a subscription. Raises NeedsPerson (bad-address) when nothing must or can be sent to its address."""
    _require_address(new)
    secret = new_secret()
    found = ledger.subscriptions.add(
        new.url,
        secret,
        new.events,
        stores=new.stores,
        tenant=new.tenant,
        token_id=new.token_id,
        trusted=new.trusted,
    )
    return Subscribed(found, secret)


def renew_secret(ledger: Ledger, subscription: int, token_id: int | None = None) -> Subscribed:
    """Give a subscription a new secret, with which every event is signed from now on; the old one is good for none.

    Raises NeedsPerson (unknown-subscription) when there is none, or it is not of this token (None: of any).
    """
    secret = new_secret()
    ledger.subscriptions.set_secret(subscription, secret, token_id)
    return Subscribed(subscription, secret)


def _require_address(new: NewSubscription) -> None:
    try:
        address = urlsplit(new.url)
        usable = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        usable = False
    if not usable or "@" in address.netloc or any(character.isspace() for character in new.url):
        raise _refused(phrase("must begin with https:// and hold no password"), phrase("correct the address"))
    if not new.trusted and (why := why_not_public(new.url, phrase("the events"))):
        raise _refused(why, PUBLIC_ADDRESS())


def _refused(why: Phrase, resolution: Phrase) -> NeedsPerson:
    return NeedsPerson(phrase("the address %(why)s", why=why), reason=Reason.BAD_ADDRESS, resolution=resolution)
