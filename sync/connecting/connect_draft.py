"""Connect the store of a connection draft: once, whoever sends the form twice."""

from datetime import UTC, datetime, time
from enum import StrEnum

from ledger.ledger import Ledger
from ledger.stores.connection_drafts import ConnectionDraft
from schemas.errors import ConfigurationError, NeedsPerson
from schemas.reasons import Reason
from schemas.settings import Settings
from sync.connecting.check_shop import permitted
from sync.connecting.connect_store import Choices, NewStore, connect_store


class Step(StrEnum):
    """The pages of a connection, in their order."""

    SHOP = "shop"
    AFOSTO = "afosto"
    SYNCHRONIZE = "synchronize"
    PREVIEW = "preview"


class Ended(StrEnum):
    """How the attempt to connect a draft ended."""

    CONNECTED = "connected"
    ELSEWHERE = "elsewhere"  # Another request connects it, or somebody has changed the draft.


def first_open_step(draft: ConnectionDraft) -> Step:
    """Return the first step that is not complete; the preview if all are."""
    if not draft.client_secret or draft.scopes is None or not permitted(draft.scopes).usable:
        return Step.SHOP
    if not draft.afosto_key or not draft.choices.channel:
        return Step.AFOSTO
    return Step.PREVIEW if draft.choices.switched else Step.SYNCHRONIZE


def new_store(settings: Settings, draft: ConnectionDraft) -> NewStore:
    """Return the store that a complete draft describes."""
    assert draft.client_secret is not None
    assert draft.afosto_key is not None
    choices = draft.choices
    return NewStore(
        name=draft.name,
        base_url=shop_url(settings, draft.name),
        client_id=draft.client_id,
        client_secret=draft.client_secret,
        afosto_key=draft.afosto_key,
        channel_id=choices.channel,
        import_since=datetime.combine(choices.day, time.min, UTC),
        totals=choices.totals,
        open_unpaid=choices.open_unpaid,
        open_partly_paid=choices.open_partly_paid,
        notify_buyers=choices.notify_buyers,
        mark_orders=choices.mark_orders,
    )


def shop_url(settings: Settings, name: str) -> str:
    """Return the usual address of a shop's API."""
    return settings.epages_url.replace("{store}", name)


def connect_draft(ledger: Ledger, settings: Settings, draft: ConnectionDraft, by: str) -> Ended:
    """Connect the store of a complete draft, and give it to its merchant. Raises what `connect_store` raises.

    `by` is the user who asks for it. Only one request at a time connects a draft. If an earlier one has made the store
    and died, this one ends its work.
    """
    if not ledger.connection_drafts.claim(draft, by):
        return Ended.ELSEWHERE
    choices = draft.choices
    sells_from = [choices.sells_from] if choices.sells_from else []
    wanted = Choices(choices.flows, choices.locations, sells_from, match_names=False)
    try:
        try:
            connect_store(ledger, settings, new_store(settings, draft), wanted)
        except NeedsPerson as error:
            if error.reason != Reason.STORE_EXISTS or not _is_made_of(ledger, draft):
                raise
            _keep_locations(ledger, draft)
        ledger.connection_drafts.connected(draft.id)
    except BaseException:
        ledger.connection_drafts.release(draft.id)
        raise
    return Ended.CONNECTED


def _is_made_of(ledger: Ledger, draft: ConnectionDraft) -> bool:
    """Whether the store of this name was made of this draft: it has the same secrets, and is younger."""
    store = ledger.stores.facts(draft.name)
    try:
        known = [ledger.stores.secret(draft.name, column) for column in ("client_secret", "afosto_key")]
    except ConfigurationError:
        return False
    same = (store.client_id, *known) == (draft.client_id, draft.client_secret, draft.afosto_key)
    return same and store.connected_at > draft.created_at


def _keep_locations(ledger: Ledger, draft: ConnectionDraft) -> None:
    for epages_id, afosto_id in draft.choices.locations.items():
        ledger.stores.map_location(draft.name, epages_id, afosto_id)
    if draft.choices.sells_from:
        ledger.stores.sell_from(draft.name, draft.choices.sells_from)
